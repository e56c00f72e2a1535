"""Lists the accounts with attempts begun since a date, by what their rows say."""

from collections.abc import Generator
from datetime import datetime
from typing import LiteralString

import msgspec
from psycopg import ServerCursor

from adapters.event_log.database import Database, Record
from adapters.event_log.partitions import connected

PAGE = 1000
"""Accounts that are asked for at once when listing; an account is some 100 bytes there."""
LISTING: LiteralString = "attempts_begun"
# Parked accounts come on top, whatever is in their rows: those may be behind their log.
BEGUN: LiteralString = """
    with parked as (
        select distinct stream from parked_partitions where projection in ('accounts', 'attempts')
    ),
    chosen as (
        select account_id, number from attempts
        where started_at >= %(since)s
        and account_id not in (select stream from parked)
        and (%(workspace)s::text is null or account_id in (
            select account_id from accounts where workspace = %(workspace)s
        ))
        order by started_at desc, account_id, number desc limit %(limit)s
    ),
    found as (
        select account_id, version, numbers
        from (
            select account_id, array_agg(number order by number) as numbers
            from chosen group by account_id
        ) of_chosen join accounts using (account_id)
        union all
        select stream, coalesce(version, 0), null from parked
        left join accounts on account_id = stream
        where %(workspace)s::text is null or workspace is null or workspace = %(workspace)s
    )
    select account_id, version, numbers, count(*) over () from found
"""


class Begun(msgspec.Struct, frozen=True):
    """An account with attempts that are asked for."""

    account_id: str
    version: int
    """Events that its row knows of: how much there is to read, about."""
    numbers: tuple[int, ...] | None
    """Of the attempts; None for a parked account, whose rows may lack some."""
    of: int
    """Accounts in the whole list."""


def attempts_begun(
    conninfo: str, since: datetime, *, workspace: str | None = None, limit: int | None = None
) -> Generator[Begun]:
    """List the accounts with attempts begun since then, the newest `limit` attempts of all.

    Holds nothing up in the database: what was found lies there beside the tables.
    """
    values = {"since": since, "workspace": workspace, "limit": limit}
    with (
        connected(conninfo) as connection,
        ServerCursor(connection, LISTING, withhold=True) as cursor,
    ):
        cursor.itersize = PAGE
        cursor.execute(BEGUN, values)
        yield from map(_begun, cursor)


async def few_attempts_begun(
    database: Database, since: datetime, *, workspace: str | None, limit: int
) -> list[Begun]:
    """List them at once, within the service's limits."""
    values = {"since": since, "workspace": workspace, "limit": limit}
    return [_begun(record) for record in await database.fetch(BEGUN, values)]


def _begun(record: Record) -> Begun:
    account_id, version, numbers, of = record
    return Begun(account_id, version, None if numbers is None else tuple(numbers), of)
