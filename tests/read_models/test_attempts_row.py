import pytest

from domain.deadlines import Awaited
from domain.observations import (
    RecordPage,
    RecordPairingCode,
    RecordProblem,
    RecordQr,
    RecordScan,
    RecordSession,
    RecordSuperseded,
)
from domain.reasons import Reason
from domain.wishes import CancelLink, DestroyAccount, RequestLink, RequestLogout
from projections.attempts import AttemptRow, project_attempt
from projections.rows import columns
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, WORKSPACE, Story, at


def attempts(story: Story) -> list[AttemptRow]:
    """Fold as the log's adapter does: the newest row in, the row with its number replaced."""
    table: dict[int, AttemptRow] = {}
    newest: AttemptRow | None = None
    for recorded in story.of()[1]:
        newest = project_attempt(newest, recorded)
        if newest is not None:
            table[newest.number] = newest
    return [table[number] for number in sorted(table)]


def crash(seconds: float, attempt: str = "att_1") -> RecordProblem:
    return RecordProblem(
        at=at(seconds), attempt=attempt, reason=Reason.BROWSER_CRASHED, detail="tab", jitter=0.0
    )


def test_no_attempt_before_the_first_link() -> None:
    assert attempts(scenes.registered()) == []


def test_a_successful_attempt_has_the_time_of_each_step() -> None:
    assert attempts(scenes.linked()) == [
        AttemptRow(
            account_id="acc_1",
            number=1,
            attempt_id="att_1",
            kind="link",
            method="qr",
            started_at=at(1),
            ended_at=None,
            outcome="ready",
            codes_issued=1,
            codes_fetched=1,
            first_code_at=at(5),
            first_fetched_at=at(6),
            scanned_at=at(15),
            ready_at=at(18),
            began_version=2,
            initializing_us=4_000_000,
            waiting_qr_us=10_000_000,
            authenticating_us=3_000_000,
        )
    ]


def test_a_kept_session_that_is_dead_makes_two_stays_of_one_status() -> None:
    story = scenes.linked().tell(crash(100))
    scenes.expire(story, Awaited.RECONNECT, 101, attempt="att_2")
    story.tell(
        RecordSession(at=at(105), attempt="att_2"),
        RecordQr(at=at(107), attempt="att_2", fingerprint="code-9", expires_at=at(167)),
        RecordScan(at=at(110), attempt="att_2"),
        scenes.ready(114, attempt="att_2"),
    )
    _, attempt = attempts(story)
    assert (attempt.initializing_us, attempt.waiting_qr_us) == (3_500_000, 3_000_000)
    assert attempt.authenticating_us == 6_000_000


def test_the_version_of_the_page_is_kept_and_where_the_attempt_ended() -> None:
    told = RecordPage(at=at(4), attempt="att_1", phase="bridge_started", whatsapp="2.3000.1")
    story = scenes.requested().tell(told, crash(20))
    story.tell(RequestLink(at=at(30), attempt="att_2", retry=True), by=CLIENT)
    first, second = attempts(story)
    assert (first.whatsapp, first.began_version, first.ended_version) == ("2.3000.1", 2, 4)
    assert (second.whatsapp, second.began_version, second.ended_version) == ("", 5, None)


def test_codes_are_counted_and_the_first_ones_timed() -> None:
    (attempt,) = attempts(scenes.rotated({1: 2, 3: 1}, last=4))
    assert (attempt.codes_issued, attempt.codes_fetched) == (4, 2)
    assert (attempt.first_code_at, attempt.first_fetched_at) == (at(5), at(7))


def test_a_pairing_code_counts_as_a_code() -> None:
    request = RequestLink(
        at=at(1), attempt="att_1", method="pairing_code", pairing_phone=scenes.PHONE
    )
    shown = RecordPairingCode(at=at(4), attempt="att_1", fingerprint="pair-1", expires_at=at(164))
    (attempt,) = attempts(scenes.registered().tell(request, by=CLIENT).tell(shown))
    assert (attempt.method, attempt.codes_issued) == ("pairing_code", 1)


def test_a_failed_attempt_is_followed_by_one_with_the_next_number() -> None:
    story = scenes.waiting().tell(crash(20))
    story.tell(RequestLink(at=at(30), attempt="att_2", retry=True), by=CLIENT)
    first, second = attempts(story)
    assert (first.outcome, first.reason, first.detail, first.ended_at) == (
        "failed",
        Reason.BROWSER_CRASHED,
        "tab",
        at(20),
    )
    assert (second.number, second.outcome, second.started_at) == (2, "running", at(30))


def test_a_cancelled_attempt_did_not_fail() -> None:
    (attempt,) = attempts(scenes.waiting().tell(CancelLink(at=at(9)), by=CLIENT))
    assert (attempt.outcome, attempt.reason) == ("cancelled", Reason.CANCELLED)


def test_a_lost_link_ends_its_attempt_and_the_reconnect_is_another() -> None:
    story = scenes.linked().tell(crash(100))
    scenes.expire(story, Awaited.RECONNECT, 101, attempt="att_2").tell(crash(103, "att_2"))
    first, second = attempts(story)
    assert (first.outcome, first.ready_at, first.ended_at) == ("disconnected", at(18), at(100))
    assert (second.kind, second.outcome, second.ready_at) == ("reconnect", "failed", None)


@pytest.mark.parametrize("outcome", ["logged_out", "superseded", "destroyed"])
def test_each_end_of_a_link_has_its_outcome(outcome: str) -> None:
    story = scenes.linked()
    if outcome == "logged_out":
        story.tell(RequestLogout(at=at(50)), by=CLIENT)
        scenes.expire(story, Awaited.LOGOUT, 65)
    elif outcome == "superseded":
        moved = RecordSuperseded(at=at(50), by="acc_2", phone_fingerprint=scenes.PHONE_PRINT)
        story.tell(moved, by=WORKSPACE)
    else:
        story.tell(DestroyAccount(at=at(50)), by=CLIENT)
    (attempt,) = attempts(story)
    assert attempt.outcome == outcome
    assert attempt.ended_at is not None


def test_the_first_ending_counts() -> None:
    story = scenes.linked().tell(crash(100))
    story.tell(RequestLogout(at=at(101)), DestroyAccount(at=at(102)), by=CLIENT)
    (attempt,) = attempts(story)
    assert (attempt.outcome, attempt.ended_at) == ("disconnected", at(100))


def test_an_event_that_changes_nothing_gives_the_same_row_back() -> None:
    events = scenes.opened().of()[1]
    started = project_attempt(None, events[1])
    assert started is not None
    assert project_attempt(started, events[2]) is started


def test_columns_are_plain_values() -> None:
    (attempt,) = attempts(scenes.waiting().tell(crash(20)))
    assert columns(attempt)["reason"] == "browser_crashed"
