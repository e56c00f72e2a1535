"""Reads what carries one correlation id, over all accounts and workspaces, a page at a time."""

from collections.abc import Iterator, Sequence

import msgspec

from adapters.event_log.interface import EventLog
from app.dispatch import Dispatch
from domain.evolve import replay
from domain.log import WORKSPACE_PREFIX, RecordedEvent, RecordedInput
from projections.replay.account_log import AccountLog
from projections.replay.correlation import CorrelatedRow, account_rows, workspace_rows
from projections.replay.redaction import redact
from projections.rows import account_event
from projections.timeline import Before

MOST_EVENTS = 16
"""Looked at behind an input for those it caused; a decision has at most four."""


class Correlated(msgspec.Struct, frozen=True, kw_only=True):
    """One page."""

    rows: tuple[CorrelatedRow, ...]
    """In the log's order."""
    next_after: int
    """Input to go on after."""
    more: bool


async def read_correlated(
    log: EventLog,
    dispatch: Dispatch,
    correlation_id: str,
    *,
    workspace: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> Correlated:
    """Read what came of up to `limit` inputs; of one workspace, or of all (None)."""
    found = await log.read_correlated(correlation_id, after, limit + 1)
    given = found[:limit]
    caused = {one.input_id: await _caused(log, one) for one in given}
    rows: list[CorrelatedRow] = []
    for stream in dict.fromkeys(one.stream for one in given):
        of_stream = [one for one in given if one.stream == stream]
        if stream.startswith(WORKSPACE_PREFIX):
            name = stream.removeprefix(WORKSPACE_PREFIX)
            for one in of_stream:
                rows += workspace_rows(one, caused[one.input_id], name)
        else:
            for run in _runs(of_stream, caused):
                rows += await _account_rows(dispatch, stream, run, caused)
    wanted = [row for row in rows if workspace in (None, row.workspace)]
    return Correlated(
        rows=tuple(sorted(wanted, key=lambda row: (row.input_id, row.position or 0))),
        next_after=given[-1].input_id if given else after,
        more=len(found) > limit,
    )


async def _caused(log: EventLog, given: RecordedInput) -> tuple[RecordedEvent, ...]:
    if given.outcome != "accepted":
        return ()
    behind = await log.load(given.stream, given.stream_version, limit=MOST_EVENTS)
    return tuple(one for one in behind if one.input_id == given.input_id)


def _runs(
    given: Sequence[RecordedInput], caused: dict[int, tuple[RecordedEvent, ...]]
) -> Iterator[list[RecordedInput]]:
    """Put together what follows on each other: an account is folded once for each run."""
    run: list[RecordedInput] = []
    version = -1
    for one in given:
        if run and one.stream_version != version:
            yield run
            run = []
        run.append(one)
        version = one.stream_version + len(caused[one.input_id])
    if run:
        yield run


async def _account_rows(
    dispatch: Dispatch,
    account_id: str,
    run: Sequence[RecordedInput],
    caused: dict[int, tuple[RecordedEvent, ...]],
) -> list[CorrelatedRow]:
    version = run[0].stream_version
    before = Before()
    if version:
        held = await dispatch.as_of(account_id, version)
        before = Before(held.account, held.attempt_row, held.version)
    events = tuple(event for one in run for event in caused[one.input_id])
    after = replay(map(account_event, events), before.account)
    log = AccountLog(account_id=account_id, before=before, inputs=tuple(run), events=events)
    return account_rows(redact(log, "masked"), after.workspace)
