"""What is read of an account's log is of the version that is held, though the log goes on."""

import pytest

from adapters.event_log.interface import EventLog
from app.account_logs import read_account_log
from app.dispatch import Dispatch
from domain.observations import RecordPrimary, RecordUnmaskedRead
from projections.replay.redecide import redecide
from tests.examples import at
from tests.service.test_loops import BY_TEST, ONE, steps_to_ready, submit_all

UNMASKED = RecordUnmaskedRead(at=at(30), form="timeline")
"""Accepted, and leads to no event."""
PRIMARY = RecordPrimary(at=at(40), chosen=True, workspace_version=2)


@pytest.mark.parametrize(
    ("since", "still_of_it"), [((), 0), ((PRIMARY,), 0), ((UNMASKED, PRIMARY, UNMASKED), 1)]
)
async def test_what_was_recorded_since_is_left_out(
    log: EventLog, since: tuple[RecordPrimary | RecordUnmaskedRead, ...], still_of_it: int
):
    dispatch = Dispatch(log)
    await submit_all(dispatch, ONE, steps_to_ready("attempt-one"))
    await dispatch.submit(ONE, UNMASKED, BY_TEST)
    held = await dispatch.load(ONE)
    for command in since:
        await dispatch.submit(ONE, command, BY_TEST)

    read = await read_account_log(log, ONE, held)

    assert (read.version, redecide(read).identical) == (held.version, True)
    assert [given.command for given in read.inputs].count(UNMASKED) == 1 + still_of_it
    assert PRIMARY not in [given.command for given in read.inputs]
