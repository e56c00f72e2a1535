"""An account's story by attempts: every event, and every ignored or refused input in its place.

Each row has both clocks: `at` is the observer's (what saw it happen), `recorded_at` the log's. Gaps
and relative times are measured on `at`; a row that was recorded much later than it was seen shows
that in `recorded_after_s`. The gap column is usually the diagnosis.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from domain import events as e
from domain import facts as f
from domain.account import NEW, Account
from domain.evolve import evolve
from domain.log import Origin, RecordedEvent, RecordedInput
from domain.status import Status
from projections.attempts import AttemptRow, project_attempt
from projections.input_sentences import input_sentence
from projections.rows import account_event
from projections.sentences import event_sentence


class InputReference(msgspec.Struct, frozen=True):
    """The input that led to a row; for an ignored or refused one, that input itself."""

    input_id: int
    kind: str
    """The command's class name; empty when the input is not at hand."""
    actor: str
    correlation_id: str


class TimelineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event, or one input that led to none."""

    what: Literal["event", "accepted", "ignored", "refused"]
    """`accepted` is an input that was right and changed nothing."""
    name: str
    """Topic of the event, or kind of the input."""
    sentence: str
    rule: str
    """Why an input was ignored or refused; empty for events."""
    position: int | None
    """The event's position in the log; None for inputs."""
    version: int
    """The account's version after the row."""
    cause: InputReference
    attempt: str | None
    """The attempt that the row speaks of: of an older one if a callback came late."""
    at: datetime
    recorded_at: datetime
    recorded_after_s: float
    since_start_s: float
    """Since the attempt's start; before the first attempt, since the first row."""
    gap_s: float
    """Since the row before, over attempts too; negative when the observers' clocks disagree."""
    status_before: Status
    status_after: Status
    event: e.AccountEvent | None
    """The event itself; None for inputs."""
    evidence_url: str | None = None
    """Address of the evidence that the event names; it may not be kept any more."""


class AttemptTimeline(msgspec.Struct, frozen=True, kw_only=True):
    """The rows from an attempt's start to the next one's."""

    attempt: AttemptRow | None
    """How the attempt went; None for the rows before the first one."""
    rows: tuple[TimelineRow, ...]
    time_in_status_s: dict[Status, float]
    """How long the account was in each status, up to the next attempt or the timeline's end."""
    span_s: float
    """The whole of it: the sum of `time_in_status_s`."""


class Before(msgspec.Struct, frozen=True):
    """The account where the telling begins: a long story need not be told from its beginning."""

    account: Account = NEW
    attempt: AttemptRow | None = None
    version: int = 0


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The whole story, or as much of it as was given."""

    account_id: str
    attempts: tuple[AttemptTimeline, ...]
    time_in_status_s: dict[Status, float]
    span_s: float
    version: int
    """The account's version at the end."""
    after_version: int = 0
    """What came up to this version is not told here; 0 when the story begins at its beginning."""

    @property
    def rows(self) -> tuple[TimelineRow, ...]:
        """All rows of all attempts, in order."""
        return tuple(row for part in self.attempts for row in part.rows)


def timeline(
    inputs: Iterable[RecordedInput],
    events: Iterable[RecordedEvent],
    *,
    until: datetime | None = None,
    before: Before | None = None,
) -> Timeline:
    """Tell the story of one account from its inputs and events, both in the log's order.

    `until` (now, or the time looked at) ends the last status; without it the last row does.
    `before` is the account right before the first of them, if that is not its beginning.
    """
    events = list(events)
    inputs = list(inputs)
    telling = _Telling({recorded.input_id: recorded for recorded in inputs}, before or Before())
    for step in _in_order(inputs, events):
        telling.take(step)
    streams = [step.stream for step in (*events, *inputs)]
    return telling.told(streams[0] if streams else "", until)


def _in_order(
    inputs: Sequence[RecordedInput], events: Sequence[RecordedEvent]
) -> Iterable[RecordedInput | RecordedEvent]:
    """Merge events and the inputs that led to none, each where the log took it in."""
    told_by_events = {recorded.input_id for recorded in events}
    silent = [recorded for recorded in inputs if recorded.input_id not in told_by_events]
    silent.reverse()
    for recorded in events:
        while silent and silent[-1].input_id < recorded.input_id:
            yield silent.pop()
        yield recorded
    yield from reversed(silent)


class _Part:
    """One attempt's rows while they are gathered."""

    def __init__(self, started_at: datetime) -> None:
        self.started_at = started_at
        self.rows: list[TimelineRow] = []
        self.attempt: AttemptRow | None = None
        self.spent: dict[Status, timedelta] = {}

    def spend(self, status: Status, gap: timedelta) -> None:
        self.spent[status] = self.spent.get(status, timedelta()) + gap

    def told(self) -> AttemptTimeline:
        return AttemptTimeline(
            attempt=self.attempt,
            rows=tuple(self.rows),
            time_in_status_s=_seconds(self.spent),
            span_s=sum(self.spent.values(), timedelta()).total_seconds(),
        )


class _Telling:
    """Goes through the story once, folding the account as it goes."""

    def __init__(self, inputs: dict[int, RecordedInput], before: Before) -> None:
        self.inputs = inputs
        self.before = before
        self.account = before.account
        self.attempt = before.attempt
        self.version = before.version
        self.parts: list[_Part] = []
        self.last_at: datetime | None = None

    def take(self, step: RecordedInput | RecordedEvent) -> None:
        if isinstance(step, RecordedEvent):
            self._event(step)
        else:
            self._input(step)

    def _event(self, recorded: RecordedEvent) -> None:
        event = account_event(recorded)
        before = self.account.status
        gap = self._pass_to(event.at)
        self.account = evolve(self.account, event)
        self.attempt = project_attempt(self.attempt, recorded)
        self.version = recorded.version
        if isinstance(event, e.LinkRequested | e.ReconnectStarted) or not self.parts:
            self._begin(event.at)
        part = self.parts[-1]
        part.attempt = self.attempt
        caused_by = self.inputs.get(recorded.input_id)
        kind = caused_by.kind if caused_by else ""
        row = TimelineRow(
            what="event",
            name=recorded.topic,
            sentence=event_sentence(event, self.account),
            rule="",
            position=recorded.position,
            version=recorded.version,
            cause=_cause(recorded.input_id, kind, recorded.origin),
            attempt=_attempt_of(event) or (self.account.attempt and self.account.attempt.id),
            at=event.at,
            recorded_at=recorded.recorded_at,
            recorded_after_s=(recorded.recorded_at - event.at).total_seconds(),
            since_start_s=(event.at - part.started_at).total_seconds(),
            gap_s=gap.total_seconds(),
            status_before=before,
            status_after=self.account.status,
            event=event,
            evidence_url=_evidence_url(recorded.stream, event),
        )
        part.rows.append(row)

    def _input(self, recorded: RecordedInput) -> None:
        gap = self._pass_to(recorded.at)
        if not self.parts:
            self._begin(recorded.at)
        part = self.parts[-1]
        row = TimelineRow(
            what=recorded.outcome,
            name=recorded.kind,
            sentence=input_sentence(recorded),
            rule=recorded.rule,
            position=None,
            version=self.version,
            cause=_cause(recorded.input_id, recorded.kind, recorded.origin),
            attempt=_attempt_of(recorded.command),
            at=recorded.at,
            recorded_at=recorded.recorded_at,
            recorded_after_s=(recorded.recorded_at - recorded.at).total_seconds(),
            since_start_s=(recorded.at - part.started_at).total_seconds(),
            gap_s=gap.total_seconds(),
            status_before=self.account.status,
            status_after=self.account.status,
            event=None,
        )
        part.rows.append(row)

    def _begin(self, at: datetime) -> None:
        """Begin an attempt's rows; the attempt may have started before the telling."""
        part = _Part(self.attempt.started_at if self.attempt else at)
        part.attempt = self.attempt
        self.parts.append(part)

    def _pass_to(self, at: datetime) -> timedelta:
        """Let time pass up to the next row: it was spent in the status that held until then."""
        gap = at - self.last_at if self.last_at is not None else timedelta()
        if self.parts:
            self.parts[-1].spend(self.account.status, gap)
        self.last_at = at
        return gap

    def told(self, account_id: str, until: datetime | None) -> Timeline:
        if until is not None and self.last_at is not None and until > self.last_at:
            self._pass_to(until)
        whole: dict[Status, timedelta] = {}
        for part in self.parts:
            for status, spent in part.spent.items():
                whole[status] = whole.get(status, timedelta()) + spent
        return Timeline(
            account_id=account_id,
            attempts=tuple(part.told() for part in self.parts),
            time_in_status_s=_seconds(whole),
            span_s=sum(whole.values(), timedelta()).total_seconds(),
            version=self.version,
            after_version=self.before.version,
        )


def _cause(input_id: int, kind: str, origin: Origin) -> InputReference:
    return InputReference(input_id, kind, origin.actor, origin.correlation_id)


def _attempt_of(told: object) -> str | None:
    """Give the attempt that an event or command names, if it names one."""
    return getattr(told, "attempt", None)


def _evidence_url(account_id: str, event: e.AccountEvent) -> str | None:
    if not isinstance(event, f.EvidenceKept):
        return None
    return f"/v1/accounts/{account_id}/evidence/{event.digest}"


def _seconds(spent: dict[Status, timedelta]) -> dict[Status, float]:
    return {status: gap.total_seconds() for status, gap in spent.items()}
