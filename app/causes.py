"""What an input follows from: it carries the correlation id and the trace of its cause.

So one id leads from a client's request to its input and events, to what the browser then saw, and
to the deadlines and reactions that came of it.
"""

from collections.abc import Callable

from adapters.event_log.interface import EventLog
from domain import message_events as m
from domain.events import LinkRequested, LogoutRequested, ReconnectStarted
from domain.log import Origin, RecordedEvent

PAGE = 64
"""Events that are looked through at once, newest first; an attempt has about a dozen."""
MOST_PAGES = 16
"""Messages may stand between: beyond a thousand events the cause is not looked for."""
STARTS = (LinkRequested, ReconnectStarted, LogoutRequested)
OF_MESSAGES = (
    m.MessageQueued,
    m.MessageNotSent,
    m.MessageSent,
    m.MessageDelivered,
    m.MessageRead,
    m.MessageFailed,
    m.MessageReceived,
)
"""Each has a cause of its own, which nothing else follows from."""
CARRIES_ON = ("worker:", "clock", "watch")
"""Actors that only ever carry on what was started."""


def following(cause: Origin, actor: str) -> Origin:
    """Give the origin of what an actor does because of something else."""
    return Origin(actor=actor, correlation_id=cause.correlation_id, trace_parent=cause.trace_parent)


async def cause_of(log: EventLog, account_id: str, version: int) -> Origin:
    """Give the origin of what an account's attempt, or its logout, was started by.

    For whoever meets an account without an event in hand: a clock, or a worker that takes over.
    """
    return await _newest(log, account_id, version, _is_cause)


async def cause_of_message(log: EventLog, account_id: str, version: int, message_id: str) -> Origin:
    """Give the origin of what a message that still waits was queued by."""

    def queued_it(recorded: RecordedEvent) -> bool:
        event = recorded.event
        return isinstance(event, m.MessageQueued) and event.message == message_id

    return await _newest(log, account_id, version, queued_it)


async def _newest(
    log: EventLog, account_id: str, version: int, wanted: Callable[[RecordedEvent], bool]
) -> Origin:
    until = version
    for _ in range(MOST_PAGES):
        after = max(0, until - PAGE)
        page = await log.load(account_id, after, until_version=until)
        found = next((one.origin for one in reversed(page) if wanted(one)), None)
        if found is not None:
            return found
        if after == 0:
            break
        until = after
    return Origin(actor="nobody")


def _is_cause(recorded: RecordedEvent) -> bool:
    """A client's look at a code, or the workspace's word, is a thing of its own."""
    if isinstance(recorded.event, OF_MESSAGES):
        return False
    origin = recorded.origin
    carries_on = origin.actor.startswith(CARRIES_ON) and bool(origin.correlation_id)
    return isinstance(recorded.event, STARTS) or carries_on
