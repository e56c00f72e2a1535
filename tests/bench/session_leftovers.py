"""What is left of 20 starts that were each killed at a random moment."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench import process_tree
from tests.bench.contestants import Contestant, Track
from tests.bench.session_sides import Side, pause
from tests.waiting import eventually

KILLS = 20
LATEST_KILL_S = 2.5
"""Of a start: from the order to open to some time after the first code."""
PATIENCE_S = 10.0
"""After the last kill, until whatever still runs counts as left over."""
SEED = 4

Say = Callable[[str], None]


@dataclass(frozen=True)
class Leftovers:
    """What is there although nobody needs it."""

    processes: int
    files: int
    """In the folder for temporary files: sockets, locks, and folders with all that is in them."""
    folders: int
    """Of profiles, after what the software offers to delete an account."""


async def measure_leftovers(on: Track, side: Side, say: Say, kills: int = KILLS) -> Leftovers:
    """Kill by turns the process that serves the accounts, and a browser, without warning."""
    home = f"leftovers-{side.name}"
    chance = random.Random(SEED)  # noqa: S311  it chooses moments, not secrets
    accounts = [f"kill_{number}_{side.name}".replace(".", "_") for number in range(kills)]
    for number, account in enumerate(accounts):
        say(f"{side.name}: kill {number + 1} of {kills} …")
        contestant = await side.start(on, home)
        await contestant.order("open", account, port=await on.port(account))
        await pause(chance.uniform(0, LATEST_KILL_S))
        if number % 2 == 0:
            await contestant.kill()
        else:
            _kill_browser(contestant)
            with suppress(RuntimeError):
                await contestant.order("close", account)
                await contestant.hears("closed", "problem", account=account, limit_s=PATIENCE_S)
            await contestant.end()
    folder = on.home(home)
    processes = await _left_running(folder)
    files = sum(1 for _ in (folder / "tmp").rglob("*"))
    await _clean_up(on, side, accounts, processes)
    return Leftovers(len(processes), files, _profiles(folder))


def _kill_browser(contestant: Contestant) -> None:
    """Kill the browser's first process: its others are what may be left."""
    group = os.getpgid(contestant.pid)
    for each in process_tree.living():
        leads = each.pid == each.group != group
        if leads and each.pid in process_tree.below(contestant.pid):
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)


async def _left_running(folder: Path) -> set[int]:
    """Give what is started late the time to end, too."""

    async def none_is_left() -> bool:
        return not process_tree.holding(str(folder))

    with suppress(AssertionError):
        await eventually(none_is_left, PATIENCE_S)
    return process_tree.holding(str(folder))


async def _clean_up(on: Track, side: Side, accounts: list[str], processes: set[int]) -> None:
    """Delete the accounts as the software offers it; whatsapp-web.js has no call for that."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    contestant = await side.start(on, f"leftovers-{side.name}")
    try:
        if side.erases:
            for account in accounts:
                await contestant.order("erase", account)
                await contestant.hears("erased", account=account)
    finally:
        await contestant.close()


def _profiles(folder: Path) -> int:
    """Count what names an account; a hidden folder of ours holds one file for each live page."""
    profiles = folder / "profiles"
    return sum(1 for path in (*profiles.glob("[!.]*"), *profiles.glob(".*/*")))
