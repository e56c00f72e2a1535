import json
from collections.abc import Callable

import msgspec
import pytest
from rich.console import Console

from adapters import clock
from app.cli.ending import Exit
from app.cli.story_decoding import StoryUnreadable, decode_timeline
from app.cli.story_table import story_lines
from domain.observations import RecordPage, RecordProblem
from domain.reasons import Reason
from domain.wishes import RequestLink
from projections.timeline import Timeline, timeline
from tests.command_line.conftest import Run, Service
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, Story, at
from tests.service.long_accounts import write, years


def failed_account(service: Service) -> str:
    """An account whose scan was rejected, after a late callback and a second start."""
    api = service.api
    account_id = service.do(api.register(label="Berlin"))
    attempt = service.do(api.link(account_id))
    service.do(api.show_code(account_id, attempt))
    service.do(api.client.post(f"/v1/accounts/{account_id}/link"))
    late = RecordPage(at=clock.now(), attempt="att_of_yesterday", phase="page_loaded")
    service.do(api.see(account_id, late))
    service.do(api.scan(account_id, attempt))
    rejected = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.SCAN_REJECTED)
    service.do(api.see(account_id, rejected))
    return account_id


def test_a_long_story_is_shown_in_parts_and_every_attempt_is_found(use: Run, service: Service):
    service.do(write(service.api.services.log, "acc_long", years(1201)))

    newest = use("replay", "show", "acc_long").output.splitlines()
    assert newest[0] == ("What came before: ./linkwright replay show acc_long --until-version 201")
    oldest = use("replay", "show", "acc_long", "--until-version", "201").output
    assert "What came before" not in oldest
    assert "NOT_CREATED → INITIALIZING" in oldest
    first = use("replay", "show", "acc_long", "--attempt", "1")
    assert "NOT_CREATED → INITIALIZING" in first.output
    assert use("replay", "show", "acc_long", "--attempt", "999").exit_code == Exit.NOT_FOUND


def test_the_last_line_is_the_cause_with_its_proof(use: Run, service: Service):
    shown = use("replay", "show", failed_account(service))

    assert shown.exit_code == Exit.DONE
    last = shown.output.splitlines()[-1]
    assert last.startswith("Cause: ")
    assert "Proof: event" in last
    assert "Next: " in last


def test_shows_every_step_with_both_clocks_and_who_caused_it(use: Run, service: Service):
    shown = use("replay", "show", failed_account(service)).output

    assert "seen at" in shown
    assert "recorded" in shown
    assert "NOT_CREATED → INITIALIZING" in shown
    assert "AUTHENTICATING → FAILED" in shown
    assert "worker:test" in shown
    assert "key:" in shown
    assert "Time in each status: " in shown


def test_shows_ignored_and_refused_inputs_in_their_place(use: Run, service: Service):
    lines = use("replay", "show", failed_account(service)).output.splitlines()

    code = number_of(lines, "→ WAITING_QR")
    refused = number_of(lines, "refused")
    ignored = number_of(lines, "ignored")
    scan = number_of(lines, "→ AUTHENTICATING")
    assert code < refused < ignored < scan


def number_of(lines: list[str], words: str) -> int:
    return next(number for number, line in enumerate(lines) if words in line)


def test_marks_the_wait_that_took_most():
    story = scenes.rotated({1: 1.0}, last=2)
    shown = drawn(told(story), width=200)

    (marked,) = [line for line in shown.splitlines() if "◀" in line]
    assert "+59.000 s ◀" in marked


def test_shows_one_attempt_alone(use: Run, service: Service):
    account_id = failed_account(service)
    service.do(service.api.link(account_id))

    second = use("replay", "show", account_id, "--attempt", "2").output

    assert "Attempt 2" in second
    assert "Attempt 1" not in second
    assert "Cause: " not in second


@pytest.mark.parametrize(("attempts", "words"), [(0, "no attempt"), (1, "one"), (2, "2 attempts")])
def test_an_attempt_that_never_was_is_not_found(
    use: Run, service: Service, attempts: int, words: str
):
    account_id = service.do(service.api.register())
    for _ in range(attempts):
        service.do(service.api.link(account_id))
        service.do(service.api.client.post(f"/v1/accounts/{account_id}/cancel"))

    shown = use("replay", "show", account_id, "--attempt", "3")

    assert shown.exit_code == Exit.NOT_FOUND
    assert words in shown.stderr


def test_an_account_that_never_was_is_not_found(use: Run):
    assert use("replay", "show", "acc_nobody").exit_code == Exit.NOT_FOUND


def test_json_is_what_the_api_says(use: Run, service: Service):
    account_id = failed_account(service)

    shown = json.loads(use("replay", "show", account_id, "--json").output)

    answered = service.do(service.api.client.get(f"/v1/accounts/{account_id}/timeline")).json()
    assert shown["timeline"]["attempts"][0] == answered["timeline"]["attempts"][0]
    assert names(shown) == names(answered)


def names(answer: dict[str, dict[str, list[dict[str, list[dict[str, str]]]]]]) -> list[str]:
    return [row["name"] for part in answer["timeline"]["attempts"] for row in part["rows"]]


STORIES: dict[str, Callable[[], Story]] = {
    "registered": scenes.registered,
    "opened": scenes.opened,
    "waiting": scenes.waiting,
    "rotated": lambda: scenes.rotated({1: 1.0, 2: 3.0}),
    "closed": lambda: scenes.close_window(scenes.rotated({1: 1.0})),
    "linked": scenes.linked,
}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_survives_the_way_through_json(name: str):
    sent = told(STORIES[name]())

    assert decode_timeline(msgspec.json.encode({"position": 1, "timeline": sent})) == sent


def test_an_event_of_a_newer_service_keeps_its_sentence():
    answer = msgspec.to_builtins({"timeline": told(scenes.linked())})
    row = answer["timeline"]["attempts"][-1]["rows"][0]
    row["name"], row["event"] = "SomethingNew", {"at": "2030-01-01T00:00:00Z", "new": 1}

    read = decode_timeline(msgspec.json.encode(answer))

    assert read.attempts[-1].rows[0].event is None
    assert read.attempts[-1].rows[0].sentence == row["sentence"]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"<html>", b'{"timeline": {}}', b'{"timeline": {"attempts": 1}}']
)
def test_what_is_no_story_is_not_read(content: bytes):
    with pytest.raises(StoryUnreadable):
        decode_timeline(content)


@pytest.mark.parametrize("width", [80, 100, 160, 220])
def test_fits_the_terminal(width: int):
    """Whole sentences, folded; nothing is cut off, and no line is wider than the terminal."""
    story = scenes.close_window(scenes.rotated({1: 1.0}))
    story.tell(RequestLink(at=at(400), attempt="att_2"), by=CLIENT)

    shown = drawn(told(story), width=width)

    assert max(len(line) for line in shown.splitlines()) <= width
    assert "…" not in shown
    words = " ".join(shown.split())
    assert "good until" in words
    assert "Cause:" in words


def told(story: Story) -> Timeline:
    return timeline(*story.of())


def drawn(story: Timeline, *, width: int) -> str:
    out = Console(width=width, force_terminal=True, color_system=None, record=True, quiet=False)
    with out.capture() as captured:
        for line in story_lines(out, story):
            out.print(line)
    return captured.get()
