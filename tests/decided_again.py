"""Every log that a test's service wrote is decided again: this build must decide it alike.

Left out are accounts whose story a test put into the log itself: it says so by `BY_HAND`.
LINKWRIGHT_TEST_LOGS names a folder to keep the logs in, for redecide_bundles.py on another Python;
a test that patches the domain calls `keep_no_logs`, for its log is no log of this build.
"""

import os
import uuid
from pathlib import Path

import pytest

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import EventLog
from domain.log import WORKSPACE_PREFIX, Origin, RecordedEvent
from projections.replay.account_log import AccountLog
from projections.replay.bundle import write_bundle
from projections.replay.redecide import redecide

FOLDER = "LINKWRIGHT_TEST_LOGS"
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
        assert_log_decided_alike(
            AccountLog(
                account_id=stream,
                inputs=tuple(given for given in inputs if given.stream == stream),
                events=tuple(recorded for recorded in events if recorded.stream == stream),
            )
        )


def assert_log_decided_alike(log: AccountLog) -> None:
    """Decide the account again, and keep its log if it is wanted."""
    again = redecide(log)
    assert again.identical, f"{log.account_id} is decided otherwise: {again.first}"
    if logs_are_wanted():
        keep(write_bundle(log, "masked"))


def logs_are_wanted() -> bool:
    """Tell whether to keep every log."""
    return FOLDER in os.environ


def keep_no_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep none while the test lasts."""
    monkeypatch.delenv(FOLDER, raising=False)


def keep(bundle: bytes) -> None:
    """Keep a log under a name of its own."""
    (Path(os.environ[FOLDER]) / f"{uuid.uuid4().hex}.bundle").write_bytes(bundle)


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
