"""What an input follows from: it carries the correlation id and the trace of its cause.

So one id leads from a client's request to its input and events, to what the browser then saw, and
to the deadlines and reactions that came of it.
"""

from adapters.event_log.interface import EventLog
from domain.events import LinkRequested, LogoutRequested, ReconnectStarted
from domain.log import Origin, RecordedEvent

TAIL = 64
"""Events that are looked through for a cause; an attempt has about a dozen."""
STARTS = (LinkRequested, ReconnectStarted, LogoutRequested)
CARRIES_ON = ("worker:", "clock", "watch")
"""Actors that only ever carry on what was started."""


def following(cause: Origin, actor: str) -> Origin:
    """Give the origin of what an actor does because of something else."""
    return Origin(actor=actor, correlation_id=cause.correlation_id, trace_parent=cause.trace_parent)


async def cause_of(log: EventLog, account_id: str, version: int) -> Origin:
    """Give the origin of what an account's attempt, or its logout, was started by.

    For whoever meets an account without an event in hand: a clock, or a worker that takes over.
    """
    tail = await log.load(account_id, max(0, version - TAIL))
    return next((one.origin for one in reversed(tail) if _is_cause(one)), Origin(actor="nobody"))


def _is_cause(recorded: RecordedEvent) -> bool:
    """A client's look at a code, or the workspace's word, is a thing of its own."""
    origin = recorded.origin
    carries_on = origin.actor.startswith(CARRIES_ON) and bool(origin.correlation_id)
    return isinstance(recorded.event, STARTS) or carries_on
