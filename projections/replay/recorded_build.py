"""A stand-in for the build that wrote a log, where that build is not at hand.

It decides as this build, except that a question to which the log has another answer gets the log's.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

import msgspec

from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.decide import decide
from domain.decision import Decision, Ignored
from domain.events import AccountEvent, LinkRequested, ReconnectStarted
from domain.evolve import evolve
from domain.log import Outcome
from domain.refusals import Refused
from domain.wishes import RegisterAccount, RequestLink
from projections.replay.account_log import AccountLog
from projections.replay.account_shape import Shape, step_shape
from projections.replay.playing import Step
from projections.replay.stand_ins import StandIns, moved, without_texts
from projections.rows import account_event

PLAIN = RegisterAccount | RequestLink | ExpireDeadline
"""How a story begins, and what the clock does of itself."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One input as the log tells of it; `before` is folded from the log's own events."""

    before: Account
    command: AnyCommand
    outcome: Outcome
    rule: str
    events: tuple[AccountEvent, ...]


class NothingToTest(ValueError):
    """The log shows no fault that a test could be made of; the message says why."""


class RecordedBuild:
    """Answers as the log did; see the module."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._met: set[Shape] = set()
        self._answers: dict[Shape, Told] = {}
        for one in told:
            question = _question(one.before, one.command)
            self._met.add(_meeting(one.before, one.command))
            if not _agrees(one):
                self._answers.setdefault(question, one)

    @property
    def differs(self) -> bool:
        """Tell whether this build decides anything that was recorded otherwise."""
        return bool(self._answers)

    def knows(self, step: Step) -> bool:
        """Tell whether the log has such an input in such a status, so that it would have shown."""
        plain = isinstance(step.command, PLAIN)
        return plain or _meeting(step.before, step.command) in self._met

    def decide(self, account: Account, command: AnyCommand) -> Decision:
        """Decide; raises Refused where the log has a refusal."""
        told = self._answers.get(_question(account, command))
        if told is None:
            return decide(account, command)
        if told.outcome == "refused":
            raise Refused(told.rule, "So says the log.")
        if told.outcome == "ignored":
            return Ignored(told.rule)
        return [_as_of(account, event, told, command) for event in told.events]


def _question(account: Account, command: AnyCommand) -> Shape:
    return step_shape(_step(account, command))


def _meeting(account: Account, command: AnyCommand) -> Shape:
    attempt, deadline = account.attempt, account.deadline
    current = attempt is not None and getattr(command, "attempt", attempt.id) == attempt.id
    late = deadline is not None and command.at >= deadline.at
    return type(command), account.status, deadline and deadline.awaited, late, current


def _step(account: Account, command: AnyCommand) -> Step:
    return Step(
        command=command, before=account, outcome="accepted", rule="", events=(), quiet_since=None
    )


def _as_of(account: Account, event: AccountEvent, told: Told, command: AnyCommand) -> AccountEvent:
    """Give the log's event with the command's time and values, about the attempt running now."""
    changed: dict[str, object] = {}
    for name in {*event.__struct_fields__} & {*command.__struct_fields__} - {"at"}:
        if getattr(event, name) == getattr(told.command, name, None):
            changed[name] = getattr(command, name)
    attempt, was = account.attempt, told.before.attempt
    if attempt is not None and was is not None and getattr(event, "attempt", "") == was.id:
        changed["attempt"] = attempt.id
    deadline = getattr(event, "deadline", None)
    if deadline is not None and deadline == told.before.deadline:
        changed["deadline"] = account.deadline  # it was left as it stood
    return msgspec.structs.replace(moved(event, command.at - told.command.at), **changed)


def _agrees(told: Told) -> bool:
    try:
        decision = decide(told.before, told.command)
    except Refused as refused:
        return (told.outcome, told.rule) == ("refused", refused.rule)
    if isinstance(decision, Ignored):
        return (told.outcome, told.rule) == ("ignored", decision.because)
    return told.outcome == "accepted" and told.events == tuple(map(without_texts, decision))


def told_by(log: AccountLog) -> list[Told]:
    """Put each input beside what came of it, with stand-ins for all that tells of a person."""
    events = {
        input_id: tuple(account_event(one) for one in caused)
        for input_id, caused in groupby(log.events, key=lambda one: one.input_id)
    }
    stand_ins = StandIns(_first_at(log), _attempt_names(log))
    account = stand_ins.of(log.before.account)
    told: list[Told] = []
    for given in log.inputs:
        # The command first: it has the better names for what its events repeat.
        command = stand_ins.of(given.command) if isinstance(given.command, AnyCommand) else None
        caused = tuple(stand_ins.of(event) for event in events.get(given.input_id, ()))
        if command is not None:
            one = Told(
                before=account,
                command=command,
                outcome=given.outcome,
                rule=given.rule,
                events=caused,
            )
            told.append(one)
        elif caused:
            message = f"This build does not know the input {given.kind}, which had an effect."
            raise NothingToTest(message)
        for event in caused:
            account = evolve(account, event)
    return told


def _first_at(log: AccountLog) -> datetime:
    if log.inputs:
        return log.inputs[0].at
    message = "It has no inputs."
    raise NothingToTest(message)


def _attempt_names(log: AccountLog) -> dict[str, str]:
    """Call the attempts by their numbers, as the clock does when it begins one."""
    names = {
        event.attempt: f"attempt-{event.number}"
        for event in map(account_event, log.events)
        if isinstance(event, LinkRequested | ReconnectStarted)
    }
    before = log.before.account.attempt
    return names | ({before.id: f"attempt-{before.number}"} if before else {})
