"""Reads an account's part of the log, as much of it as one answer may hold.

Masked, unless whoever asks has recorded that it is read as it is: see docs/decisions/bundles.md.
"""

from adapters.event_log.interface import EventLog
from app.held import Held
from app.services import Services
from domain.log import RecordedInput
from projections.replay.account_log import AccountLog
from projections.replay.redaction import Level, redact
from projections.timeline import Before

EVENTS_AT_ONCE = 1000
INPUTS_AT_ONCE = 1000
MOST_INPUTS = 20_000
"""Read for one answer; an account gathers a few dozen with each attempt."""


async def read_account_log(
    log: EventLog,
    account_id: str,
    held: Held,
    before: Held | None = None,
    level: Level = "masked",
) -> AccountLog:
    """Read what came after `before` (None: from the beginning) up to the version that is held."""
    before = before or Held()
    events = await log.load(account_id, before.version, until_version=held.version)
    after = events[0].input_id - 1 if events and before.version else 0
    told = AccountLog(
        account_id=account_id,
        before=Before(before.account, before.attempt_row, before.version),
        inputs=tuple(await _inputs(log, account_id, after, held.version)),
        events=tuple(events),
    )
    return redact(told, level)


async def read_attempt(
    services: Services, account_id: str, held: Held, number: int, level: Level = "masked"
) -> AccountLog | None:
    """Read one attempt of the account that is held; None when it has had none with this number.

    Looked for from the newest on: what lies before the attempt is not read.
    """
    if not 1 <= number <= held.account.attempts:
        return None
    before = until = held
    while before.account.attempts >= number:
        if before.account.attempts > number:
            until = before
        version = max(0, before.version - EVENTS_AT_ONCE)
        before = await services.dispatch.as_of(account_id, version) if version else Held()
    told = await read_account_log(services.log, account_id, until, before, level)
    return told.attempt(number)


async def _inputs(
    log: EventLog, account_id: str, after_input_id: int, until_version: int
) -> list[RecordedInput]:
    """Read what was decided on the account up to this version."""
    inputs: list[RecordedInput] = []
    while len(inputs) < MOST_INPUTS:
        page = await log.read_inputs(account_id, after_input_id, INPUTS_AT_ONCE)
        inputs += (given for given in page if given.stream_version <= until_version)
        if len(page) < INPUTS_AT_ONCE or page[-1].stream_version > until_version:
            break
        after_input_id = page[-1].input_id
    return await _known(log, account_id, inputs, until_version)


async def _known(
    log: EventLog, account_id: str, inputs: list[RecordedInput], until_version: int
) -> list[RecordedInput]:
    """Leave out what led beyond this version: it was recorded since the version was read.

    Not every accepted input leads to an event, so only the next event tells where that begins.
    """
    if not any(
        given.outcome == "accepted" and given.stream_version == until_version for given in inputs
    ):
        return inputs
    beyond = await log.load(account_id, until_version, limit=1)
    return [given for given in inputs if not beyond or given.input_id < beyond[0].input_id]
