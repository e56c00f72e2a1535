"""Reads rows of the attempts table by when the attempts began, page by page."""

from datetime import datetime
from typing import LiteralString

import msgspec

from adapters.event_log.database import Database
from adapters.event_log.interface import Row
from adapters.event_log.personal import PERSONAL_COLUMNS
from adapters.event_log.rows import COLUMNS

NAMES = tuple(name for name in COLUMNS["attempts"] if name not in PERSONAL_COLUMNS["attempts"])
"""Nothing that is sealed: no key is asked for."""
BEGUN: LiteralString = (  # made of our own column names, of nobody's input
    "select " + ", ".join("a." + name for name in COLUMNS["attempts"] if name != "detail") + ","  # noqa: S608
    " n.began_version from attempts a"
    " left join attempts n on n.account_id = a.account_id and n.number = a.number + 1"
    " where a.started_at >= %(since)s and a.started_at < %(until)s"
    " and (a.started_at, a.account_id, a.number) > (%(at)s, %(account)s, %(number)s)"
    " and (%(workspace)s::text is null or exists ("
    " select from accounts w where w.account_id = a.account_id and w.workspace = %(workspace)s))"
    " order by a.started_at, a.account_id, a.number limit %(limit)s"
)


class BegunAttempt(msgspec.Struct, frozen=True):
    """An attempt's row, and where in the stream the account's next one begins."""

    row: Row
    """Without what is sealed."""
    next_version: int | None
    """0 if a build that did not keep it wrote the next row."""


async def begun_rows(
    database: Database,
    *,
    since: datetime,
    until: datetime,
    workspace: str | None,
    after: Row | None,
    limit: int,
) -> list[BegunAttempt]:
    """Give attempts that began in [since, until), oldest first, behind the row `after`."""
    values = {
        "since": since,
        "until": until,
        "workspace": workspace,
        "at": after["started_at"] if after else since,
        "account": after["account_id"] if after else "",
        "number": after["number"] if after else 0,
        "limit": limit,
    }
    records = await database.fetch(BEGUN, values)
    return [
        BegunAttempt(dict(zip(NAMES, columns, strict=True)), next_version)
        for *columns, next_version in records
    ]
