"""The feed: what clients see of each event, over SSE, WebSocket or by polling.

An item depends on the log up to its position and on nothing else, so that a reader who resumes
gets the very items that a live one got. `FeedProjection` sees to that: it folds each account as it
reads, so the status in an item is the one right after its event, never today's.
"""

from collections import OrderedDict
from datetime import datetime

import msgspec

from domain.events import AccountEvent, AttemptEvent
from domain.log import RecordedEvent
from domain.status import Status
from projections.accounts import AccountRow, project_account
from projections.feed_data import item_data, item_type


class FeedAttempt(msgspec.Struct, frozen=True):
    """The attempt that an item belongs to."""

    id: str
    number: int


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One event as clients see it. It never holds a code's text."""

    id: int
    """The event's position in the log: resume after it."""
    type: str
    account_id: str
    workspace: str
    status: Status
    """The account's status right after the event."""
    at: datetime
    correlation_id: str
    attempt: FeedAttempt | None
    data: dict[str, object]
    """What the type's line in docs/reference/feed.md lists."""


def feed_item(row_after: AccountRow, recorded: RecordedEvent) -> FeedItem | None:
    """Make the item of an event; None when it is not for clients (a workspace's own events).

    `row_after` is the account folded up to and with this very event: ValueError otherwise, for an
    item made from a newer row would tell a resuming reader something else than a live one.
    """
    event = recorded.event
    if not isinstance(event, AccountEvent):
        return None
    if (row_after.account_id, row_after.version) != (recorded.stream, recorded.version):
        raise ValueError(
            f"the row of {row_after.account_id} at version {row_after.version} is not the one after"
            f" version {recorded.version} of {recorded.stream}"
        )
    return FeedItem(
        id=recorded.position,
        type=item_type(event),
        account_id=recorded.stream,
        workspace=row_after.workspace,
        status=row_after.status,
        at=event.at,
        correlation_id=recorded.origin.correlation_id,
        attempt=_attempt(row_after, event),
        data=item_data(row_after, event),
    )


def _attempt(row_after: AccountRow, event: AccountEvent) -> FeedAttempt | None:
    name = event.attempt if isinstance(event, AttemptEvent) else row_after.attempt_id
    return FeedAttempt(name, row_after.attempt_number) if name is not None else None


class NotSeeded(LookupError):
    """The projection has not read the stream up to the event before this one."""

    def __init__(self, recorded: RecordedEvent) -> None:
        super().__init__(
            f"{recorded.stream} as of version {recorded.version - 1} must be seeded before"
            f" the event at position {recorded.position}"
        )
        self.stream = recorded.stream
        self.version = recorded.version


class FeedProjection:
    """Turns the log into items, in the order of the log, from any position on.

    One projection serves one reading position: the hub has one for the live tail, a reader that
    catches up has its own until it has arrived. Before each event ask `lacks`; if it says so, load
    the account as it was before this event and hand its row to `seed`. That is one short read for
    each account met for the first time since a resume, and none while the tail is live.
    """

    def __init__(self, *, capacity: int = 10_000) -> None:
        # 10,000 rows are about 10 MB; an account that fell out costs one `seed` to come back.
        self._capacity = capacity
        self._rows: OrderedDict[str, AccountRow] = OrderedDict()

    def lacks(self, recorded: RecordedEvent) -> bool:
        """Tell whether the account as of `recorded.version - 1` must be seeded first."""
        if not isinstance(recorded.event, AccountEvent) or recorded.version == 1:
            return False
        row = self._rows.get(recorded.stream)
        return row is None or row.version != recorded.version - 1

    def seed(self, row: AccountRow) -> None:
        """Take in an account as it was before the next event."""
        self._keep(row)

    def item(self, recorded: RecordedEvent) -> FeedItem | None:
        """Take in the next event of the log and make its item, if clients see it.

        Raises NotSeeded when `lacks` would have said so.
        """
        if not isinstance(recorded.event, AccountEvent):
            return None
        if self.lacks(recorded):
            raise NotSeeded(recorded)
        before = self._rows.get(recorded.stream) if recorded.version > 1 else None
        row = project_account(before, recorded)
        self._keep(row)
        return feed_item(row, recorded)

    def _keep(self, row: AccountRow) -> None:
        self._rows[row.account_id] = row
        self._rows.move_to_end(row.account_id)
        if len(self._rows) > self._capacity:
            self._rows.popitem(last=False)
