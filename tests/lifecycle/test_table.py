"""The table itself: complete, unambiguous, and the same as the machine built from it."""

from typing import Any, get_args

import pytest
from msgspec.structs import fields
from transitions import MachineError

from domain import commands as c
from domain import events as e
from domain.account import NEW
from domain.advice import ADVICE
from domain.decide import check_steps, decide
from domain.evolve import FOLDS
from domain.lifecycle import (
    EVENTS,
    LEADS_TO,
    STEPS,
    TABLE,
    build_machine,
    next_events,
)
from domain.reasons import RECONNECTABLE, UNLINKED, Reason
from domain.refusals import IllegalStep, Refused
from domain.status import LINKING, Status
from domain.wishes import Command, RegisterAccount
from tests.lifecycle.promises import MACHINE

PAIRS = [(status, name) for status in Status for name in EVENTS]

# Written by hand from the design: N I W A R F D are the seven statuses in their order.
STATUS_CHANGES = """
LinkRequested      N....FD -> I
ReconnectStarted   ......D -> I
SessionFound       .I..... -> A
SessionRejected    ...A... -> I
QrIssued           .IW.... -> W
PairingCodeIssued  .IW.... -> W
QrScanned          .IW.... -> A
LinkCompleted      ...A... -> R
LinkFailed         .IWA... -> F
ReconnectFailed    .I.A... -> D
ConnectionLost     ....R.. -> D
AccountSuperseded  .I.AR.D -> D
LoggedOut          ....R.D -> D
AccountDestroyed   .IWARFD -> N
"""
LETTERS = dict(zip("NIWARFD", Status, strict=True))


class Draft:
    """A throw-away model for the machine: all that it needs is a state."""

    def __init__(self, state: Status) -> None:
        self.state = state


def hollow(kind: type[Any]) -> Any:  # noqa: ANN401  any event or command
    """Build one of this kind with nothing in it: enough where only the kind is looked at."""
    return kind(**{field.name: None for field in fields(kind) if field.required})


def descendants(of: type) -> set[type]:
    """Collect all classes below one."""
    return {kind for child in of.__subclasses__() for kind in {child, *descendants(child)}}


@pytest.mark.parametrize(("status", "name"), PAIRS)
def test_the_machine_and_the_compiled_table_agree(status: Status, name: str) -> None:
    draft = Draft(status)
    if (status, name) not in STEPS:
        with pytest.raises(MachineError):
            MACHINE.events[name].trigger(draft)
        assert draft.state is status
        return
    assert MACHINE.events[name].trigger(draft)
    after: object = draft.state  # transitions stores what it was given: an Enum member, or its name
    assert (after if isinstance(after, Status) else Status[str(after)]) is STEPS[status, name]


@pytest.mark.parametrize(("status", "name"), PAIRS)
def test_deciding_asks_the_table_about_every_pair(status: Status, name: str) -> None:
    event = hollow(EVENTS[name])
    if (status, name) in STEPS:
        check_steps(status, [event])
        return
    with pytest.raises(IllegalStep) as refused:
        check_steps(status, [event])
    assert str(refused.value) == f"{name} cannot happen to an account that is {status.value}"


def test_the_status_changes_are_those_of_the_design() -> None:
    expected = {}
    for line in STATUS_CHANGES.split("\n"):
        if line:
            name, sources, _, to = line.split()
            for letter in sources.replace(".", ""):
                expected[LETTERS[letter], name] = LETTERS[to]
    changing = {pair: to for pair, to in STEPS.items() if LEADS_TO[EVENTS[pair[1]]] is not None}
    assert changing == expected


def test_the_rest_never_changes_the_status() -> None:
    for (status, name), to in STEPS.items():
        if LEADS_TO[EVENTS[name]] is None:
            assert to is status


def test_every_event_has_one_row_and_one_fold() -> None:
    named = [event for event, _, _ in TABLE]
    assert len(named) == len(set(named)), "a second row would be accepted in silence"
    assert set(named) == descendants(e.AccountEvent) - {e.AttemptEvent}
    assert set(FOLDS) == set(named)


def test_every_status_in_the_table_is_spelt_right_and_named_once() -> None:
    for event, sources, to in TABLE:
        assert sources, event
        assert len(sources) == len(set(sources)), event
        assert all(isinstance(status, Status) for status in sources), event
        assert to is None or isinstance(to, Status), event
    assert set(build_machine().states) == {status.name for status in Status}


def test_the_machine_has_no_back_door() -> None:
    assert set(build_machine().events) == set(EVENTS)
    assert not build_machine().models


def test_every_status_can_be_reached_and_left() -> None:
    for status in Status:
        assert any(to is status for (before, _), to in STEPS.items() if before is not status)
        assert any(to is not status for (before, _), to in STEPS.items() if before is status)


def test_next_events_are_the_legal_ones() -> None:
    for status in Status:
        assert set(next_events(status)) == {name for before, name in STEPS if before is status}


def test_every_command_has_a_decision() -> None:
    every = set(get_args(c.AnyCommand))
    assert every == descendants(Command) - {c.Command} - ABSTRACT
    for kind in every - {RegisterAccount}:
        with pytest.raises(Refused, match="No such account"):
            decide(NEW, hollow(kind))


ABSTRACT = {base for base in descendants(Command) if base.__subclasses__()}


def test_every_reason_has_advice() -> None:
    assert set(ADVICE) == set(Reason)
    for reason, advice in ADVICE.items():
        assert advice.sentence.endswith("."), reason
        assert advice.next_step.endswith("."), reason
        assert reason.value == reason.name.lower()


def test_nothing_comes_back_by_itself_from_an_end_that_somebody_wanted() -> None:
    wanted = UNLINKED | {Reason.CANCELLED, Reason.SUPERSEDED, Reason.STREAM_REPLACED}
    assert not RECONNECTABLE & (wanted | {Reason.TEMPORARILY_BANNED})
    assert all(ADVICE[reason].retry_helps for reason in RECONNECTABLE)


def test_running_statuses_are_those_a_failure_may_end() -> None:
    assert {status for status in Status if (status, "LinkFailed") in STEPS} == LINKING


def test_statuses_are_stored_by_their_names() -> None:
    assert all(status.name == status.value for status in Status)
