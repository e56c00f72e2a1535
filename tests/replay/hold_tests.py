"""Holds produced tests against both builds: red on the faulty one, green on the fixed one.

A log shows a fault when the fixed build decides one of its inputs otherwise and, by the same
inputs, ends otherwise. How it ends then is what a person would have expected.
"""

from collections.abc import Iterator
from contextlib import nullcontext

import msgspec

from domain.commands import ExpireDeadline
from domain.decide import decide
from domain.evolve import replay
from projections.replay.account_log import AccountLog
from projections.replay.playing import Ending, ending_of, play
from projections.replay.pytest_case import PytestCase, pytest_case
from projections.replay.recorded_build import told_by
from projections.replay.redecide import redecide
from projections.replay.regression import Expected, NothingToTest, find_regression
from projections.rows import account_event
from tests.replay.planted import planted
from tests.replay.produced import is_green


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One test that was asked for, and what came of it."""

    fault: str
    """Of the build that wrote the log."""
    made_on: str
    """The fault of the build that made the test; empty: the fixed build."""
    expected: str
    """Empty: not as it did."""
    recorded: str
    refused: str = ""
    """Why there is no test."""
    case: PytestCase | None = None
    wrong: str = ""
    """What is wrong with the test; empty when it is red and green where it should be."""

    def __str__(self) -> str:
        asked = self.expected or "otherwise"
        maker = f"the build with {self.made_on}" if self.made_on else "the fixed build"
        source = f"\n{self.case.source}" if self.case else ""
        head = f"{self.fault}: {self.recorded}, should end {asked}, made on {maker}: "
        return f"{head}{self.wrong or self.refused or 'right'}{source}"


def hold(log: AccountLog, fault: str) -> list[Held]:
    """Make the test of a log in every way, and run it on both builds; [] if it shows no fault."""
    recorded = ending_of(replay(map(account_event, log.events), log.before.account))
    right = _right_ending(log, fault, recorded)
    if right == recorded:
        return []
    if redecide(log).identical:
        return [_held_of_no_fault(log, fault, Expected(right.status, right.reason), recorded)]
    return list(_held(log, fault, recorded, right))


def _held(log: AccountLog, fault: str, recorded: Ending, right: Ending) -> Iterator[Held]:
    for expected in (None, Expected(right.status, right.reason)):
        for made_on in (fault, ""):
            held = Held(
                fault=fault, made_on=made_on, expected=str(expected or ""), recorded=str(recorded)
            )
            try:
                case = _made(log, expected, made_on)
            except NothingToTest as error:
                yield msgspec.structs.replace(held, refused=str(error))
            else:
                yield msgspec.structs.replace(
                    held, case=case, wrong=what_is_wrong(case, fault, made_on)
                )


def _held_of_no_fault(log: AccountLog, fault: str, expected: Expected, recorded: Ending) -> Held:
    """Ask the fixed build for a test of a log that it would have written itself."""
    held = Held(fault=fault, made_on="", expected=str(expected), recorded=str(recorded))
    try:
        case = _made(log, expected, "")
    except NothingToTest as error:
        return msgspec.structs.replace(held, refused=str(error))
    wrong = "the fixed build would have written that log, only its clock was late"
    return msgspec.structs.replace(held, case=case, wrong=wrong)


def _made(log: AccountLog, expected: Expected | None, made_on: str) -> PytestCase:
    with planted(made_on) if made_on else nullcontext():
        return pytest_case(find_regression(log, expected))


def what_is_wrong(case: PytestCase, fault: str, made_on: str) -> str:
    """Run the test on the build with the fault and on the fixed one; empty when it is right."""
    with planted(fault):
        red = not is_green(case)
    green = is_green(case)
    told = case.goes_wrong_here is bool(made_on)
    wrong = (
        "" if red else "not red on the faulty build",
        "" if green else "not green on the fixed build",
        "" if told else "it says the wrong thing of the build that made it",
    )
    return ", ".join(filter(None, wrong))


def _right_ending(log: AccountLog, fault: str, recorded: Ending) -> Ending:
    """Say how the fixed build ends the inputs: by a clock in time, if that is how it went."""
    told = told_by(log)
    before, commands = told[0].before, [one.command for one in told]
    in_time = [one for one in commands if not isinstance(one, ExpireDeadline)]
    with planted(fault):
        clock = play(before, in_time, decide).ending == recorded
    return play(before, in_time if clock else commands, decide, clock=clock).ending
