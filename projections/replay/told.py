"""What replaying has found, in words: it tells of no person, so that it can be shown to anybody."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.account import Account
from domain.events import AccountEvent
from domain.evolve import evolve
from domain.log import Outcome
from domain.reasons import Reason
from domain.status import Status
from projections.replay.redecide import Decided, Difference, Redecided
from projections.replay.verdicts import Verdict, WhatIf
from projections.sentences import event_sentence


class ToldEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was decided, recorded or not."""

    topic: str
    at: datetime
    sentence: str


class ToldDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an input."""

    outcome: Outcome | None
    """None when this build does not know the input's kind."""
    rule: str
    """Why it was ignored or refused; empty when accepted."""
    events: tuple[ToldEvent, ...]


class ToldDifference(msgspec.Struct, frozen=True, kw_only=True):
    """An input that is decided otherwise than it was."""

    input_id: int
    kind: str
    version: int
    """The account's version that it was decided on."""
    positions: tuple[int, ...]
    """Of the events that it led to."""
    fields: tuple[str, ...]
    """What differs, as `QrIssued.ordinal`, where the same kinds of events were decided."""
    expected: ToldDecision
    """As recorded."""
    got: ToldDecision


class ToldRedecided(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this build decides as the log says."""

    identical: bool
    inputs: int
    """How many were decided again; up to the first difference, if there is one."""
    events: int
    """What they had led to."""
    erased: int
    """Inputs that were passed over: they looked at what an erasure has taken away."""
    first: ToldDifference | None


class ToldWhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of an attempt."""

    verdict: Verdict
    missing: str
    """The first answer that the log does not have; empty unless UNDECIDABLE."""
    first_difference: int | None
    """Position of the first recorded event that would not have been in its place."""
    same_events: int
    events: tuple[ToldEvent, ...]
    """The new ones; the first `same_events` are as recorded."""
    status_before: Status
    reason_before: Reason | None
    status_after: Status
    reason_after: Reason | None


def tell_what_if(account: Account, found: WhatIf) -> ToldWhatIf:
    """Tell what came of a what-if; `account` is where the attempt begins."""
    return ToldWhatIf(
        verdict=found.verdict,
        missing=found.missing,
        first_difference=found.first_difference,
        same_events=found.same_events,
        events=_told(account, found.events),
        status_before=found.status_before,
        reason_before=found.reason_before,
        status_after=found.status_after,
        reason_after=found.reason_after,
    )


def tell_redecided(found: Redecided) -> ToldRedecided:
    """Tell what deciding again has come to."""
    return ToldRedecided(
        identical=found.identical,
        inputs=found.inputs,
        events=found.events,
        erased=found.erased,
        first=found.first and _difference(found.first),
    )


def _difference(found: Difference) -> ToldDifference:
    return ToldDifference(
        input_id=found.input_id,
        kind=found.kind,
        version=found.version,
        positions=found.positions,
        fields=found.fields,
        expected=_decision(found.account, found.expected),
        got=_decision(found.account, found.got),
    )


def _decision(account: Account, decided: Decided) -> ToldDecision:
    return ToldDecision(
        outcome=decided.outcome, rule=decided.rule, events=_told(account, decided.events)
    )


def _told(account: Account, events: Iterable[AccountEvent]) -> tuple[ToldEvent, ...]:
    lines: list[ToldEvent] = []
    for event in events:
        account = evolve(account, event)
        sentence = event_sentence(event, account)
        lines.append(ToldEvent(topic=type(event).__name__, at=event.at, sentence=sentence))
    return tuple(lines)
