"""Follows the feed by Server-Sent Events, and comes back after every break."""

import time
from collections.abc import Iterable, Iterator, Mapping

import httpx
import msgspec

from adapters import clock
from app.cli.answers import FeedItem
from app.cli.client import CONNECT_S, Client, ProblemAnswered
from app.cli.ending import CommandFailed, Exit

SILENCE_S = 40.0
"""The service sends a sign of life every 15 s; two that are missing are a dead connection."""
GIVE_UP_S = 30.0
"""A service that restarts is back within seconds; this long without it, and a person should know.
"""
FIRST_PAUSE_S = 0.2
MOST_PAUSE_S = 2.0


class Frame(msgspec.Struct):
    """One event of the stream as it is being read."""

    id: str = ""
    type: str = "message"
    data: str = ""


def follow(client: Client, wanted: Mapping[str, str], after: int) -> Iterator[FeedItem]:
    """Yield the items behind position `after`, without gap or double, for ever.

    `wanted` are filters of GET /v1/feed.

    Raises CommandFailed when the service stays away, or refuses.
    """
    last_answer_s = clock.monotonic_s()
    pause_s = FIRST_PAUSE_S
    because = "it ended the feed"
    while True:
        try:
            for frame in _frames(client, wanted, after):
                last_answer_s, pause_s = clock.monotonic_s(), FIRST_PAUSE_S
                after = max(after, _number(frame.id))
                if frame.data:
                    yield _item(client, frame)
        except httpx.TransportError as error:  # broken off, or nobody there
            because = type(error).__name__
        except ProblemAnswered as problem:
            if problem.status is not Exit.SERVICE:  # a service in trouble may recover
                raise
            because = problem.sentence.rstrip(".")
        if clock.monotonic_s() - last_answer_s > GIVE_UP_S:
            raise CommandFailed(
                Exit.UNREACHABLE,
                f"The service at {client.connection.url} has been away for {GIVE_UP_S:.0f} s"
                f" ({because}).",
                "The attempt goes on without us: see `./linkwright accounts` once it is back.",
            )
        time.sleep(pause_s)
        pause_s = min(MOST_PAUSE_S, pause_s * 2)


def _frames(client: Client, wanted: Mapping[str, str], after: int) -> Iterator[Frame]:
    with client.http.stream(
        "GET",
        "/v1/feed",
        params=dict(wanted),
        headers={"Accept": "text/event-stream", "Last-Event-ID": str(after)},
        timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S),
    ) as answer:
        if answer.is_success:
            yield from parse(answer.iter_lines())
            return
        answer.read()
        raise client.problem(answer)


def parse(lines: Iterable[str]) -> Iterator[Frame]:
    """Read frames from lines, as the HTML standard says (9.2.6); one cut short is dropped.

    A frame without data is yielded too: its id counts.
    """
    frame, begun = Frame(), False
    for line in lines:
        if not line:
            if begun:
                yield frame
            frame, begun = Frame(), False
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "id":
                frame.id = value
            case "event":
                frame.type = value
            case "data":
                frame.data = f"{frame.data}\n{value}" if frame.data else value
            case _:  # a comment, or a field that we do not use
                pass
        begun = True


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _item(client: Client, frame: Frame) -> FeedItem:
    if frame.type == "reset":
        raise CommandFailed(
            Exit.SERVICE,
            "The service's log is not the one that we began with; it may have been restored.",
            "See where the account stands with `./linkwright accounts`, then start again.",
        )
    try:
        return msgspec.json.decode(frame.data.encode(), type=FeedItem)
    except msgspec.DecodeError as error:
        raise client.not_linkwright("an item of its feed cannot be read") from error
