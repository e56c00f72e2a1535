"""`python -m tests.campaign`: kill and cut everything, again and again, and count what was lost.

Exit status 1 if anything was. docs/how-to/run-the-kill-campaign.md tells how to read the table.
"""

import argparse
import asyncio
import logging
import random
import secrets
import sys
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

from adapters import clock
from tests.campaign.faults import KILLS, OUTAGES, Fault, full_disks
from tests.campaign.run import Result, run
from tests.campaign.small_disk import NoSmallDisk, small_disk
from tests.campaign.stage import set_up

OUTAGES_EVERY = 4
"""Rounds; most outages last for as long as the limits of a request."""
DISK_ROUNDS = 3
"""Full disks at the end; each leaves more of the small disk used."""


def main() -> int:
    """Run, and print what was found."""
    given = _arguments()
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    out = Console()
    out.print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory(prefix="linkwright-campaign-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL may run as another user, who must get through
        results = [asyncio.run(_long(folder / "long", given, out))]
        try:
            with small_disk(folder / "disk") as disk:
                results.append(asyncio.run(_full(folder / "full", disk, given.seed, out)))
        except NoSmallDisk as reason:
            out.print(f"disk full: not tried, a small disk cannot be mounted ({reason})")
    _show(results, out)
    faults = [fault for result in results for fault in result.faults]
    for fault in faults:
        out.print(fault, style="red", markup=False)
    lost = "nothing was lost" if not faults else f"{len(faults)} faults"
    out.print(f"seed {given.seed}: {lost}")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="rounds of every kind of kill")
    parser.add_argument("--minutes", type=float, default=0.0, help="end sooner; 0: all rounds")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    return parser.parse_args()


async def _long(folder: Path, given: argparse.Namespace, out: Console) -> Result:
    async with set_up(folder, given.seed) as stage:
        with out.status("starting") as status:
            return await run(stage, _rounds(given), given.seed, status.update)


async def _full(folder: Path, disk: Path, seed: int, out: Console) -> Result:
    faults = full_disks(disk) * DISK_ROUNDS
    async with set_up(folder, seed, disk / "postgres") as stage:
        with out.status("starting") as status:
            return await run(stage, faults, seed, status.update)


def _rounds(given: argparse.Namespace) -> Generator[Fault]:
    """Give every kill once a round and every outage now and then, in an order of the seed's."""
    chance = random.Random(given.seed)  # noqa: S311  a campaign, no secret
    until_s = clock.monotonic_s() + given.minutes * 60
    for number in range(given.kills):
        faults = [*KILLS, *(OUTAGES if number % OUTAGES_EVERY == 0 else ())]
        chance.shuffle(faults)
        for fault in faults:
            if given.minutes and clock.monotonic_s() > until_s:
                return
            yield fault


def _show(results: Sequence[Result], out: Console) -> None:
    table = Table("fault", "struck", "answered", "put off", "no answer", "longest, s")
    for line in (line for result in results for line in result.lines):
        numbers = (line.struck, line.answered, line.put_off, line.unanswered)
        table.add_row(line.name, *map(str, numbers), f"{line.longest_s:.1f}")
    out.print(table)
    for result in results:
        out.print(
            f"{result.told} commands acknowledged; {result.events} events, {result.inputs} inputs,"
            f" {result.accounts} accounts; {result.items} items of the feed, resumed"
            f" {result.resumed} times"
        )


if __name__ == "__main__":
    sys.exit(main())
