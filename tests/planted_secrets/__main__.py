"""`python -m tests.planted_secrets 10000`: plant secrets through every flow, and look for them.

Exit status 1 if one was found where shown.py does not say that it is shown.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.event_log.migrate import migrate
from adapters.postgres_server import EmbeddedPostgres
from app.process import set_up_logging
from tests.planted_secrets.browsers import link_in_browsers
from tests.planted_secrets.campaign import Result, run
from tests.planted_secrets.shown import PROBLEM
from tests.planted_secrets.stage import set_up


def main() -> int:
    """Run, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted_secrets", description=__doc__)
    parser.add_argument("secrets", nargs="?", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=20, help="plant for at most so long")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linkwright-secrets-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL may run as another user, who must get through
        browsed = link_in_browsers(folder / "browsers")
        with EmbeddedPostgres(folder / "postgres", durable=False) as server:
            database = server.start()
            migrate(database)
            with _all_that_is_logged(folder / "log") as said:
                result = asyncio.run(
                    _run(database, folder, given.secrets, given.minutes * 60, said)
                )
    result = result.with_those_of(browsed)
    _show(result, Console())
    return 1 if result.leaks or not result.enough else 0


async def _run(
    database: str, folder: Path, wanted: int, limit_s: float, said: Callable[[], bytes]
) -> Result:
    set_up_logging("serve")
    async with set_up(database, folder / "data") as here:
        return await run(here, database, wanted, limit_s, said)


@contextmanager
def _all_that_is_logged(file: Path) -> Generator[Callable[[], bytes]]:
    """Keep what this process writes to its standard output and error, whoever writes it."""
    sys.stdout.flush()
    before = [os.dup(number) for number in (1, 2)]
    with file.open("wb") as opened:
        for number in (1, 2):
            os.dup2(opened.fileno(), number)
        try:
            yield file.read_bytes
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, kept in zip((1, 2), before, strict=True):
                os.dup2(kept, number)
                os.close(kept)


def _show(result: Result, out: Console) -> None:
    planted = Table("kind", "planted", "shown by design in")
    for kind, count in sorted(result.planted.items()):
        places = {
            "problems" if place.startswith(PROBLEM) else place
            for place, shown in result.shown
            if shown == kind and (place, kind) not in result.leaks
        }
        planted.add_row(kind, str(count), ", ".join(sorted(places)))
    out.print(planted)
    searched = Table("place", "bytes searched")
    for place, size in sorted(result.searched.items(), key=lambda one: -one[1]):
        searched.add_row(place, str(size))
    out.print(searched)
    for (place, kind), text in result.leaks.items():
        out.print(f"{place}: {kind}, such as {text}", style="red", markup=False)
    out.print(
        f"{result.planted.total()} secrets of {len(result.planted)} kinds in {result.accounts}"
        f" accounts; {len(result.searched)} places, {result.looks} looks,"
        f" {result.searched.total()} bytes: found {len(result.leaks)}"
    )


if __name__ == "__main__":
    sys.exit(main())
