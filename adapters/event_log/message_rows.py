"""Reads rows of the messages table, opened."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

import msgspec

from adapters.account_keys import AccountKeys
from adapters.event_log.database import Database
from adapters.event_log.interface import Row
from adapters.event_log.rows import COLUMNS
from adapters.event_log.sealing import Sealing

ROWS: LiteralString = "select " + ", ".join(COLUMNS["messages"]) + ", position from messages"  # noqa: S608  our own names
NAMES = (*COLUMNS["messages"], "position")
ONE: LiteralString = ROWS + " where account_id = %s and message_id = %s"
PAGE: LiteralString = (
    ROWS + " where account_id = %s and message_id < %s and (%s::text is null or status = %s)"
    " order by message_id desc limit %s"
)
WAITING: LiteralString = """
    select account_id, message_id from messages
    where status = 'queued' and accepted_at <= %s order by accepted_at limit %s
"""
SUMS: LiteralString = """
    select count(*), count(*) filter (where sent_by = 'primary'),
        count(*) filter (where sent_by = 'standby'), count(*) filter (where fallback_used),
        count(*) filter (where messages.status = 'failed'),
        count(*) filter (where messages.status = 'queued')
    from messages join accounts using (account_id)
    where direction = 'out' and accepted_at >= %s and accepted_at < %s
        and (%s::text is null or workspace = %s)
"""
BEHIND_ALL = "~"
"""Sorts behind every id."""


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages were accepted, and what became of them."""

    accepted: int
    sent_by_primary: int
    sent_by_standby: int
    fallback_used: int
    """Of those by the standby: the primary had tried, and could not send them."""
    failed: int
    queued: int


class MessageTable(msgspec.Struct, frozen=True):
    """Every method may raise StorageUnavailable."""

    database: Database
    account_keys: AccountKeys

    async def find(self, account_id: str, message_id: str) -> Row | None:
        """Give a message's row."""
        rows = await self._opened(ONE, (account_id, message_id))
        return rows[0] if rows else None

    async def page(
        self, account_id: str, *, before_id: str = "", status: str | None = None, limit: int
    ) -> list[Row]:
        """Give the account's newest messages before one, or of all, in that status or in any."""
        values = (account_id, before_id or BEHIND_ALL, status, status, limit)
        return await self._opened(PAGE, values)

    async def waiting_since(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """Name messages (account, message) that have been queued since before, longest first."""
        records = await self.database.fetch(WAITING, (before, limit))
        return [(account_id, message_id) for account_id, message_id in records]

    async def sum_up(
        self, since: datetime, until: datetime, workspace: str | None = None
    ) -> Deliveries:
        """Count what became of the messages that were accepted in the range."""
        values = (since, until, workspace, workspace)
        counted = (await self.database.fetch(SUMS, values))[0]
        return Deliveries(**dict(zip(Deliveries.__struct_fields__, counted, strict=True)))

    async def _opened(self, statement: LiteralString, values: Sequence[object]) -> list[Row]:
        records = await self.database.fetch(statement, values)
        rows: list[Row] = [dict(zip(NAMES, record, strict=True)) for record in records]
        return await Sealing(self.account_keys).opened_rows("messages", rows)
