"""Every log that a test's service wrote is decided again: this build must decide it alike.

Left out are accounts whose story a test put into the log itself: it says so by `BY_HAND`.
"""

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import EventLog
from domain.log import WORKSPACE_PREFIX, Origin, RecordedEvent
from projections.replay.account_log import AccountLog
from projections.replay.redecide import redecide

BY_HAND = Origin(actor="by hand")
AT_ONCE = 5_000
MOST_INPUTS = 20_000
"""The campaign of planted secrets has the longest log: 7,000 in 10,000 secrets."""


async def assert_decided_again_alike(log: EventLog) -> None:
    """Read the whole log and decide all accounts again; one that cannot be read is left out."""
    inputs = await log.read_inputs(None, 0, MOST_INPUTS)
    assert len(inputs) < MOST_INPUTS, "more than a test's log should have"
    left_out = {given.stream for given in inputs if given.origin == BY_HAND}
    events = await _events(log, left_out)
    for stream in {given.stream for given in inputs} - left_out:
        if stream.startswith(WORKSPACE_PREFIX):
            continue
        again = redecide(
            AccountLog(
                account_id=stream,
                inputs=tuple(given for given in inputs if given.stream == stream),
                events=tuple(recorded for recorded in events if recorded.stream == stream),
            )
        )
        assert again.identical, f"{stream} is decided otherwise: {again.first}"


async def _events(log: EventLog, left_out: set[str]) -> list[RecordedEvent]:
    """Read all events; adds to `left_out` the accounts with some that cannot be read."""
    events: list[RecordedEvent] = []
    after = 0
    while True:
        try:
            page = await log.read(after, AT_ONCE)
        except UnreadableEvent as error:
            left_out.add(error.stream)
            after = error.position
            continue
        if not page:
            return events
        events += page
        after = page[-1].position
