"""The campaign finds what it is there to find."""

from datetime import timedelta

import pytest

from domain import events as e
from domain.deadlines import Awaited, due_in
from domain.log import Origin, RecordedEvent
from domain.reasons import Reason
from tests.examples import at
from tests.fleet_campaign.faults import OF_ONE
from tests.fleet_campaign.faults_of_all import OF_ALL
from tests.fleet_campaign.flat import rows
from tests.fleet_campaign.judge import Verdict
from tests.fleet_campaign.rounds import rounds, together

SOON = due_in(Awaited.PAGE, at(0), 30)
LOST = e.ConnectionLost(at=at(1), attempt="att_1", reason=Reason.PAGE_HUNG, detail="silent")
BACK = e.LinkCompleted(at=at(2), attempt="att_2")
CODE = e.QrIssued(
    at=at(2),
    attempt="att_2",
    fingerprint="f",
    ordinal=1,
    expires_at=at(2) + timedelta(seconds=6),
    deadline=SOON,
)


def told(*events: e.AccountEvent, account: str = "acc_1") -> Verdict:
    return Verdict(
        RecordedEvent(
            position=number,
            stream=account,
            version=number,
            topic=type(event).__name__,
            event=event,
            input_id=number,
            origin=Origin(actor="worker:test"),
            recorded_at=at(number),
        )
        for number, event in enumerate(events, start=1)
    )


def test_a_link_that_was_lost_has_come_back_only_after_that():
    assert told(LOST, BACK).came_back("acc_1")
    assert not told(BACK, LOST).came_back("acc_1")
    assert not told(BACK).came_back("acc_1")
    assert not told(LOST, BACK).came_back("acc_2")


def test_a_code_that_is_shown_again_is_a_lost_link_unless_the_phone_ended_it():
    assert "QrIssued" in told(LOST, CODE).lost_links(unlinked=[])[0]
    assert told(LOST, CODE).lost_links(unlinked=["acc_1"]) == []


def test_a_reason_is_true_only_for_what_was_done():
    verdict = told(LOST, BACK)
    assert verdict.losses() == 1
    assert verdict.untrue({"acc_1": frozenset({Reason.PAGE_HUNG})}) == []
    wrong = verdict.untrue({"acc_1": frozenset({Reason.BROWSER_CRASHED})})
    assert wrong == [f"acc_1 at 1, {at(1):%H:%M:%S}: ConnectionLost page_hung silent"]


def test_nothing_may_be_told_of_an_account_that_nothing_was_done_to():
    this = together(["acc_1", "acc_2"], "tab killed")
    assert this.may_tell("acc_1") == {Reason.BROWSER_CRASHED}
    assert this.may_tell("acc_2") == frozenset()


def test_what_strikes_all_while_one_comes_back_gives_that_one_more_reasons():
    this = together(["acc_1", "acc_2"], "tab killed", "sandbox killed")
    assert this.may_tell("acc_1") > this.may_tell("acc_2") - {Reason.PAGE_UNREACHABLE}
    assert Reason.BROWSER_CRASHED not in this.may_tell("acc_2")


def test_what_strikes_a_browser_strikes_everybody_in_it_whose_link_is_held_there():
    this = together(["acc_1"], "browser killed")
    this = this.with_company({"acc_1": {"acc_2": {"profiles"}, "acc_3": {"standby"}}})
    assert this.ends_link("acc_1", "primary")
    assert this.ends_link("acc_2", "primary")
    assert not this.ends_link("acc_2", "standby")
    assert not this.ends_link("acc_3", "primary")
    assert not this.ends_link("acc_4", "primary")
    assert Reason.BROWSER_CRASHED in this.may_tell("acc_2")
    assert this.may_tell("acc_4") == frozenset()


def test_a_hiccup_of_a_shared_browser_is_no_reason_for_anybody_in_it():
    this = together(["acc_1"], "browser has a hiccup")
    assert this.with_company({"acc_1": {"acc_2": {"profiles"}}}).may_tell("acc_2") == frozenset()


def test_a_shared_browser_is_struck_once_and_not_while_an_end_of_one_link_is_told():
    for this in rounds(["a", "b", "c", "d"], 2000, seed=1, shared=True):
        whole = [fault for fault in this.of_one.values() if fault.whole_browser]
        stays = [fault for fault in this.of_one.values() if fault.stays]
        assert len(whole) + bool(stays) <= 1


@pytest.mark.parametrize("standby", [True, False])
def test_as_many_faults_are_drawn_as_were_asked_for_and_all_kinds_of_them(*, standby: bool):
    drawn = list(rounds(["a", "b", "c", "d"], 200, seed=1, standby=standby))
    names = [fault.name for this in drawn for fault in this.faults]
    assert len(names) == 200
    known = [fault for fault in (*OF_ONE, *OF_ALL) if standby or not fault.needs_standby]
    assert set(names) == {fault.name for fault in known}
    assert drawn == list(rounds(["a", "b", "c", "d"], 200, seed=1, standby=standby))


@pytest.mark.parametrize(
    ("name", "grows_by", "flat"),
    [
        ("rows of qr_vault", 1, False),
        ("rows of snapshots", 0.5, True),
        ("rows of snapshots", 1, False),
        ("rows of events", 100, True),
        ("profile folders", 1, False),
        ("worker: memory, MB", 0.1, True),
        ("worker: memory, MB", 2, False),
        ("worker: open files", 1, False),
    ],
)
def test_a_figure_that_grows_with_every_wave_is_not_flat(name: str, grows_by: float, flat: bool):  # noqa: FBT001
    (row,) = rows([{name: 50 + grows_by * wave} for wave in range(24)])
    assert row.is_flat is flat


def test_a_figure_that_has_grown_and_then_stays_is_flat():
    (row,) = rows([{"worker: memory, MB": min(100.0, 50 + 10 * wave)} for wave in range(24)])
    assert (row.first, row.third, row.last) == (50, 100, 100)
    assert row.is_flat


@pytest.mark.parametrize("grows_by", [0.1, 2])
def test_a_shared_browser_is_looked_at_only_while_it_is_there(grows_by: float):
    name = "standby's browser: memory, MB"
    (row,) = rows([{name: wave % 2 and 50 + grows_by * wave} for wave in range(24)])
    assert row.is_flat is (grows_by < 1)
    (row,) = rows([{name: 0.0} for _ in range(23)] + [{name: 50.0}])
    assert row.is_flat
