"""The Pusher protocol, version 7, as Laravel Reverb speaks it: private channels `workspace.{id}`.

A Laravel front end moves over by changing the host that Echo connects to. Its back end goes on to
sign who may listen to what, with the secret that both sides know. What is spoken here is the
client's side only: nobody publishes but Linkwright.
"""

import hmac
import secrets
from typing import Annotated, Any, cast

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from app.dropin.blazz_broadcasts import BlazzBroadcasts
from app.feed_hub import BEAT_S
from app.feed_reader import FeedFilter, Sent
from app.http.documented import documented
from app.http.feed_channel import Channel, ChannelMessage
from app.http.parts import AnyRequest, ApiParts
from app.http.principal import Principal, note_principal
from app.http.socket_session import ChannelWire, Close, SocketSession
from app.problems import ProblemFound
from app.settings import Reverb

PRIVATE_WORKSPACE = "private-workspace."
ACTIVITY_TIMEOUT_S = 2 * int(BEAT_S)
"""A client asks for a sign of life after so long a silence; one comes in half the time."""
NO_SUCH_APP, RECONNECT = 4001, 4200
"""Codes of the protocol: below 4100 a client does not come back, from 4200 on it does at once."""
ERRORS = {
    "forbidden": (4009, "Connection is unauthorized"),
    "no_such_route": (NO_SUCH_APP, "Application does not exist"),
    "too_many_readers": (4100, "Application is over connection quota"),
}
"""As Reverb words them; everything else is its 4200."""


class PusherMessage(msgspec.Struct, frozen=True):
    """What a client says; other fields are passed over."""

    event: str
    data: Any = None


class Wanted(msgspec.Struct, frozen=True):
    """A channel, and the back end's signature for it."""

    channel: Annotated[str, msgspec.Meta(max_length=200)]
    auth: Annotated[str, msgspec.Meta(max_length=400)] = ""


_decoder = msgspec.json.Decoder(PusherMessage)


def worded(event: str, data: object = None, channel: str | None = None) -> bytes:
    """Build a message: `data` is JSON inside JSON, and what is None is left out."""
    message: dict[str, str] = {"event": event}
    if data is not None:
        message["data"] = msgspec.json.encode(data).decode()
    if channel is not None:
        message["channel"] = channel
    return msgspec.json.encode(message)


class PusherWire(ChannelWire):
    """Broadcasts on one channel of one socket."""

    def worded(self, sent: Sent, message: ChannelMessage | None) -> bytes:  # noqa: ARG002
        """Word a broadcast."""
        return worded(message.event, message.data, self.channel.name) if message else b""

    def sign_of_life(self, position: int) -> bytes:  # noqa: ARG002  the protocol has no positions
        """Ping."""
        return worded("pusher:ping")

    async def end(self, because: str) -> None:
        """Have the client come back at once."""
        self.session.close(Close(RECONNECT, because))


class PusherDialect:
    """Speaks with one client."""

    def __init__(
        self, api: ApiParts, request: AnyRequest, session: SocketSession, reverb: Reverb
    ) -> None:
        self._request = request
        self._session = session
        self._reverb = reverb
        self._broadcasts = BlazzBroadcasts(api, request)
        self._socket_id = f"{secrets.randbelow(10**9)}.{secrets.randbelow(10**9)}"

    async def begin(self) -> None:
        """Establish the connection, if it is for our application."""
        given = str(self._request.scope["path"]).strip("/")
        if not hmac.compare_digest(given.encode(), self._reverb.app_key.encode()):
            self._session.close(Close(NO_SUCH_APP, "Application does not exist"))
            raise ProblemFound("no_such_route", "There is no such application.")
        note_principal(self._request, Principal(actor="reverb", key_id="reverb", via="ticket"))
        data = {"socket_id": self._socket_id, "activity_timeout": ACTIVITY_TIMEOUT_S}
        await self._session.say(worded("pusher:connection_established", data))

    async def hear(self, message: bytes) -> None:
        """Take a message."""
        try:
            heard = _decoder.decode(message)
            match heard.event:
                case "pusher:ping":
                    await self._session.say(worded("pusher:pong"))
                case "pusher:pong":
                    pass
                case "pusher:subscribe":
                    await self._subscribe(msgspec.convert(heard.data, Wanted))
                case "pusher:unsubscribe":
                    await self._session.leave(msgspec.convert(heard.data, Wanted).channel)
                case _:
                    raise ProblemFound("invalid_request", "Clients publish nothing here.")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProblemFound("malformed_request", "Invalid message format.") from error

    def problem(self, found: ProblemFound) -> bytes:
        """Word what is wrong as Reverb does."""
        code, sentence = ERRORS.get(found.code, (4200, "Invalid message format"))
        return worded("pusher:error", {"code": code, "message": sentence})

    async def _subscribe(self, wanted: Wanted) -> None:
        """Follow a workspace. Any other channel is as forbidden as one that nobody signed."""
        if not wanted.channel.startswith(PRIVATE_WORKSPACE) or not self._signed(wanted):
            raise ProblemFound("forbidden", "The channel was not signed for this socket.")
        workspace = wanted.channel.removeprefix(PRIVATE_WORKSPACE)
        channel = Channel(
            wanted.channel, FeedFilter(workspace=workspace), tell=self._broadcasts.tell
        )

        async def begin(_: int) -> None:
            said = worded("pusher_internal:subscription_succeeded", {}, wanted.channel)
            await self._session.say(said)

        await self._session.follow(PusherWire(self._session, channel), None, begin)

    def _signed(self, wanted: Wanted) -> bool:
        key, _, signature = wanted.auth.partition(":")
        text = f"{self._socket_id}:{wanted.channel}"
        expected = hmac.digest(self._reverb.app_secret.encode(), text.encode(), "sha256").hex()
        return key == self._reverb.app_key and hmac.compare_digest(
            signature.encode(), expected.encode()
        )


def route(api: ApiParts, reverb: Reverb) -> ASGIRouteHandler:
    """Give the route; it is there when LINKWRIGHT_REVERB_APP_KEY and …_SECRET are set."""

    # A mount: Litestar breaks on plain HTTP to an ASGI route whose path has a parameter.
    @asgi("/app", is_mount=True, opt=documented("reverb", access="open"), copy_scope=False)
    async def reverb_socket(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise ProblemFound("no_such_route", "This address speaks WebSocket only.")
        request = cast("AnyRequest", ASGIConnection(scope, receive))
        session = SocketSession(api.hub, receive, send)
        await session.serve(PusherDialect(api, request, session, reverb))

    return reverb_socket
