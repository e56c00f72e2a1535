"""The binding's handler by itself: bounded, in order, and for one page only."""

import asyncio
import json
from typing import Any, cast

from playwright.async_api import Page

from adapters.browser.intake import (
    AGAIN,
    MOST_WAITING_CHARACTERS,
    REFUSED,
    TAKEN,
    Ended,
    FromPage,
    Intake,
    Tick,
)
from domain.reasons import Reason

NONCE = "_0123456789abcdef0123456789abcdef"


class FakePage:
    """As much of a page as the handler looks at."""

    def __init__(self) -> None:
        self.main_frame = object()

    def source(self) -> dict[str, Any]:
        return {"page": self, "frame": self.main_frame}


class Clock:
    """A clock that is a number."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def intake_for(page: FakePage, *, size: int = 2, clock: Clock | None = None) -> Intake:
    intake = Intake(NONCE, size, clock or Clock())
    intake.listen_to(cast("Page", page))
    return intake


def said(kind: str, sequence: int = 1, **facts: object) -> str:
    head = {"nonce": NONCE, "boot": "0123456789abcdef", "sequence": sequence, "kind": kind}
    return json.dumps(head | facts)


def looked(sequence: int = 1) -> str:
    return said("snapshot", sequence, snapshot={"phase": "loading"})


async def test_a_report_waits_for_its_answer():
    page = FakePage()
    intake = intake_for(page)
    answer = intake.receive(page.source(), looked())
    note = intake.inbox.get_nowait()
    assert isinstance(note, FromPage)
    note.answer.set_result(TAKEN)
    assert not isinstance(answer, str)
    assert await answer == TAKEN


async def test_a_full_inbox_takes_no_more_reports():
    page = FakePage()
    intake = intake_for(page, size=2)
    answers = [intake.receive(page.source(), looked(number)) for number in range(3)]
    assert answers[2] == AGAIN
    notes = [intake.inbox.get_nowait() for _ in range(2)]
    assert [note.message.sequence for note in notes if isinstance(note, FromPage)] == [0, 1]
    intake.close()


async def test_what_waits_is_bounded_in_size_too():
    page = FakePage()
    intake = intake_for(page, size=100)
    incoming = {
        "whatsapp_id": "3A01",
        "kind": "text",
        "sender": "",
        "name": "",
        "text": "x" * 65536,
        "at_s": 1,
    }
    long = said("received", received=incoming)
    fit = MOST_WAITING_CHARACTERS // len(long)
    answers = [intake.receive(page.source(), long) for _ in range(fit + 1)]
    assert [one == AGAIN for one in answers] == [False] * fit + [True]
    first = intake.inbox.get_nowait()
    assert isinstance(first, FromPage)
    first.answer.set_result(TAKEN)
    assert not isinstance(answers[0], str)
    assert await answers[0] == TAKEN
    assert intake.receive(page.source(), long) != AGAIN
    intake.close()


async def test_a_full_inbox_takes_the_end():
    page = FakePage()
    intake = intake_for(page, size=1)
    intake.receive(page.source(), looked())
    intake.put(Ended(Reason.BROWSER_CRASHED, "the browser ended"))
    assert intake.inbox.qsize() == 2
    intake.close()


async def test_closing_sends_everybody_away():
    page = FakePage()
    intake = intake_for(page)
    waiting = intake.receive(page.source(), looked())
    intake.close()
    assert not isinstance(waiting, str)
    assert await asyncio.wait_for(waiting, 1) == AGAIN
    assert intake.receive(page.source(), looked(2)) == AGAIN


async def test_a_beat_is_a_sign_of_life_and_no_note():
    page, clock = FakePage(), Clock()
    intake = intake_for(page, clock=clock)
    clock.now_s = 107.0
    assert intake.receive(page.source(), said("beat")) == TAKEN
    assert intake.last_sign_s == 107.0
    assert intake.inbox.empty()


async def test_beats_tick_when_time_matters_but_do_not_pile_up():
    page = FakePage()
    intake = intake_for(page)
    intake.ticking = True
    for number in range(3):
        intake.receive(page.source(), said("beat", number))
    assert intake.inbox.get_nowait() == Tick()
    assert intake.inbox.empty()


async def test_only_the_main_frame_of_the_page_is_heard():
    page, other = FakePage(), FakePage()
    intake = intake_for(page)
    sources = [other.source(), {"page": page, "frame": object()}]
    assert [intake.receive(source, looked()) for source in sources] == [REFUSED] * 2
    assert intake.refused == {"not_our_page": 2}
    intake.listen_to(cast("Page", other))
    assert intake.receive(page.source(), said("beat")) == REFUSED
    assert intake.receive(other.source(), said("beat")) == TAKEN


async def test_what_is_refused_is_no_sign_of_life():
    page, clock = FakePage(), Clock()
    intake = intake_for(page, clock=clock)
    clock.now_s = 107.0
    forged = said("beat").replace(NONCE, "guess")
    assert intake.receive(page.source(), forged) == REFUSED
    assert intake.receive(page.source()) == REFUSED
    assert intake.refused == {"foreign": 1, "not_text": 1}
    assert intake.last_sign_s == 100.0
