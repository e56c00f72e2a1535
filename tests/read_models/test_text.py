from domain.observations import RecordProblem, RecordScan
from domain.reasons import Reason
from domain.wishes import CancelLink, DestroyAccount, RequestLink
from projections.text import COLUMNS, TextSection, render_timeline
from projections.timeline import timeline
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, Story, at


def rendered(story: Story) -> tuple[TextSection, ...]:
    return render_timeline(timeline(*story.of()))


def test_a_row_has_a_cell_for_each_column() -> None:
    section = rendered(scenes.linked())[-1]
    scan = section.rows[6]
    assert dict(zip(COLUMNS, scan.cells, strict=True)) == {
        "#": "8",
        "seen at": "12:00:15.000",
        "recorded": "12:00:15.003",
        "attempt +": "+14.000 s",
        "gap": "+9.000 s",
        "status": "WAITING_QR → AUTHENTICATING",
        "what": "A phone used the code; WhatsApp is checking it.",
        "who": "worker:w1",
    }


def test_a_linked_attempt_says_how_long_it_took() -> None:
    section = rendered(scenes.linked())[-1]
    assert section.heading == ("Attempt 1 (att_1), link by QR code, 2026-03-01 12:00:01 UTC: ready")
    assert (section.closing, section.next_step) == ("Linked after 17.0 s.", "")
    assert section.rows[-1].mark == "success"


def test_a_failed_attempt_closes_with_its_cause_the_proof_and_what_to_do() -> None:
    section = rendered(scenes.close_window(scenes.rotated({1: 1.0}, last=2)))[-1]
    assert section.closing == (
        "Cause: The last code expired at 12:01:25 UTC and the page showed no new one for the 220 s"
        " until the linking window closed.  Proof: events 8, 9."
    )
    assert section.next_step == "Next: Retry; nothing needs to be changed."
    assert section.rows[-1].mark == "failure"


def test_one_event_of_proof_is_told_as_one() -> None:
    lost = RecordProblem(at=at(100), attempt="att_1", reason=Reason.NETWORK_LOST, jitter=0.0)
    section = rendered(scenes.linked().tell(lost))[-1]
    assert section.closing == ("Cause: The page lost its connection to WhatsApp.  Proof: event 12.")


def test_the_gap_that_took_most_of_the_linking_is_marked() -> None:
    section = rendered(scenes.close_window(scenes.fetch(scenes.waiting(), 1, 6)))[-1]
    marked = [row.cells[4] for row in section.rows if row.longest_wait]
    assert marked == ["+299.5 s"]


def test_no_gap_is_marked_when_none_stands_out() -> None:
    section = rendered(scenes.opened())[-1]
    assert not any(row.longest_wait for row in section.rows[:3])


def test_ignored_and_refused_inputs_are_marked_and_have_no_position() -> None:
    story = scenes.waiting().tell(RecordScan(at=at(7), attempt="att_of_old"))
    story.tell(RequestLink(at=at(9), attempt="att_2"), by=CLIENT)
    ignored, refused = rendered(story)[-1].rows[-2:]
    assert (ignored.mark, refused.mark) == ("ignored", "refused")
    assert ignored.cells[0] == refused.cells[0] == "·"


def test_the_other_endings_of_a_section() -> None:
    before, running = rendered(scenes.waiting())
    assert before.heading == "Before the first attempt"
    assert before.closing == "No attempt has been made here."
    assert running.closing == "The attempt is running."
    cancelled = rendered(scenes.waiting().tell(CancelLink(at=at(9)), by=CLIENT))[-1]
    assert cancelled.closing.startswith("Cause: The attempt was cancelled on request.")
    destroyed = rendered(scenes.waiting().tell(DestroyAccount(at=at(9)), by=CLIENT))[-1]
    assert destroyed.closing == "The account was destroyed while the attempt was running."


def test_time_in_each_status_is_one_line() -> None:
    section = rendered(scenes.linked())[-1]
    assert section.time_in_status == (
        "Time in each status: INITIALIZING 4.0 s, WAITING_QR 10.0 s, AUTHENTICATING 3.0 s"
    )
