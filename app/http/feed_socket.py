"""GET /v1/feed/ws: the feed over WebSocket, any number of channels on one socket.

The dialect is ours; docs/reference/feed.md has every message. A browser cannot send a key with a
WebSocket, so it brings a one-time ticket; a page's cookie opens none, because cookies travel by
themselves, from other sites too.
"""

from functools import partial
from typing import Annotated

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from app.feed_reader import Sent
from app.http.documented import documented
from app.http.feed_channel import Channel, ChannelMessage
from app.http.feed_filter import narrow
from app.http.feed_reset import Start, reset_data, start_at
from app.http.guard import identify
from app.http.parts import ApiParts, load_registered
from app.http.positions import MOST_DIGITS
from app.http.principal import Principal
from app.http.socket_session import ChannelWire, SocketSession
from app.http.traces import AnyConnection, request_id_of
from app.problems import ProblemFound, as_sentence, problem_of, what_does_not_fit

FEED = "feed"
WORKSPACE = "workspace."

Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be followed, in the words of GET /v1/feed's query."""

    channel: Annotated[str, msgspec.Meta(max_length=80)] = FEED
    """`feed`, `feed.` and a name of the client's own, or `workspace.` and the workspace."""
    after: Annotated[int, msgspec.Meta(ge=0, lt=10**MOST_DIGITS)] | None = None
    account: Text | None = None
    workspace: Text | None = None
    types: Text | None = None
    statuses: Text | None = None
    reasons: Text | None = None
    correlation_id: Text | None = None


class Subscribe(Asked, frozen=True, kw_only=True, tag_field="action", tag="subscribe"):
    """Follow a channel, or start it anew from another position."""


class Unsubscribe(msgspec.Struct, frozen=True, tag_field="action", tag="unsubscribe"):
    """Follow a channel no longer."""

    channel: str


class Ping(msgspec.Struct, frozen=True, tag_field="action", tag="ping"):
    """Ask whether anybody is there."""


Heard = Subscribe | Unsubscribe | Ping
_decoder: msgspec.json.Decoder[Heard] = msgspec.json.Decoder(Heard)


class FeedWire(ChannelWire):
    """Words the items of a channel in our own way."""

    __slots__ = ()

    def worded(self, sent: Sent, message: ChannelMessage | None) -> bytes:
        """Put the item, encoded once for all, into the channel's envelope."""
        event = sent.item.type if message is None else message.event
        data = sent.body if message is None else msgspec.json.encode(message.data)
        return worded(event, self.channel.name, sent.position, data)

    def sign_of_life(self, position: int) -> bytes:
        """Give the position to resume from."""
        return worded("feed:heartbeat", self.channel.name, position)


def worded(event: str, channel: str, position: int, data: bytes = b"null") -> bytes:
    """Build a message of ours; what the service says of itself begins with `feed:`."""
    return b'{"event":%b,"channel":%b,"id":%d,"data":%b}' % (
        msgspec.json.encode(event),
        msgspec.json.encode(channel),
        position,
        data,
    )


class FeedDialect:
    """Talks with one client in our own words."""

    __slots__ = ("_about", "_api", "_connection", "_principal", "_session")

    def __init__(self, api: ApiParts, connection: AnyConnection, session: SocketSession) -> None:
        self._api = api
        self._connection = connection
        self._session = session
        self._principal: Principal | None = None
        self._about = ""
        """The channel that was spoken of last."""

    async def begin(self) -> None:
        """See who it is, and follow what the address asks for."""
        self._principal = await identify(self._api, self._connection, "feed")
        fields = Asked.__struct_fields__
        asked = {
            name: value for name, value in self._connection.query_params.items() if name in fields
        }
        try:
            await self._subscribe(self._principal, msgspec.convert(asked, Asked, strict=False))
        except msgspec.ValidationError as error:
            said = as_sentence(what_does_not_fit(error))
            raise ProblemFound("invalid_request", said) from error

    async def hear(self, message: bytes) -> None:
        """Do what the client asks for."""
        self._about = ""
        try:
            heard = _decoder.decode(message)
        except msgspec.ValidationError as error:
            said = as_sentence(what_does_not_fit(error))
            raise ProblemFound("invalid_request", said) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProblemFound("malformed_request", as_sentence(error)) from error
        match heard:
            case Subscribe():
                await self._subscribe(self._principal, heard)
            case Unsubscribe():
                self._about = heard.channel
                if not await self._session.leave(heard.channel):
                    raise ProblemFound("invalid_request", "The channel is not followed.")
                await self._session.say(worded("feed:unsubscribed", heard.channel, self._reached))
            case Ping():
                await self._session.say(worded("feed:pong", "", self._reached))

    def problem(self, found: ProblemFound) -> bytes:
        """Word what is wrong, as the same problem details that HTTP answers."""
        self._api.metrics.problems.labels(found.code).inc()
        problem = problem_of(found, request_id_of(self._connection))
        return b'{"event":"feed:error","channel":%b,"data":%b}' % (
            msgspec.json.encode(self._about),
            msgspec.json.encode(problem),
        )

    @property
    def _reached(self) -> int:
        return self._api.hub.reached

    async def _subscribe(self, principal: Principal | None, asked: Asked) -> None:
        self._about = asked.channel
        assert principal is not None  # noqa: S101  for the type checker: `begin` ends the socket
        channel = channel_of(principal, asked)
        if channel.wanted.account_id is not None:
            await load_registered(self._api, channel.wanted.account_id)
        start = await start_at(self._api, asked.after, self._reached)
        before = partial(self._first_words, channel, start)
        await self._session.follow(FeedWire(self._session, channel), start.after, before)

    async def _first_words(self, channel: Channel, start: Start, position: int) -> None:
        await self._session.say(worded("feed:subscribed", channel.name, position))
        if start.asked_for is not None:
            data = await reset_data(self._api, channel.wanted, start.asked_for, position)
            said = worded("feed:reset", channel.name, position, msgspec.json.encode(data))
            await self._session.say(said)


def channel_of(principal: Principal, asked: Asked) -> Channel:
    """Find the channel that is asked for; a ProblemFound if there is none, or not for them."""
    workspace = asked.workspace
    if asked.channel.startswith(WORKSPACE):
        if principal.account_id is not None:
            raise ProblemFound("forbidden", "Who reaches one account follows no whole workspace.")
        if workspace is not None:
            raise ProblemFound("invalid_request", "The channel names its workspace already.")
        workspace = asked.channel.removeprefix(WORKSPACE)
    elif asked.channel != FEED and not asked.channel.startswith(f"{FEED}."):
        raise ProblemFound("invalid_request", "There is no such channel.")
    return Channel(
        asked.channel,
        narrow(
            principal,
            account=asked.account,
            workspace=workspace,
            types=asked.types,
            statuses=asked.statuses,
            reasons=asked.reasons,
            correlation_id=asked.correlation_id,
        ),
    )


def route(api: ApiParts) -> ASGIRouteHandler:
    """Give the route. It is no part of the OpenAPI document, which has no words for sockets."""

    @asgi("/v1/feed/ws", opt=documented("feed_socket", access="open"), copy_scope=False)
    async def feed_socket(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise ProblemFound("no_such_route", "This address speaks WebSocket only.")
        connection: AnyConnection = ASGIConnection(scope, receive)
        session = SocketSession(api.hub, receive, send)
        await session.serve(FeedDialect(api, connection, session))

    return feed_socket
