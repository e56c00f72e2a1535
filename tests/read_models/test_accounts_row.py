import pytest

from domain import workspace_events as w
from domain.deadlines import Awaited
from domain.observations import RecordProblem, RecordSession, RecordSuperseded
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import DestroyAccount, RequestLink, RequestLogout
from projections.accounts import AccountRow, project_account
from projections.rows import columns
from tests.read_models import scenes
from tests.read_models.scenes import accounts_row as row
from tests.read_models.stories import CLIENT, NOON, WORKSPACE, Story, at

REGISTERED = AccountRow(
    account_id="acc_1",
    workspace="ws_1",
    label="Branch 7",
    site="sandbox",
    status=Status.NOT_CREATED,
    since=NOON,
    reason=None,
    detail="",
    attempt_id=None,
    attempt_number=0,
    attempt_kind=None,
    phone=None,
    phone_fingerprint=None,
    name="",
    is_primary=False,
    deadline_awaited=None,
    deadline_at=None,
    ready_at=None,
    registered_at=NOON,
    version=1,
)


def test_a_registered_account_is_listed_before_its_first_link() -> None:
    assert row(scenes.registered()) == REGISTERED


def test_a_linked_account_shows_its_phone_and_its_attempt() -> None:
    linked = row(scenes.linked())
    assert linked.status is Status.READY
    assert linked.since == linked.ready_at == at(18)
    assert (linked.phone, linked.name) == (scenes.PHONE, "Sari")
    assert (linked.attempt_id, linked.attempt_number, linked.attempt_kind) == ("att_1", 1, "link")
    assert (linked.deadline_awaited, linked.deadline_at) == (None, None)
    assert linked.registered_at == NOON


def test_a_waiting_account_shows_what_it_waits_for() -> None:
    waiting = row(scenes.waiting())
    assert (waiting.deadline_awaited, waiting.deadline_at) == (Awaited.SCAN, at(305))


def test_a_failed_account_shows_its_reason_until_the_next_attempt() -> None:
    crash = RecordProblem(at=at(20), attempt="att_1", reason=Reason.BROWSER_CRASHED, detail="tab")
    story = scenes.waiting().tell(crash)
    failed = row(story)
    assert (failed.status, failed.reason, failed.detail) == (
        Status.FAILED,
        Reason.BROWSER_CRASHED,
        "tab",
    )
    again = row(story.tell(RequestLink(at=at(30), attempt="att_2", retry=True), by=CLIENT))
    assert (again.status, again.reason, again.detail) == (Status.INITIALIZING, None, "")
    assert (again.attempt_id, again.attempt_number) == ("att_2", 2)


def test_a_superseded_account_is_disconnected_and_keeps_its_number_in_sight() -> None:
    moved = RecordSuperseded(at=at(40), by="acc_2", phone_fingerprint=scenes.PHONE_PRINT)
    older = row(scenes.linked().tell(moved, by=WORKSPACE))
    assert (older.status, older.reason) == (Status.DISCONNECTED, Reason.SUPERSEDED)
    assert older.ready_at is None


def test_a_logged_out_account_shows_no_phone() -> None:
    story = scenes.linked().tell(RequestLogout(at=at(50)), by=CLIENT)
    assert row(story).phone == scenes.PHONE
    gone = row(scenes.expire(story, Awaited.LOGOUT, 65))
    assert (gone.phone, gone.phone_fingerprint, gone.name) == (None, None, "")


def test_a_destroyed_account_stays_in_the_table() -> None:
    destroyed = row(scenes.linked().tell(DestroyAccount(at=at(60)), by=CLIENT))
    assert destroyed.status is Status.NOT_CREATED
    assert (destroyed.workspace, destroyed.label) == ("ws_1", "Branch 7")
    assert (destroyed.attempt_id, destroyed.attempt_number) == (None, 1)
    assert destroyed.since == at(60)


def test_a_reconnect_is_told_from_a_link() -> None:
    lost = RecordProblem(at=at(100), attempt="att_1", reason=Reason.NETWORK_LOST, jitter=0.0)
    story = scenes.linked().tell(lost)
    assert row(story).deadline_awaited is Awaited.RECONNECT
    scenes.expire(story, Awaited.RECONNECT, 101, attempt="att_2")
    assert row(story).attempt_kind == "reconnect"
    story.tell(RecordSession(at=at(103), attempt="att_2"), scenes.ready(105, attempt="att_2"))
    assert row(story).status is Status.READY


def test_columns_are_plain_values() -> None:
    waiting = columns(row(scenes.waiting()))
    assert set(waiting) == set(AccountRow.__struct_fields__)
    assert (waiting["status"], waiting["deadline_awaited"]) == ("WAITING_QR", "scan")


def test_an_event_of_a_workspace_makes_no_account() -> None:
    claimed = w.PhoneClaimed(at=NOON, account="acc_1", phone_fingerprint="x")
    recorded = Story().workspace_event(claimed).events[0]
    with pytest.raises(TypeError, match="PhoneClaimed at position 1"):
        project_account(None, recorded)
