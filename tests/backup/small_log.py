"""A log of some accounts to be backed up, and the two commands' work with fixed arguments."""

import random
from pathlib import Path
from typing import Any

import psycopg

from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from adapters.keys import Keys
from app.backup import Tell, Written, back_up
from app.restore import Restored, restore
from tests.event_log.appends import account_row, attempt_row, fetched, observation, registration
from tests.examples import at
from tests.opened_log import MASTER_KEY, open_log

KEYS = Keys(MASTER_KEY)
LABEL_BYTES = 3000
"""Random ones do not shrink much, so a few accounts are more than a pipe holds at once."""


def silent(_doing: str, _done: int, _total: int | None) -> None:
    """Hear of progress and do nothing."""


async def fill(conninfo: str, accounts: int = 3, prefix: str = "acc") -> None:
    """Write accounts with an attempt each."""
    async with Database(conninfo) as database:
        log = open_log(database)
        for number in range(accounts):
            await write_account(log, f"{prefix}_{number}")
        await log.close()


async def write_account(log: EventLog, name: str) -> None:
    """Register an account, and see something of an attempt."""
    label = random.Random(name).randbytes(LABEL_BYTES).hex()  # noqa: S311  no secret
    await log.append(registration(name, rows=(account_row(name, 1, label=label),)))
    rows = (account_row(name, 2, label=label, ready_at=at(7)), attempt_row(name, 1))
    await log.append(observation(name, 1, fetched(at(6)), rows=rows))


def backed_up(conninfo: str, file: Path, tell: Tell = silent) -> Written:
    """Write a backup under the tests' key."""
    return back_up(conninfo, file, KEYS, environment={}, tell=tell)


def restored(conninfo: str, file: Path, tell: Tell = silent, **options: Any) -> Restored:  # noqa: ANN401  restore's own
    """Restore one under the tests' key, unless `options` say otherwise."""
    given = {"keys": KEYS, "replace": False, "environment": {}, **options}
    return restore(conninfo, file, tell=tell, **given)


def contents(conninfo: str) -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of every table in every schema that is not PostgreSQL's own."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with psycopg.connect(conninfo) as connection:
        tables = connection.execute(
            "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            statement = f"select t::text from {table} t order by 1"  # noqa: S608  a table's name
            found[table] = connection.execute(statement.encode()).fetchall()
    return found
