"""What follows from each event for other streams."""

from msgspec.structs import fields, replace

from domain import events as e
from domain import observations as o
from domain import workspace as wo
from domain import workspace_events as w
from domain.lifecycle import EVENTS, LEADS_TO, STEPS
from domain.log import AnyEvent, RecordedEvent
from domain.reactions import Reaction, reactions
from domain.status import Status
from domain.workspace_events import WORKSPACE_EVENTS
from tests.examples import (
    ATTEMPT,
    DESTROYED,
    IDENTIFIED,
    LOGGED_OUT,
    LOST,
    PHONE_KEYED,
    READY,
    START,
    SUPERSEDED,
    at,
)
from tests.memory_log import NOBODY

MOVED = w.PhoneClaimMoved(
    at=at(90),
    account="acc_1",
    to="acc_2",
    phone_fingerprint=PHONE_KEYED,
    link=ATTEMPT,
    to_link="attempt-9",
)
HEIR = w.PrimaryAssigned(at=at(90), account="acc_3", because="longest_ready", earlier="acc_1")


def after(event: AnyEvent, stream: str = "acc_1") -> list[Reaction]:
    """List what follows from an event at position 40, the stream's ninth."""
    recorded = RecordedEvent(
        position=40,
        stream=stream,
        version=9,
        topic=type(event).__name__,
        event=event,
        input_id=1,
        origin=NOBODY,
        recorded_at=START,
    )
    return reactions(recorded, {"acc_1": "shop"}.__getitem__)


def to_workspace(command: wo.WorkspaceCommand) -> list[Reaction]:
    """Expect one command to the workspace."""
    return [Reaction("workspace:shop", command)]


def test_ready_claims_the_number() -> None:
    claim = wo.ClaimPhone(
        at=READY.at, account="acc_1", phone_fingerprint=PHONE_KEYED, link=ATTEMPT, position=40
    )
    assert after(READY) == to_workspace(claim)
    assert after(READY)[0].workspace


def test_a_number_that_changes_while_ready_is_claimed_and_news_of_a_name_is_not() -> None:
    claim = wo.ClaimPhone(
        at=at(80), account="acc_1", phone_fingerprint=PHONE_KEYED, link=ATTEMPT, position=40
    )
    assert after(replace(IDENTIFIED, link=ATTEMPT)) == to_workspace(claim)
    assert after(IDENTIFIED) == []


def test_every_way_out_of_ready_is_told_to_the_workspace() -> None:
    lost = wo.LoseReadiness(at=at(100), account="acc_1", position=40)
    assert after(LOST) == to_workspace(lost)
    assert after(SUPERSEDED) == to_workspace(lost)
    release = wo.ReleasePhone(at=at(101), account="acc_1", because="logged_out", position=40)
    assert after(LOGGED_OUT) == to_workspace(release)
    destroyed = replace(release, at=at(200), because="destroyed")
    assert after(DESTROYED) == to_workspace(destroyed)
    ways_out = {
        name
        for (status, name), to in STEPS.items()
        if status is Status.READY and to is not Status.READY
    }
    told = {type(event).__name__ for event in (LOST, SUPERSEDED, LOGGED_OUT, DESTROYED)}
    assert ways_out == told


def test_a_moved_number_ends_the_link_that_held_it() -> None:
    superseded = o.RecordSuperseded(
        at=at(90), by="acc_2", phone_fingerprint=PHONE_KEYED, link=ATTEMPT
    )
    assert after(MOVED, "workspace:shop") == [Reaction("acc_1", superseded)]
    assert not after(MOVED, "workspace:shop")[0].workspace


def test_the_new_and_the_earlier_primary_are_told() -> None:
    chosen = o.RecordPrimary(at=at(90), chosen=True, workspace_version=9)
    withdrawn = replace(chosen, chosen=False)
    both = [Reaction("acc_3", chosen), Reaction("acc_1", withdrawn)]
    assert after(HEIR, "workspace:shop") == both
    first = replace(HEIR, earlier=None)
    assert after(first, "workspace:shop") == both[:1]
    vacated = w.PrimaryVacated(at=at(90), account="acc_1")
    assert after(vacated, "workspace:shop") == both[1:]


def test_nothing_else_is_told_to_anybody() -> None:
    telling = {"LinkCompleted", "ConnectionLost", "AccountSuperseded", "LoggedOut"}
    telling |= {"AccountDestroyed", "PhoneClaimMoved", "PrimaryAssigned", "PrimaryVacated"}
    for name, kind in {**EVENTS, **WORKSPACE_EVENTS}.items():
        if name not in telling:
            event = kind(**{field.name: at(0) for field in fields(kind) if field.required})
            assert after(event) == [], name
    assert set(LEADS_TO) == set(EVENTS.values())


def test_an_event_of_an_older_version_without_a_number_claims_nothing() -> None:
    assert after(e.LinkCompleted(at=at(1), attempt=ATTEMPT)) == []
