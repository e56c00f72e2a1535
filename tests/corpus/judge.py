"""Holds `why` against labelled logs."""

from collections.abc import Iterable

import msgspec

from domain.evolve import replay
from domain.status import Status
from projections.finding import Finding
from projections.rows import account_event
from projections.timeline import AttemptTimeline
from projections.why import attempt_cause, why
from tests.corpus.labelled import LINKED, Labelled


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One answer beside its label."""

    of: Labelled
    attempt: int | None
    """None: what explains the account where its log ends."""
    label: str
    finding: Finding | None
    rows: tuple[AttemptTimeline, ...]
    """The parts of the story that may prove it."""

    @property
    def code(self) -> str:
        """The answer as a label."""
        return self.finding.code if self.finding else LINKED

    @property
    def right(self) -> bool:
        """Tell whether it is what a person would say."""
        return self.code == self.label

    def __str__(self) -> str:
        which = "now" if self.attempt is None else f"attempt {self.attempt}"
        return f"{self.of.source} {self.of.name}, {which}: {self.code or LINKED}, not {self.label}"


def judge(logs: Iterable[Labelled]) -> list[Judged]:
    """Ask for every attempt that has a label, and for the account as it is at the end."""
    return [judged for labelled in logs for judged in _judge(labelled)]


def _judge(labelled: Labelled) -> list[Judged]:
    told = labelled.log.timeline()
    judged: list[Judged] = []
    for nth, part in enumerate(told.attempts):
        number = part.attempt and part.attempt.number
        if number is not None and number in labelled.labels:
            earlier = told.attempts[:nth]
            judged.append(
                Judged(
                    of=labelled,
                    attempt=number,
                    label=labelled.labels[number],
                    finding=attempt_cause(part, earlier),
                    rows=(*earlier, part),
                )
            )
    account = replay(account_event(recorded) for recorded in labelled.log.events)
    if labelled.source != "simulated" and account.status in (
        Status.READY,
        Status.FAILED,
        Status.DISCONNECTED,
    ):
        explained = why(account, told, told.rows[-1].at)
        now = Judged(
            of=labelled,
            attempt=None,
            label=labelled.cause_now,
            finding=explained.cause,
            rows=told.attempts,
        )
        judged.append(now)
    return judged
