"""What must survive of the delivering: cursors, held-up accounts, items set aside, the tries.

The outbox itself is the log. Each save of an endpoint carries the number of the save before it, so
that a statement that is sent twice changes nothing the second time, and a deliverer that was
replaced without noticing changes nothing at all.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, LiteralString

import msgspec

from adapters.event_log.database import Database, Values
from adapters.webhook_statements import REDELIVERY_COLUMNS, SAVE, STANDINGS, SWEEP, TRIES

Outcome = Literal["delivered", "failed", "set_aside"]
KEPT_DAYS = 30
"""How long the delivery log goes back; nothing is tried for longer than a sixth of it."""
KEPT_ROWS = 10_000
"""Tries of one endpoint in the delivery log: some megabytes."""
SWEPT_AT_ONCE = 1000


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An account of one endpoint that is held up. What is behind `position` waits in the log."""

    account_id: str
    position: int
    """The first position that may not have been dealt with."""
    tries: int = 0
    """Failed ones, of the item that is to be tried next."""
    first_tried_at: datetime | None = None
    next_at: datetime
    told: bool = False
    """The account's log says that it is not heard of."""
    error: str = ""


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the delivery log. Nothing of what was sent or answered is in it."""

    position: int
    account_id: str
    type: str
    at: datetime
    number: int
    """Of this item, from 1."""
    outcome: Outcome
    redelivery: str | None
    status: int | None
    error: str
    duration_ms: int
    next_at: datetime | None
    """When it is tried again."""


class LoggedTry(Try, frozen=True, kw_only=True):
    """As the delivery log lists it."""

    id: int


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """An item that was given up. Its content stays in the log."""

    position: int
    account_id: str
    at: datetime
    tries: int
    error: str


class Redelivery(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked to be sent again, and how far it has come."""

    id: str
    asked_at: datetime
    only_set_aside: bool
    position: int
    """The first position that is still to be sent."""
    until: int
    tries: int
    next_at: datetime
    delivered: int
    failed: int
    done_at: datetime | None


class Save(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed of one endpoint since its last save."""

    endpoint_id: str
    number: int
    """Saves before this one."""
    position: int
    delivered_at: datetime | None
    failing_since: datetime | None
    last_error: str
    held: Sequence[Held] = ()
    freed: Sequence[str] = ()
    set_aside: Sequence[SetAside] = ()
    taken_back: Sequence[int] = ()
    """Positions that were set aside and have arrived after all."""
    tries: Sequence[Try] = ()
    redelivery: Redelivery | None = None


class EndpointStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How far one endpoint is, without its address."""

    id: str
    disabled: str
    position: int
    delivered: int
    failed_tries: int
    held: int
    set_aside: int
    failing_s: float
    """Since when nothing has arrived; 0 while things do."""


class LostEndpoint(Exception):
    """The endpoint was deleted, or another process delivers to it now."""


class WebhookOutbox:
    """The deliverer's own tables. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, save: Save) -> None:
        """Store a step, whole or not at all; raises LostEndpoint."""
        stored = (await self._database.fetch(SAVE, _values(save)))[0][0]
        if stored:
            return
        records = await self._database.fetch(
            "select saves from webhook_endpoints where endpoint_id = %s", (save.endpoint_id,)
        )
        if not records or records[0][0] != save.number + 1:
            message = f"Endpoint {save.endpoint_id} is gone, or is delivered to by another process"
            raise LostEndpoint(message)

    async def held(self, endpoint_id: str, limit: int | None = None) -> list[Held]:
        """Give the accounts that are held up, the next to be tried first."""
        records = await self._database.fetch(
            "select account_id, position, tries, first_tried_at, next_at, told, error"
            " from webhook_held where endpoint_id = %s order by next_at, account_id limit %s",
            (endpoint_id, limit),
        )
        return [_struct(Held, record) for record in records]

    async def set_aside(
        self, endpoint_id: str, first: int, until: int, limit: int
    ) -> list[SetAside]:
        """Give the items between two positions that were given up, in the log's order."""
        records = await self._database.fetch(
            "select position, account_id, at, tries, error from webhook_set_aside"
            " where endpoint_id = %s and position between %s and %s order by position limit %s",
            (endpoint_id, first, until, limit),
        )
        return [_struct(SetAside, record) for record in records]

    async def tries(
        self,
        endpoint_id: str,
        *,
        before: int | None = None,
        outcome: Outcome | None = None,
        account_id: str | None = None,
        position: int | None = None,
        limit: int = 100,
    ) -> list[LoggedTry]:
        """Give lines of the delivery log, the newest first."""
        values = {
            "endpoint": endpoint_id,
            "before": before,
            "outcome": outcome,
            "account": account_id,
            "position": position,
            "limit": limit,
        }
        records = await self._database.fetch(TRIES, values)
        return [_struct(LoggedTry, (*record[1:], record[0])) for record in records]

    async def standings(self) -> list[EndpointStanding]:
        """Tell how all endpoints stand."""
        records = await self._database.fetch(STANDINGS)
        return [_struct(EndpointStanding, record) for record in records]

    async def sweep(self, now: datetime) -> int:
        """Delete what the delivery log keeps no longer; gives how many lines."""
        values = {
            "before": now - timedelta(days=KEPT_DAYS),
            "rows": KEPT_ROWS,
            "most": SWEPT_AT_ONCE,
        }
        await self._database.fetch(
            "delete from webhook_redeliveries where done_at < %(before)s returning 1", values
        )
        return (await self._database.fetch(SWEEP, values))[0][0]

    async def ask(self, endpoint_id: str, redelivery: Redelivery) -> None:
        """Note what a person wants to be sent again."""
        await self._database.fetch(
            "with changed as (update webhook_endpoints set change = nextval('webhook_changes')"
            " where endpoint_id = %(endpoint)s returning endpoint_id)"
            " insert into webhook_redeliveries"
            " (redelivery_id, endpoint_id, asked_at, only_set_aside, position, until, next_at)"
            " select %(id)s, endpoint_id, %(asked_at)s, %(only)s, %(position)s, %(until)s,"
            " %(asked_at)s from changed on conflict (redelivery_id) do nothing returning 1",
            {
                "endpoint": endpoint_id,
                "id": redelivery.id,
                "asked_at": redelivery.asked_at,
                "only": redelivery.only_set_aside,
                "position": redelivery.position,
                "until": redelivery.until,
            },
        )

    async def redeliveries(self, endpoint_id: str, limit: int = 20) -> list[Redelivery]:
        """Give what people asked to be sent again, the newest first."""
        return await self._redeliveries(
            "endpoint_id = %s order by redelivery_id desc limit %s", (endpoint_id, limit)
        )

    async def next_redelivery(self, endpoint_id: str) -> Redelivery | None:
        """Give the oldest one that is not done."""
        found = await self._redeliveries(
            "endpoint_id = %s and done_at is null order by redelivery_id limit 1", (endpoint_id,)
        )
        return found[0] if found else None

    async def _redeliveries(self, which: LiteralString, values: Values) -> list[Redelivery]:
        statement: LiteralString = f"select {REDELIVERY_COLUMNS} from webhook_redeliveries where "  # noqa: S608
        records = await self._database.fetch(statement + which, values)
        return [_struct(Redelivery, record) for record in records]


def _struct(kind: type[Any], record: tuple[Any, ...]) -> Any:  # noqa: ANN401  the kind's
    names = kind.__struct_fields__
    return kind(**dict(zip(names, record, strict=True)))


def _values(save: Save) -> dict[str, Any]:
    delivered = sum(one.outcome == "delivered" for one in save.tries)
    return {
        "endpoint": save.endpoint_id,
        "number": save.number,
        "position": save.position,
        "delivered_at": save.delivered_at,
        "failing_since": save.failing_since,
        "last_error": save.last_error,
        "n_delivered": delivered,
        "n_failed": len(save.tries) - delivered,
        "freed": list(save.freed),
        "taken_back": list(save.taken_back),
        "h_account": [one.account_id for one in save.held],
        "h_position": [one.position for one in save.held],
        "h_tries": [one.tries for one in save.held],
        "h_first": [one.first_tried_at for one in save.held],
        "h_next": [one.next_at for one in save.held],
        "h_told": [one.told for one in save.held],
        "h_error": [one.error for one in save.held],
        "a_position": [one.position for one in save.set_aside],
        "a_account": [one.account_id for one in save.set_aside],
        "a_at": [one.at for one in save.set_aside],
        "a_tries": [one.tries for one in save.set_aside],
        "a_error": [one.error for one in save.set_aside],
        **_tries(save.tries),
        **_redelivered(save.redelivery),
    }


def _tries(tries: Sequence[Try]) -> dict[str, Any]:
    return {
        "t_position": [one.position for one in tries],
        "t_account": [one.account_id for one in tries],
        "t_type": [one.type for one in tries],
        "t_at": [one.at for one in tries],
        "t_number": [one.number for one in tries],
        "t_outcome": [one.outcome for one in tries],
        "t_redelivery": [one.redelivery for one in tries],
        "t_status": [one.status for one in tries],
        "t_error": [one.error for one in tries],
        "t_duration": [one.duration_ms for one in tries],
        "t_next": [one.next_at for one in tries],
    }


def _redelivered(redelivery: Redelivery | None) -> dict[str, Any]:
    given = redelivery
    return {
        "r_id": given.id if given else None,
        "r_position": given.position if given else None,
        "r_tries": given.tries if given else None,
        "r_next": given.next_at if given else None,
        "r_delivered": given.delivered if given else None,
        "r_failed": given.failed if given else None,
        "r_done": given.done_at if given else None,
    }
