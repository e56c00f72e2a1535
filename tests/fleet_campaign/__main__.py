"""`python -m tests.fleet_campaign`: break linked accounts in every way, and see them come back.

`python -m tests.fleet_campaign soak`: let accounts come and go, and see that nothing grows.
Exit status 1 if a promise was broken. docs/how-to/run-the-fleet-campaign.md tells how to read it.
"""

import argparse
import asyncio
import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

from adapters import clock
from tests.end_to_end.installation import CHECKOUT
from tests.fleet_campaign.rounds import rounds
from tests.fleet_campaign.run import Result, Round, run
from tests.fleet_campaign.soak import Soak, Soaked
from tests.fleet_campaign.stage import set_up


def main() -> int:
    """Run, and print what was found."""
    given = _arguments()
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    out = Console()
    out.print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory(prefix="linkwright-fleet-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL may run as another user, who must get through
        campaign = _soak if given.what == "soak" else _faults
        broken = asyncio.run(campaign(folder, given, out))
    for sentence in broken:
        out.print(sentence, style="red", markup=False, soft_wrap=True)
    kept = f"{len(broken)} broken promises" if broken else "every promise was kept"
    out.print(f"seed {given.seed}: {kept}")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet_campaign", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("faults", "soak"), default="faults")
    parser.add_argument("--accounts", type=int, help="20 to be struck, or 4 that come and go")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--minutes", type=float, help="end the faults sooner; length of the soak")
    parser.add_argument("--standby", choices=("proved", "off"), default="proved")
    parser.add_argument(
        "--accounts-per-browser",
        type=int,
        default=int(os.environ.get("LINKWRIGHT_ACCOUNTS_PER_BROWSER") or 1),
        help="how many share one",
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    return parser.parse_args()


def _settings(given: argparse.Namespace) -> dict[str, str]:
    settings = {
        "LINKWRIGHT_STANDBY": given.standby,
        "LINKWRIGHT_ACCOUNTS_PER_BROWSER": str(given.accounts_per_browser),
    }
    if given.accounts_per_browser > 1:
        # Where ./linkwright puts it.
        settings["LINKWRIGHT_SHARED_BROWSER"] = os.environ.get(
            "LINKWRIGHT_SHARED_BROWSER", str(CHECKOUT / ".shared-browser")
        )
    return settings


async def _faults(folder: Path, given: argparse.Namespace, out: Console) -> list[str]:
    def drawn(accounts: list[str]) -> Generator[Round]:
        until_s = clock.monotonic_s() + (given.minutes or 0) * 60
        with_standby, shared = given.standby != "off", given.accounts_per_browser > 1
        for this in rounds(accounts, given.faults, given.seed, standby=with_standby, shared=shared):
            if given.minutes and clock.monotonic_s() > until_s:
                return
            yield this

    async with set_up(folder, **_settings(given)) as stage:
        with _progress(out) as tell:
            result = await run(stage, given.accounts or 20, drawn, tell)
    _show(result, out)
    return result.broken


async def _soak(folder: Path, given: argparse.Namespace, out: Console) -> list[str]:
    async with set_up(folder, **_settings(given)) as stage:
        with _progress(out) as tell:
            soak = Soak(stage, given.accounts or 4, given.seed)
            soaked = await soak.run(given.minutes or 60, tell)
    _show_soaked(soaked, out)
    return soaked.broken


@contextmanager
def _progress(out: Console) -> Generator[Callable[[str], object]]:
    """Give what shows how far it is: one line that changes, or many where they are kept."""
    if out.is_terminal:
        with out.status("starting") as status:
            yield status.update
    else:
        yield partial(_log, out)


def _log(out: Console, sentence: str) -> None:
    out.print(f"{clock.now():%H:%M:%S} {sentence}", markup=False, highlight=False, soft_wrap=True)


def _show(result: Result, out: Console) -> None:
    table = Table("fault", "struck", "links lost for a while", "longest, s")
    for line in result.lines:
        longest = f"{line.longest_s:.1f}" if line.longest_s else ""
        table.add_row(line.name, str(line.struck), str(line.losses), longest)
    out.print(table)
    out.print(
        f"{result.faults} faults on {result.accounts} accounts: {result.not_back} not back,"
        f" {result.lost_links} lost links, {result.untrue} untrue reasons, {result.leaks} leaks"
    )


def _show_soaked(soaked: Soaked, out: Console) -> None:
    table = Table("figure", "first", "third quarter", "last quarter", "at most")
    for row in soaked.rows:
        numbers = (row.first, row.third, row.last, row.most)
        style = "" if row.is_flat else "red"
        table.add_row(row.name, *(f"{one:.1f}".removesuffix(".0") for one in numbers), style=style)
    out.print(table)
    out.print(f"{soaked.lives} accounts in {soaked.waves} waves, {soaked.minutes:.0f} minutes")


if __name__ == "__main__":
    sys.exit(main())
