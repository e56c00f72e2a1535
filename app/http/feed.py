"""The feed: as a stream, by polling, and the tickets that open a stream in a browser."""

import asyncio
from contextlib import aclosing, suppress
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.params import HeaderParameter, JSONBody, QueryParameter

from app.feed_hub import TooManyReaders, read_item
from app.feed_reader import FeedFilter
from app.http.documented import documented
from app.http.feed_filter import FILTER, Wanted
from app.http.feed_reset import reset_data, start_at
from app.http.feed_stream import FeedResponse, FeedStream
from app.http.idempotency import once
from app.http.one_time import TICKET_S, TooManyHeld
from app.http.parts import AnyRequest, Api, ApiParts, answer, load_registered
from app.http.positions import MOST_DIGITS, Position
from app.http.principal import principal_of
from app.http.requests import TicketWanted
from app.http.shown_code import client_leaves
from app.problems import ProblemFound, as_sentence
from app.tail import read_page
from projections.feed import FeedItem, FeedProjection

MOST_ITEMS = 500
LONGEST_WAIT_S = 30.0
"""Proxies give up on an answer after 60 s."""

After = Annotated[
    str | None,
    QueryParameter(name="after", max_length=40, description="Resume behind this position."),
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        max_length=40,
        description="Sent by a browser that comes back; goes before `after`.",
    ),
]


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """Items of the feed, by polling."""

    position: int
    items: tuple[FeedItem, ...]
    next_after: int
    """Send it as `after` next time."""
    more: bool
    """True: ask again at once."""


class TicketAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Opens one stream, once, within `expires_in_s` seconds."""

    ticket: str
    expires_in_s: int
    url: str
    socket_url: str
    """The same over WebSocket."""


@get(
    "/feed",
    opt=documented("feed", access="feed"),
    media_type="text/event-stream",
    dependencies=FILTER,
)
async def feed(
    api: Api,
    position: Position,
    wanted: Wanted,
    after: After = None,
    last_event_id: LastEventId = None,
) -> Response[bytes]:
    """Follow the log live, as Server-Sent Events."""
    if wanted.account_id is not None:
        await load_registered(api, wanted.account_id)
    given = last_event_id or after
    start = await start_at(api, parse_position(given) if given else None, position)
    reset = None
    if start.after is not None and start.asked_for is not None:
        reset = partial(_reset, api, wanted, start.asked_for, start.after)
    return FeedResponse(FeedStream(api.hub, wanted, after=start.after, reset=reset))


@get("/events", opt=documented("events"), dependencies=FILTER)
async def events(
    request: AnyRequest,
    api: Api,
    position: Position,
    wanted: Wanted,
    after: Annotated[int, QueryParameter(ge=0, lt=10**MOST_DIGITS)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_ITEMS)] = 100,
    wait: Annotated[
        float, QueryParameter(ge=0, le=LONGEST_WAIT_S, description="Seconds to hold for an item.")
    ] = 0.0,
) -> Response[EventPage]:
    """Read the feed by polling: the items behind a position, oldest first."""
    head = max(position, await api.services.log.head())
    page = await _page(api, wanted, after, limit, head)
    if page.items or page.more or not wait:
        return answer(page, head)
    waiting = asyncio.create_task(_next_items(api, wanted, page, limit, wait))
    leaving = asyncio.create_task(client_leaves(request))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        page = waiting.result() if waiting.done() else page
    finally:
        waiting.cancel()
        leaving.cancel()
        await asyncio.wait({waiting, leaving})
    return answer(page, page.position)


async def _page(api: ApiParts, wanted: FeedFilter, after: int, limit: int, head: int) -> EventPage:
    log, projection = api.services.log, FeedProjection(capacity=MOST_ITEMS)
    parking = api.hub.parking
    recorded, reached = await read_page(
        log, after, limit, parking.park_unreadable, stream=wanted.account_id
    )
    await parking.prepare([one.stream for one in recorded])
    items = [
        await read_item(api.services.dispatch.as_of, projection, one, parking) for one in recorded
    ]
    return EventPage(
        position=head,
        items=tuple(item for item in items if item is not None and wanted.wants(item)),
        next_after=reached if recorded else max(reached, head),
        more=len(recorded) == limit,
    )


async def _next_items(
    api: ApiParts, wanted: FeedFilter, page: EventPage, limit: int, limit_s: float
) -> EventPage:
    """Wait for the first items behind an empty page. Without a free place it stays empty."""
    with suppress(TooManyReaders), api.hub.admit(wanted, page.next_after) as reader:
        async with aclosing(api.hub.resume(reader)) as pages:
            items = [sent.item async for found in pages for sent in found]
        if not items and await reader.news(limit_s):
            items = [sent.item for sent in reader.take()]
        cut = len(items) > limit
        reached = items[limit - 1].id if cut else reader.position
        return EventPage(
            position=max(page.position, reached),
            items=tuple(items[:limit]),
            next_after=reached,
            more=cut,
        )
    return page


@post("/tickets", status_code=201, opt=documented("ticket"))
async def ticket(
    request: AnyRequest, api: Api, data: JSONBody[TicketWanted | None] = None
) -> Response[TicketAnswer]:
    """Get a one-time ticket: a browser's EventSource cannot send a key, and no URL may hold one."""
    give = partial(_give_ticket, api, request, data or TicketWanted())
    return await once(api, request, give, repeatable=True)


async def _give_ticket(
    api: ApiParts, request: AnyRequest, wanted: TicketWanted
) -> Response[TicketAnswer]:
    if wanted.account is not None:
        await load_registered(api, wanted.account)
    try:
        secret, _ = api.tickets.give(
            TICKET_S,
            api.now(),
            key_id=principal_of(request).key_id,
            account_id=wanted.account,
            workspace=wanted.workspace,
        )
    except TooManyHeld as error:
        raise ProblemFound("too_many_tickets", as_sentence(error)) from error
    given = TicketAnswer(
        ticket=secret,
        expires_in_s=TICKET_S,
        url=f"/v1/feed?ticket={secret}",
        socket_url=f"/v1/feed/ws?ticket={secret}",
    )
    return Response(given, status_code=201, headers={"Cache-Control": "no-store"})


def parse_position(given: str) -> int:
    """Read a position; the problem `bad_event_id` for anything else."""
    if not given.isascii() or not given.isdecimal() or len(given) > MOST_DIGITS:
        raise ProblemFound(
            "bad_event_id", "The position to resume from must be a number that the feed gave."
        )
    return int(given)


async def _reset(api: ApiParts, wanted: FeedFilter, asked_for: int, head: int) -> bytes:
    """Build the event that says: what you have seen is not of this log, here is what holds."""
    data = await reset_data(api, wanted, asked_for, head)
    return b"id: %d\nevent: reset\ndata: %b\n\n" % (head, msgspec.json.encode(data))


ROUTES = Router("/v1", route_handlers=[feed, events, ticket])
