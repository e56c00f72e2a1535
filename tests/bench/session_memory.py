"""Memory and processes of accounts that are READY, everything that serves them included."""

import asyncio
import os
from dataclasses import dataclass

from adapters.browser.memory import available_memory_mb
from tests.bench import process_tree
from tests.bench.contestants import Contestant, Track
from tests.bench.session_sides import Side, link, pause

SETTLE_S = 45.0
"""After the last READY: the engine gives a fifth of the page back within half a minute."""
NEEDED_MB = 250
"""Per account that is to be measured; whatsapp-web.js takes some 200 with several."""
RESERVE_MB = 2048
"""For the machine's other work."""


@dataclass(frozen=True)
class Weight:
    """What `accounts` accounts take, in bytes and processes."""

    accounts: int
    shared: int
    """Of what is there once for all accounts: our Python and driver, or the one Node process."""
    browsers: int
    """Also where accounts share one; it counts as theirs."""
    browsers_written: int
    """Of that without the programs' files, so that other browsers on the machine change nothing."""
    processes: int

    @property
    def per_account(self) -> float:
        """All of it, divided by the accounts."""
        return (self.shared + self.browsers) / self.accounts

    @property
    def processes_per_account(self) -> float:
        """As `per_account`."""
        return self.processes / self.accounts


def too_little_memory(accounts: int) -> str | None:
    """Say why so many accounts cannot be measured here; None when they can."""
    available_mb = available_memory_mb()
    needed_mb = accounts * NEEDED_MB + RESERVE_MB
    if available_mb is None or available_mb >= needed_mb:
        return None
    return f"{available_mb} MB are available, {needed_mb} MB are needed"


async def measure_memory(on: Track, side: Side, accounts: int) -> Weight:
    """Link so many accounts, as many at once as there are cores, and weigh them when settled."""
    name = f"memory-{accounts}-{side.name}"
    contestant = await side.start(on, name)
    at_once = asyncio.Semaphore(os.cpu_count() or 1)

    async def link_in_turn(account: str) -> None:
        async with at_once:
            await link(contestant, on, account)

    try:
        names = [f"{name}-{number}".replace(".", "_") for number in range(accounts)]
        await asyncio.gather(*map(link_in_turn, names))
        await pause(SETTLE_S)
        return weigh(contestant, accounts)
    finally:
        await contestant.close()


def weigh(contestant: Contestant, accounts: int) -> Weight:
    """Add up the process tree. A browser is told by its process group, which is its own."""
    tree = process_tree.below(contestant.pid)
    group = os.getpgid(contestant.pid)
    shared = {each.pid for each in process_tree.living() if each.group == group} & tree
    return Weight(
        accounts=accounts,
        shared=process_tree.pss_bytes(shared),
        browsers=process_tree.pss_bytes(tree - shared),
        browsers_written=process_tree.written_bytes(tree - shared),
        processes=len(tree),
    )
