"""What reaches a session from outside goes through here: checked, in order, bounded.

The binding's handler is synchronous: it puts a note into the inbox and returns. Handlers that are
coroutines would run side by side and lose the page's order (browser-findings 5).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page

from adapters.browser.snapshot import (
    Acks,
    Beat,
    Received,
    Report,
    UnknownCallback,
    read_message,
)
from domain.observations import Observation
from domain.reasons import Reason

TAKEN = "taken"
AGAIN = "again"
REFUSED = "refused"
"""Answers to the page. It repeats what was not taken."""
MOST_WAITING_CHARACTERS = 4 * 1024 * 1024
"""Of all messages of one page that wait. Its bridge has one under way; this bounds a page that has
learnt how to speak like it."""


@dataclass(frozen=True)
class FromPage:
    """A message of the page; it waits for `answer`."""

    message: Report | Acks | Received
    answer: "asyncio.Future[str]" = field(compare=False)


@dataclass(frozen=True)
class Tick:
    """Time has passed on a page that must not be away for too long."""


@dataclass(frozen=True)
class Told:
    """Something that we know ourselves."""

    observation: Observation


@dataclass(frozen=True)
class Ended:
    """The browser, the page or a wish of ours ended this attempt."""

    reason: Reason
    detail: str


Note = FromPage | Tick | Told | Ended


class Intake:
    """The inbox of one session, and the binding that fills it."""

    def __init__(self, nonce: str, size: int, monotonic_s: Callable[[], float]) -> None:
        self.inbox: asyncio.Queue[Note] = asyncio.Queue()
        self.last_sign_s = monotonic_s()
        """When the page's script was last seen alive."""
        self.refused: Counter[str] = Counter()
        """Calls of the binding that were not our bridge's, by why."""
        self.page: Page | None = None
        """The page that is listened to; no other may speak."""
        self.ticking = False
        """True while the passing of time matters."""
        self._size = size
        self._nonce = nonce
        self._monotonic_s = monotonic_s
        self._open = True
        self._waiting: dict[asyncio.Future[str], int] = {}
        """Answers that the page waits for, and the length of what it said."""

    def receive(self, source: dict[str, Any], given: object = None) -> "Awaitable[str] | str":
        """Handle a call of the binding."""
        page = self.page
        if page is None or source["page"] is not page or source["frame"] is not page.main_frame:
            self.refused["not_our_page"] += 1
            return REFUSED
        try:
            message = read_message(given, self._nonce)
        except UnknownCallback as error:
            self.refused[error.because] += 1
            return REFUSED
        self.last_sign_s = self._monotonic_s()
        if isinstance(message, Beat):
            if self.ticking and self.inbox.empty():
                self.inbox.put_nowait(Tick())
            return TAKEN
        length = len(given) if isinstance(given, str) else 0
        if not self._open or self.inbox.qsize() >= self._size or self._is_full(length):
            return AGAIN
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = length
        answer.add_done_callback(self._waiting.pop)
        self.inbox.put_nowait(FromPage(message, answer))
        return answer

    def _is_full(self, length: int) -> bool:
        waiting = sum(long for answer, long in self._waiting.items() if not answer.done())
        return waiting + length > MOST_WAITING_CHARACTERS

    def listen_to(self, page: Page) -> None:
        """Listen to this page from now on; it has just come to life."""
        self.page = page
        self.last_sign_s = self._monotonic_s()

    def put(self, note: Told | Ended) -> None:
        """Put a note of our own: there are few of them, and none may be lost."""
        self.inbox.put_nowait(note)

    def close(self) -> None:
        """Take nothing more; what waits is told to come again."""
        self._open = False
        for answer in list(self._waiting):
            if not answer.done():
                answer.set_result(AGAIN)
