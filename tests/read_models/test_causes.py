"""Causes: which story, which finding, and what proves it."""

from collections.abc import Callable

import pytest

from domain.advice import ADVICE
from domain.advised import NOBODY_WAIT
from domain.deadlines import Awaited
from domain.observations import (
    RecordActionRequired,
    RecordLogout,
    RecordPage,
    RecordProblem,
    RecordQr,
    RecordScan,
    RecordSuperseded,
    RecordUnsealedSession,
    RecordWebhookSilent,
)
from domain.reasons import Reason
from domain.wishes import CancelLink, RequestLink
from projections.attempt_facts import attempt_facts
from projections.causes import NO_RECONNECT, NO_RETRY
from projections.finding import Finding
from projections.remarks import remarks
from projections.timeline import timeline
from projections.why import attempt_cause
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, WORKSPACE, Story, at

Make = Callable[[], Story]


def cause(story: Story, attempt: int = -1) -> Finding:
    found = attempt_cause(timeline(*story.of()).attempts[attempt])
    assert found is not None
    return found


def topics(story: Story, finding: Finding) -> list[str]:
    """Name the events that prove a finding."""
    return [r.topic for r in story.of()[1] if r.position in finding.positions]


def crash(reason: Reason, seconds: float = 20, detail: str = "") -> RecordProblem:
    return RecordProblem(at=at(seconds), attempt="att_1", reason=reason, detail=detail)


def never_fetched() -> Story:
    return scenes.close_window(scenes.rotated({}))


def never_told() -> Story:
    silent = RecordWebhookSilent(
        at=at(255), attempt="att_1", endpoint="whk_1", since=at(4), error="answered_502"
    )
    return scenes.close_window(scenes.rotated({}).tell(silent))


def all_fetched() -> Story:
    return scenes.close_window(scenes.rotated(dict.fromkeys(range(1, 14), 1.0)))


def only_the_first_fetched() -> Story:
    return scenes.close_window(scenes.rotated({1: 1.0}))


def fetched_too_late() -> Story:
    late = {1: 57.0} | dict.fromkeys(range(2, 14), 17.0)
    return scenes.close_window(scenes.rotated(late))


def not_renewed() -> Story:
    return scenes.close_window(scenes.fetch(scenes.waiting(), 1, 6))


def rejected() -> Story:
    again = RecordQr(at=at(17), attempt="att_1", fingerprint="code-2", expires_at=at(37))
    return scenes.scanned().tell(again)


def rejected_a_stale_one() -> Story:
    story = scenes.rotated({1: 1.0}, last=4)
    again = RecordQr(at=at(112), attempt="att_1", fingerprint="code-9", expires_at=at(132))
    return story.tell(RecordScan(at=at(110), attempt="att_1"), again)


def page_never_loaded() -> Story:
    started = RecordPage(at=at(2), attempt="att_1", phase="browser_started")
    return scenes.expire(scenes.requested().tell(started), Awaited.PAGE, 32)


def turn_never_came() -> Story:
    queued = RecordPage(at=at(2), attempt="att_1", phase="queued")
    return scenes.expire(scenes.requested().tell(queued), Awaited.START, 302)


def passkey() -> Story:
    story = scenes.scanned()
    story.tell(RecordActionRequired(at=at(16), attempt="att_1", action="passkey"))
    return scenes.expire(story, Awaited.PASSKEY, 136)


def superseded() -> Story:
    moved = RecordSuperseded(at=at(40), by="acc_2", phone_fingerprint=scenes.PHONE_PRINT)
    return scenes.linked().tell(moved, by=WORKSPACE)


NAMED: dict[str, Make] = {
    "code_never_fetched": never_fetched,
    "webhook_receiver_down": never_told,
    "user_too_slow": all_fetched,
    "stale_code_shown": only_the_first_fetched,
    "codes_fetched_late": fetched_too_late,
    "codes_not_renewed": not_renewed,
    "scan_rejected": rejected,
    "stale_code_scanned": rejected_a_stale_one,
    "browser_never_started": lambda: scenes.expire(scenes.requested(), Awaited.PAGE, 31),
    "turn_never_came": turn_never_came,
    "page_never_loaded": page_never_loaded,
    "code_never_shown": lambda: scenes.expire(scenes.opened(), Awaited.PAGE, 34),
    "sync_stalled": lambda: scenes.expire(scenes.synced(), Awaited.AUTHENTICATION, 76),
    "authentication_timed_out": lambda: scenes.expire(scenes.scanned(), Awaited.AUTHENTICATION, 75),
    "passkey_required": passkey,
    "duplicate_account": superseded,
    "cancelled": lambda: scenes.waiting().tell(CancelLink(at=at(9)), by=CLIENT),
    "network_lost": lambda: scenes.linked().tell(crash(Reason.NETWORK_LOST, 90)),
    "phone_unlinked": lambda: scenes.linked().tell(
        RecordLogout(at=at(90), attempt="att_1", by="phone")
    ),
}


@pytest.mark.parametrize("code", NAMED)
def test_a_failure_is_named(code: str) -> None:
    story = NAMED[code]()
    found = cause(story)
    assert found.code == code
    ending = topics(story, found)[-1]
    assert ending in (
        "LinkFailed",
        "ConnectionLost",
        "LoggedOut",
        "AccountSuperseded",
        "ReconnectFailed",
    )
    assert found.sentence.endswith(".")


PROBLEMS = sorted(set(Reason) - {Reason.LOGGED_OUT, Reason.PHONE_UNLINKED}, key=lambda r: r.value)


@pytest.mark.parametrize("reason", PROBLEMS, ids=lambda r: r.value)
def test_every_reason_is_told_with_its_detail_and_advice(reason: Reason) -> None:
    story = scenes.linked().tell(crash(reason, 90, detail="as seen"))
    found = cause(story)
    told = ADVICE[reason]
    assert found.reason is reason
    assert (found.actor, found.next_step) == (told.actor, told.next_step)
    assert found.retry_helps is told.retry_helps


def test_a_code_that_nobody_fetched_is_proved_by_every_code() -> None:
    story = never_fetched()
    found = cause(story)
    assert topics(story, found) == ["QrIssued"] * 13 + ["LinkFailed"]
    assert found.sentence.startswith("13 codes were on show from 12:00:05 UTC to 12:05:05 UTC")


def test_a_stale_code_is_proved_by_the_fetch_and_the_code_that_was_missed() -> None:
    story = only_the_first_fetched()
    found = cause(story)
    assert topics(story, found) == ["QrFetched", "QrIssued", "LinkFailed"]
    assert "from 12:01:05 UTC its user looked at an expired code" in found.sentence
    assert found.next_step == ADVICE[Reason.QR_STALE].next_step


def test_a_user_who_gives_up_near_the_end_was_too_slow_not_served_a_stale_code() -> None:
    story = scenes.close_window(scenes.rotated(dict.fromkeys(range(1, 12), 1.0)))
    assert cause(story).code == "user_too_slow"


def test_a_late_fetch_is_told_with_what_was_left() -> None:
    assert "the best had 3.0 s left" in cause(fetched_too_late()).sentence


def test_a_scan_within_the_codes_life_is_no_stale_scan() -> None:
    assert cause(rejected()).code == "scan_rejected"


def test_a_running_or_ready_attempt_has_no_cause() -> None:
    for story in (scenes.waiting(), scenes.linked()):
        assert attempt_cause(timeline(*story.of()).attempts[-1]) is None


def remarked(story: Story) -> dict[str, Finding]:
    part = timeline(*story.of()).attempts[-1]
    return {finding.code: finding for finding in remarks(attempt_facts(part))}


def test_a_second_start_is_remarked_with_its_input_as_proof() -> None:
    story = scenes.waiting().tell(RequestLink(at=at(9), attempt="att_2"), by=CLIENT)
    assert remarked(story)["second_start_refused"].inputs == (story.inputs[-1].input_id,)


def test_late_callbacks_are_remarked() -> None:
    story = scenes.waiting().tell(RecordScan(at=at(7), attempt="att_of_old"))
    assert "once" in remarked(story)["late_callbacks_ignored"].sentence


def test_codes_that_were_left_out_are_remarked() -> None:
    found = remarked(scenes.rotated({1: 1, 3: 1}, last=4))["codes_not_fetched"]
    assert found.sentence == "Codes 2 were on show and never fetched, while others were."


def test_the_longest_wait_is_remarked() -> None:
    story = scenes.fetch(scenes.waiting(), 1, 64)
    found = remarked(story)["longest_wait"]
    assert topics(story, found) == ["QrFetched"]


def test_a_long_life_of_a_link_is_no_wait() -> None:
    story = scenes.linked().tell(crash(Reason.NETWORK_LOST, 90_000))
    assert topics(story, remarked(story)["longest_wait"]) == ["QrScanned"]


def test_a_smooth_link_has_no_remark_but_the_scan_that_was_waited_for() -> None:
    assert set(remarked(scenes.linked())) == {"longest_wait"}


def lost_again_and_again(budget: int = 3) -> Story:
    """The network is lost, and every reconnect fails for the same reason until none is left."""
    story = scenes.linked().tell(crash(Reason.NETWORK_LOST, 90))
    for number in range(2, 2 + budget):
        deadline = story.accounts["acc_1"].deadline
        if deadline is None:
            break
        due_s = (deadline.at - at(0)).total_seconds()
        scenes.expire(story, Awaited.RECONNECT, due_s, attempt=f"att_{number}")
        lost = RecordProblem(at=at(due_s + 5), attempt=f"att_{number}", reason=Reason.NETWORK_LOST)
        story.tell(lost)
    return story


def remarked_with_history(story: Story) -> dict[str, Finding]:
    *earlier, part = timeline(*story.of()).attempts
    return {finding.code: finding for finding in remarks(attempt_facts(part, earlier))}


def test_the_same_end_again_and_again_is_remarked_with_all_of_them() -> None:
    story = lost_again_and_again()
    found = remarked_with_history(story)["ends_so_again"]
    assert topics(story, found) == ["ConnectionLost", *["ReconnectFailed"] * 3]
    assert found.sentence == "4 endings in a row were by the same reason, network_lost."
    assert "ends_so_again" not in remarked_with_history(lost_again_and_again(1))


def test_nobody_is_told_to_wait_for_a_reconnect_that_does_not_come() -> None:
    waits, over = lost_again_and_again(3), lost_again_and_again(20)
    assert "reconnects_used_up" not in remarked_with_history(waits)
    assert cause(waits).next_step == NOBODY_WAIT
    assert topics(over, remarked_with_history(over)["reconnects_used_up"]) == ["ReconnectFailed"]
    assert (cause(over).actor, cause(over).next_step) == ("operator", NO_RECONNECT)
    first_link = scenes.synced().tell(crash(Reason.NETWORK_LOST))
    assert (cause(first_link).actor, cause(first_link).next_step) == ("operator", NO_RETRY)


def test_a_long_wait_for_a_turn_is_remarked_also_when_something_else_failed() -> None:
    queued = RecordPage(at=at(2), attempt="att_1", phase="queued")
    started = RecordPage(at=at(43), attempt="att_1", phase="browser_started")
    story = scenes.requested().tell(queued, started)
    found = remarked(scenes.expire(story, Awaited.PAGE, 73))["waited_for_turn"]
    assert found.sentence == "The browser waited 41 s for its turn to start."
    assert topics(story, found) == ["PageReached", "PageReached"]


def test_a_session_that_could_not_be_sealed_is_remarked() -> None:
    failed = RecordUnsealedSession(
        at=at(20), attempt="att_1", reason=Reason.STORAGE_UNAVAILABLE, detail="disk full"
    )
    story = scenes.linked().tell(failed)
    assert topics(story, remarked(story)["sealing_failed"]) == ["SealingFailed"]


def test_a_passkey_that_was_declined_is_told_from_one_that_was_ignored() -> None:
    demanded = RecordActionRequired(at=at(16), attempt="att_1", action="passkey")
    again = RecordQr(at=at(30), attempt="att_1", fingerprint="code-2", expires_at=at(50))
    declined = scenes.scanned().tell(demanded, again)
    assert "went back to a code after 14 s" in cause(declined).sentence
    assert "got no answer for" in cause(passkey()).sentence
