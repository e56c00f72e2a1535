"""What an installation takes of the machine and of the database at one moment. Linux only."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from tests.fleet_campaign.processes import PROC, Process, Sight
from tests.fleet_campaign.stage import Stage

WATCHED = ("up", "serve", "worker", "standby", "sandbox", "driver", "postgres")
LOGGED = ("inputs", "events", "accounts", "attempts", "account_keys", "sealed_sessions")
"""What the log tells, and that a key or a session is gone: one row of an account, for good."""
MUTABLE = (
    "cursors",
    "qr_vault",
    "api_keys",
    "workers",
    "idempotency_keys",
    "idempotent_answers",
    "parked_partitions",
    "snapshots",
    "session_copies",
    "evidence",
)
"""Everything else: an account that is erased leaves nothing in these."""
KB_IN_MB = 1024


async def measure(stage: Stage) -> dict[str, float]:
    """Give every figure by name."""
    sight = stage.see()
    figures: dict[str, float] = {}
    watched = {part: sight.parts[part] for part in WATCHED}
    if stage.accounts_per_browser > 1:
        watched |= _programs(sight)
    for part, processes in watched.items():
        figures[f"{part}: memory, MB"] = sum(map(_own_memory_kb, processes)) / KB_IN_MB
        figures[f"{part}: open files"] = sum(map(_open_files, processes))
        figures[f"{part}: threads"] = sum(map(_threads, processes))
    figures["browsers: processes"] = sum(len(one.processes) for one in sight.browsers if one.tabs)
    figures["profile folders"] = _entries(stage.installation.data / "profiles")
    figures["temporary files"] = _entries(stage.temporary)
    figures["sandbox's file, kB"] = _size_kb(stage.installation.data / "sandbox.json")
    figures["feed readers"] = await stage.feed_readers()
    figures.update(await _rows(stage.database, (*MUTABLE, *LOGGED)))
    return figures


def _programs(sight: Sight) -> dict[str, list[Process]]:
    """Give what is in shared browsers besides pages, by whose they are."""
    return {
        f"{part}'s browser": [
            one
            for browser in sight.browsers
            if browser.is_shared and {first.parent for first in browser.first} & pids
            for one in browser.processes
            if one.is_first or one.parent == one.group
        ]
        for part in ("worker", "standby")
        for pids in [{one.pid for one in sight.parts[part]}]
    }


async def _rows(database: str, tables: Iterable[str]) -> dict[str, float]:
    counted: dict[str, float] = {}
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        for table in tables:
            count = sql.SQL("select count(*)::float8 from {}").format(sql.Identifier(table))
            row = await (await connection.execute(count)).fetchone()
            counted[f"rows of {table}"] = row[0] if row else 0.0
    return counted


def _own_memory_kb(process: Process) -> float:
    """What the process itself has asked for, and its part of what it shares of that.

    Programs and PostgreSQL's fixed shared memory, which fills for hours, are left out.
    """
    with suppress(OSError):
        for line in (PROC / str(process.pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return float(line.split()[1])
    return 0.0


def _open_files(process: Process) -> int:
    with suppress(OSError):
        return len(list((PROC / str(process.pid) / "fd").iterdir()))
    return 0


def _threads(process: Process) -> int:
    with suppress(OSError):
        return len(list((PROC / str(process.pid) / "task").iterdir()))
    return 0


def _entries(folder: Path) -> int:
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def _size_kb(file: Path) -> float:
    return file.stat().st_size / KB_IN_MB if file.exists() else 0.0
