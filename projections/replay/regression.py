"""Finds the smallest story that goes wrong as a recorded one did; see docs/decisions/to-test.md."""

from collections import Counter
from datetime import datetime

import msgspec

from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline, OfMessages, OfWebhooks
from domain.deadlines import Deadline
from domain.decide import decide
from domain.evolve import replay
from domain.observations import (
    Observation,
    RecordEvidence,
    RecordPrimary,
    RecordQrFetch,
    RecordUnmaskedRead,
)
from domain.reasons import Reason
from domain.status import LINKING, Status
from domain.wishes import SendMessage
from projections.replay.account_log import AccountLog
from projections.replay.account_shape import Shape, limits_outlasted, step_shape
from projections.replay.playing import (
    MOST_DEADLINES,
    Decide,
    Ending,
    Played,
    Step,
    ending_of,
    play,
)
from projections.replay.recorded_build import NothingToTest, RecordedBuild, Told, told_by
from projections.replay.shrink import Case, Shows, shrink
from projections.replay.stand_ins import START, StandIns
from projections.rows import account_event

FAULTY = (Status.FAILED, Status.DISCONNECTED)
BESIDE_THE_LINK = (
    OfMessages | OfWebhooks | SendMessage | RecordEvidence | RecordPrimary | RecordUnmaskedRead
)
"""Rightly decided they change nothing of how an account stands."""


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
    told = told_by(log)
    recorded = ending_of(replay(map(account_event, log.events), log.before.account))
    _check_asked(recorded, expected)
    recording = RecordedBuild(told)
    for clock in (True, False):
        fault = _Fault(recorded, expected, clock=clock)
        case = _case(told, clock=clock)
        # By the recorded times a deadline that this build would set is never passed.
        same = clock or not recording.differs
        here = _goes_wrong_here(case, fault) if same else None
        if here is not None and not clock:
            _check_the_clock(told, fault)
        shows = here or _goes_wrong_there(case, fault, recording)
        if shows is not None:
            retime = clock and (expected is None or here is None)
            smallest = shrink(case, shows, retime=retime)
            named = _named_anew(smallest)
            return Regression(
                case=named if shows(named) else smallest,
                recorded=recorded,
                expected=expected,
                clock=clock,
                goes_wrong_here=here is not None,
                inputs_recorded=len(log.inputs),
            )
    message = f"Its inputs do not lead to {recorded} again: something else was at fault."
    raise NothingToTest(message)


def _check_asked(recorded: Ending, expected: Expected | None) -> None:
    if expected is None and recorded.status not in FAULTY:
        message = f"It ended {recorded}: say how it should have ended."
        raise NothingToTest(message)
    if expected is not None and expected.met_by(recorded):
        message = f"It ended {recorded}, as it should."
        raise NothingToTest(message)
    if expected is not None and expected.status in LINKING:
        message = f"{expected} is no ending: each attempt that is there comes to another in time."
        raise NothingToTest(message)


def _check_the_clock(told: list[Told], fault: "_Fault") -> None:
    """Refuse a story that a late clock led astray, where this build decides each input alike.

    A test of it could only be made green by a rule that guesses what the clock had not told yet.
    Without an expectation nobody can say whether the clock was all that was at fault.
    """
    inputs = _case(told, clock=True).inputs
    in_time = play(told[0].before, inputs, decide).ending
    if fault.is_right(in_time):
        unless = "" if fault.expected else ", unless you say how it should have ended"
        message = (
            f"It ended {fault.ending} with a deadline passed late; by a clock that is never late"
            f" this build ends it {in_time}, so the clock was at fault{unless}."
        )
        raise NothingToTest(message)


def _case(told: list[Told], *, clock: bool) -> Case:
    """Give the whole story; a clock of its own takes the place of the passings recorded."""
    inputs = (one.command for one in told)
    return Case(told[0].before, tuple(one for one in inputs if not (clock and _is_deadline(one))))


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
    every input that was turned away. An appointment may be kept until the last of all inputs, so
    where a link was lost that one stays, or another as late.
    """
    played = fault.play(case, decide)
    if played.ending != fault.ending:
        return None
    each = fault.expected is not None
    wanted = _questions(played, each=each)
    lost = fault.expected is not None and Status.DISCONNECTED in (
        fault.ending.status,
        fault.expected.status,
    )

    def shows(smaller: Case) -> bool:
        if lost and _latest(smaller) < _latest(case):
            return False
        again = fault.play(smaller, decide)
        return again.ending == fault.ending and not wanted - _questions(again, each=each)

    return shows


def _latest(case: Case) -> datetime:
    return max((one.at for one in case.inputs), default=START)


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
    wished: set[str] = set()
    setting: set[Shape] = set()
    for index, (step, after) in enumerate(zip(played.steps, _accounts_after(played), strict=True)):
        # Behind the first question a mended build is on another way, where it may need whatever
        # this one took as well.
        asks = bool(asked) if step.outcome == "accepted" else _asks(step, played.ending, wished)
        wished |= _attempt_in_vain(step)
        if _sets_what_passed(step, played.steps[last]):
            setting.add(("sets it", *step_shape(step)))
        if index != last and not (asks and _may_matter(step, after)):
            continue
        question = (index == last, step.outcome, step.rule, *step_shape(step))
        for waited in range(limits_outlasted(step, astray=bool(asked)) + 1):
            asked[*question, waited] += 1
    wanted = asked if each else Counter(dict.fromkeys(asked, 1))
    return wanted + Counter(setting)


def _sets_what_passed(step: Step, last: Step) -> bool:
    """Tell whether an input set the kind of deadline that ended the story: perhaps wrongly."""
    if not isinstance(last.command, ExpireDeadline):
        return False
    set_anew = (getattr(event, "deadline", None) for event in step.events)
    return any(one is not None and one.awaited is last.command.awaited for one in set_anew)


def _accounts_after(played: Played) -> list[Account]:
    return [*(step.before for step in played.steps[1:]), played.account][: len(played.steps)]


def _last_change(played: Played) -> int:
    """Give the step that led to the ending."""
    last = -1
    for index, (step, after) in enumerate(zip(played.steps, _accounts_after(played), strict=True)):
        if ending_of(step.before) != ending_of(after):
            last = index
    return last


def _may_matter(step: Step, after: Account) -> bool:
    """Tell whether a right answer to the input could have a part in how the story ends."""
    if isinstance(step.command, BESIDE_THE_LINK):
        return ending_of(step.before) != ending_of(after)
    return True


def _asks(step: Step, ending: Ending, wished: set[str]) -> bool:
    """Tell whether an input that was turned away is one that another build might have taken.

    `wished` are attempts that were asked for in vain: another build may have begun them.
    """
    command, account = step.command, step.before
    if isinstance(command, RecordQrFetch):
        return ending.reason is Reason.QR_NOT_FETCHED  # nothing else turns on a fetch
    if isinstance(command, ExpireDeadline):
        return account.deadline == Deadline(command.awaited, command.due)
    if not isinstance(command, Observation):
        return True  # the attempt that a wish names is the one that it would begin
    return account.attempt is None or command.attempt in {account.attempt.id, *wished}


def _attempt_in_vain(step: Step) -> set[str]:
    """Name the attempt that a wish would have begun, had it not been turned away."""
    if step.outcome == "accepted" or isinstance(step.command, Observation | ExpireDeadline):
        return set()
    return {getattr(step.command, "attempt", "")}


def _is_deadline(command: AnyCommand) -> bool:
    return isinstance(command, ExpireDeadline)


def _named_anew(case: Case) -> Case:
    """Count the stand-ins from 1 again, and the time from the first input."""
    most = case.account.attempts + len(case.inputs) + MOST_DEADLINES  # the clock begins some too
    numbers = range(1, most + 1)
    names = {f"attempt-{number}": f"attempt-{number}" for number in numbers}
    stand_ins = StandIns(case.inputs[0].at, names)
    return Case(stand_ins.of(case.account), tuple(stand_ins.of(one) for one in case.inputs))
