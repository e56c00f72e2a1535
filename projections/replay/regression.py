"""Finds the smallest story that goes wrong as a recorded one did; see docs/decisions/to-test.md."""

from collections import Counter
from datetime import datetime
from itertools import groupby

import msgspec

from domain.commands import AnyCommand, ExpireDeadline
from domain.deadlines import Deadline
from domain.decide import decide
from domain.events import LinkRequested, ReconnectStarted
from domain.evolve import evolve, replay
from domain.observations import RecordQrFetch
from domain.reasons import Reason
from domain.status import Status
from projections.replay.account_log import AccountLog
from projections.replay.account_shape import Shape, limits_outlasted, step_shape
from projections.replay.playing import Decide, Ending, Played, Step, ending_of, play
from projections.replay.recorded_build import RecordedBuild, Told
from projections.replay.shrink import Case, Shows, shrink
from projections.replay.stand_ins import StandIns
from projections.rows import account_event

FAULTY = (Status.FAILED, Status.DISCONNECTED)


class NothingToTest(ValueError):
    """The log shows no fault that a test could be made of; the message says why."""


class Expected(msgspec.Struct, frozen=True):
    """How the story should have ended."""

    status: Status
    reason: Reason | None = None
    """None: whatever the reason."""

    def __str__(self) -> str:
        return f"{self.status.value}:{self.reason.value}" if self.reason else self.status.value

    def met_by(self, ending: Ending) -> bool:
        """Tell whether a story that ended so is right."""
        return ending.status is self.status and self.reason in (None, ending.reason)


def read_expected(text: str) -> Expected:
    """Read `STATUS` or `STATUS:reason`; UnknownEnding for anything else."""
    status, _, reason = text.partition(":")
    try:
        return Expected(Status(status), Reason(reason) if reason else None)
    except ValueError as error:
        message = "It is neither a status, nor a status, a colon and a reason."
        raise UnknownEnding(message) from error


class UnknownEnding(ValueError):
    """What was given is no way to end."""


class Regression(msgspec.Struct, frozen=True, kw_only=True):
    """A story that goes wrong, as small as it was found to be."""

    case: Case
    recorded: Ending
    """How the recorded story ended, and this one with it."""
    expected: Expected | None
    """How it should end; None: only not as it did."""
    clock: bool
    """Deadlines are passed by a clock that is never late; else as they were recorded."""
    goes_wrong_here: bool
    """This build decides it as the recording did, so that it was seen to go wrong."""
    inputs_recorded: int


def find_regression(log: AccountLog, expected: Expected | None = None) -> Regression:
    """Make a recorded story as small as it can be; NothingToTest when it shows no fault."""
    told = _told(log)
    recorded = ending_of(replay(map(account_event, log.events), log.before.account))
    if expected is None and recorded.status not in FAULTY:
        message = f"It ended {recorded}: say how it should have ended."
        raise NothingToTest(message)
    if expected is not None and expected.met_by(recorded):
        message = f"It ended {recorded}, as it should."
        raise NothingToTest(message)
    recording = RecordedBuild(told)
    for clock in (True, False):
        fault = _Fault(recorded, expected, clock=clock)
        inputs = (one.command for one in told if not (clock and _is_deadline(one.command)))
        case = Case(told[0].before, tuple(inputs))
        # By the recorded times a deadline that this build would set is never passed.
        same = clock or not recording.differs
        here = _goes_wrong_here(case, fault) if same else None
        shows = here or _goes_wrong_there(case, fault, recording)
        if shows is not None:
            retime = clock and (expected is None or here is None)
            smallest = shrink(case, shows, retime=retime)
            return Regression(
                case=_named_anew(smallest),
                recorded=recorded,
                expected=expected,
                clock=clock,
                goes_wrong_here=here is not None,
                inputs_recorded=len(log.inputs),
            )
    message = f"Its inputs do not lead to {recorded} again: something else was at fault."
    raise NothingToTest(message)


class _Fault(msgspec.Struct, frozen=True):
    """How the story went wrong."""

    ending: Ending
    expected: Expected | None
    clock: bool

    def play(self, case: Case, by: Decide) -> Played:
        return play(case.account, case.inputs, by, clock=self.clock)

    def is_right(self, ending: Ending) -> bool:
        return self.expected.met_by(ending) if self.expected else ending != self.ending


def _goes_wrong_here(case: Case, fault: _Fault) -> Shows | None:
    """Say what a smaller story must keep, if this build decides the case as the recording did.

    Nobody knows yet how it is decided right. So all that another build could answer differently
    must be asked again, in an account of the same shape: the step that led to the ending, and
    every input that was turned away.
    """
    played = fault.play(case, decide)
    if played.ending != fault.ending:
        return None
    each = fault.expected is not None
    wanted = _questions(played, each=each)

    def shows(smaller: Case) -> bool:
        again = fault.play(smaller, decide)
        return again.ending == fault.ending and not wanted - _questions(again, each=each)

    return shows


def _goes_wrong_there(case: Case, fault: _Fault, recording: RecordedBuild) -> Shows | None:
    """Say what a smaller story must keep, if this build decides the case right.

    Then both builds can be asked: the one that wrote the log ends it wrong, by its recorded
    answers and no others, and this one right, in the status in which it ends the whole story.
    """
    status = fault.play(case, decide).ending.status

    def shows(smaller: Case) -> bool:
        ending = fault.play(smaller, decide).ending
        if ending.status is not status or not fault.is_right(ending):
            return False
        there = fault.play(smaller, recording.decide)
        return there.ending == fault.ending and all(map(recording.knows, there.steps))

    return shows if shows(case) else None


def _questions(played: Played, *, each: bool) -> Counter[Shape]:
    """Count the questions whose answers may be wrong; without `each`, one of each is enough.

    A longer wait than the same question had is asked too, so that no deadline is forgotten in it.
    """
    last = _last_change(played)
    asked: Counter[Shape] = Counter()
    for index, step in enumerate(played.steps):
        if index != last and not _turned_away(step, played.ending):
            continue
        question = (index == last, step.outcome, step.rule, *step_shape(step))
        for waited in range(limits_outlasted(step) + 1):
            asked[*question, waited] += 1
    if each:
        return asked
    return Counter(dict.fromkeys(asked, 1))


def _last_change(played: Played) -> int:
    """Give the step that led to the ending."""
    after = played.account
    for index in range(len(played.steps) - 1, -1, -1):
        before = played.steps[index].before
        if ending_of(before) != ending_of(after):
            return index
        after = before
    return -1


def _turned_away(step: Step, ending: Ending) -> bool:
    """Tell whether an input was ignored or refused that another build might have taken."""
    command, account = step.command, step.before
    if step.outcome == "accepted":
        return False
    if isinstance(command, RecordQrFetch):
        return ending.reason is Reason.QR_NOT_FETCHED  # nothing else turns on a fetch
    if isinstance(command, ExpireDeadline):
        return account.deadline == Deadline(command.awaited, command.due)
    return account.attempt is None or getattr(command, "attempt", "") in ("", account.attempt.id)


def _is_deadline(command: AnyCommand) -> bool:
    return isinstance(command, ExpireDeadline)


def _named_anew(case: Case) -> Case:
    """Count the stand-ins from 1 again, and the time from the first input."""
    numbers = range(1, case.account.attempts + len(case.inputs) + 1)
    names = {f"attempt-{number}": f"attempt-{number}" for number in numbers}
    stand_ins = StandIns(case.inputs[0].at, names)
    return Case(stand_ins.of(case.account), tuple(stand_ins.of(one) for one in case.inputs))


def _told(log: AccountLog) -> list[Told]:
    """Put each input beside what came of it, with stand-ins for all that tells of a person."""
    events = {
        input_id: tuple(account_event(one) for one in caused)
        for input_id, caused in groupby(log.events, key=lambda one: one.input_id)
    }
    stand_ins = StandIns(_first_at(log), _attempt_names(log))
    account = stand_ins.of(log.before.account)
    told: list[Told] = []
    for given in log.inputs:
        caused = tuple(stand_ins.of(event) for event in events.get(given.input_id, ()))
        if isinstance(given.command, AnyCommand):
            command = stand_ins.of(given.command)
            told.append(
                Told(
                    before=account,
                    command=command,
                    outcome=given.outcome,
                    rule=given.rule,
                    events=caused,
                )
            )
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
