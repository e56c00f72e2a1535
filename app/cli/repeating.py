"""A request that changes something is sent again, under the same key, while its answer is lost."""

import time
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

import httpx

from adapters import clock

CHANGING = ("POST", "DELETE")
REPEAT_S = 20.0
"""A service that restarts is back within seconds; longer, and a person should know."""
FIRST_PAUSE_S = 0.2
MOST_PAUSE_S = 2.0


def key_for(method: str) -> dict[str, str]:
    """Name a request, so that the service knows a repetition for what it is."""
    return {"Idempotency-Key": str(uuid4())} if method in CHANGING else {}


def until_answered(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask until the answer arrives, for a bounded time; then raises what went wrong last.

    Nobody there at the first try is an answer: nothing was begun.
    """
    until_s = clock.monotonic_s() + REPEAT_S
    pause_s = FIRST_PAUSE_S
    lost = False
    while True:
        try:
            answer = ask()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if not lost or clock.monotonic_s() > until_s:
                raise
        except httpx.TransportError:
            lost = True
            if clock.monotonic_s() > until_s:
                raise
        else:
            if not _comes_later(answer, lost=lost) or clock.monotonic_s() > until_s:
                return answer
        time.sleep(pause_s)
        pause_s = min(MOST_PAUSE_S, pause_s * 2)


def _comes_later(answer: httpx.Response, *, lost: bool) -> bool:
    """The first try is still at work, or the service that lost its answer is not back yet."""
    if answer.status_code == HTTPStatus.CONFLICT:
        return b"/problems/request_in_progress" in answer.content
    return lost and answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
