"""The progress of a set-up behind one QR code, told to an official socket.io client.

It connects with `transports: ["websocket"]` and says who it is in `auth`, which travels inside the
socket and not in its address: an API key, or a one-time ticket for a browser.
"""

import secrets
from typing import Annotated, Any, cast

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from app.dropin import socket_io
from app.dropin.back_end import DEFAULT_WORKSPACE, BackEnd
from app.dropin.followed_client import FollowedClient
from app.dropin.single_qr_events import SetupEvents
from app.feed_reader import Sent
from app.http.documented import documented
from app.http.feed_channel import Channel, ChannelMessage
from app.http.guard import identify_by
from app.http.parts import AnyRequest, ApiParts, origin_of
from app.http.principal import note_principal
from app.http.requests import WORKSPACE
from app.http.shown_code import data_url
from app.http.socket_session import ChannelWire, SocketSession
from app.http.traces import request_id_of
from app.problems import ProblemFound, as_sentence, problem_of, what_does_not_fit

CHANNEL = "setup"
CONNECT_LIMIT_S = 10.0
"""For saying who it is; a page may have to fetch a ticket first."""
WEBSOCKET_ONLY = 'Only Engine.IO 4 is spoken here, and only with transports: ["websocket"].'


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """Who a client is; other fields are passed over."""

    key: str = ""
    token: str = ""
    """Another name for the key."""
    ticket: str = ""
    workspace: Annotated[str, msgspec.Meta(pattern=WORKSPACE, max_length=64)] | None = None


class SetupWire(ChannelWire):
    """Tells one client how the set-up goes on."""

    def __init__(
        self, session: SocketSession, client: FollowedClient, *, has_standby: bool
    ) -> None:
        super().__init__(session, Channel(name=CHANNEL, wanted=client.wanted))
        self._client = client
        self._events = SetupEvents(has_standby=has_standby)

    async def stand(self) -> None:
        """Tell what has been reached, and the code on show."""
        held = await self._client.load()
        await self._emit(self._events.stand(held.account))
        await self._show_code()

    async def items(self, items: list[Sent]) -> None:
        """Tell what the client's items mean for the set-up."""
        for item in (sent.item for sent in items):
            if not await self._client.is_news(item):
                continue
            if item.type == "qr":
                await self._show_code()
            await self._emit(self._events.tell(item))

    def sign_of_life(self, position: int) -> bytes:  # noqa: ARG002  socket.io has no place for it
        """Ping."""
        return socket_io.PING.encode()

    def worded(self, sent: Sent, message: ChannelMessage | None) -> bytes:  # noqa: ARG002
        """Word an event; items as they are have no words here."""
        return _worded(message) if message else b""

    async def _show_code(self) -> None:
        code = await self._client.new_code()
        if code is not None:
            shown = {"sessionId": code.account, "qr": await data_url(code), "qrText": code.text}
            await self._emit([ChannelMessage("qr", shown)])

    async def _emit(self, messages: list[ChannelMessage]) -> None:
        for message in messages:
            await self.session.say(_worded(message))


def _worded(message: ChannelMessage) -> bytes:
    return socket_io.event(message.event, message.data).encode()


class SetupDialect:
    """Speaks socket.io with one client."""

    def __init__(self, api: ApiParts, request: AnyRequest, session: SocketSession) -> None:
        self._api = api
        self._request = request
        self._session = session
        self._sid = secrets.token_urlsafe(15)
        self._wire: SetupWire | None = None

    async def begin(self) -> None:
        """Open, if the client speaks the protocol that we do."""
        asked = self._request.query_params
        if (asked.get("EIO"), asked.get("transport")) != (socket_io.PROTOCOL, "websocket"):
            raise ProblemFound("invalid_request", WEBSOCKET_ONLY)
        await self._session.say(socket_io.opened(self._sid).encode())

    async def hear(self, message: bytes) -> None:
        """Take a packet. What a client emits is answered with where the set-up stands."""
        try:
            said = socket_io.read(message.decode())
        except (socket_io.NotUnderstood, UnicodeDecodeError) as error:
            raise ProblemFound("malformed_request", "That is no packet of socket.io.") from error
        if said.kind == "connect":
            await self._connect(said)
        elif said.kind == "leave":
            await self._session.leave(CHANNEL)
            self._wire = None
        elif said.kind == "event" and self._wire is not None:
            if said.ack:
                await self._session.say(socket_io.acknowledged(said.ack).encode())
            await self._wire.stand()

    def problem(self, found: ProblemFound) -> bytes:
        """Word what is wrong, for the client's `connect_error`."""
        self._api.metrics.problems.labels(found.code).inc()
        problem = problem_of(found, request_id_of(self._request))
        return socket_io.refused("/", found.detail, problem).encode()

    async def _connect(self, said: socket_io.Said) -> None:
        if said.namespace != "/":
            await self._session.say(socket_io.refused(said.namespace, "Invalid namespace").encode())
            return
        client = FollowedClient(self._api, self._request, await self._back_end(said.auth))
        has_standby = self._api.services.settings.standby != "off"
        self._wire = wire = SetupWire(self._session, client, has_standby=has_standby)

        async def begin(_: int) -> None:
            await self._session.say(socket_io.connected(self._sid).encode())
            await wire.stand()

        await self._session.follow(wire, None, begin)

    async def _back_end(self, given: object) -> BackEnd:
        try:
            auth = msgspec.convert(given or {}, Auth)
        except msgspec.ValidationError as error:
            said = as_sentence(f"auth: {what_does_not_fit(error)}")
            raise ProblemFound("invalid_request", said) from error
        key = auth.key or auth.token
        authorization = f"Bearer {key}" if key else self._request.headers.get("authorization", "")
        principal = await identify_by(self._api, authorization=authorization, ticket=auth.ticket)
        note_principal(self._request, principal)
        if principal.workspace is not None and auth.workspace not in (None, principal.workspace):
            raise ProblemFound("forbidden", "The ticket is for another workspace.")
        return BackEnd(
            self._api,
            origin_of(self._request),
            principal.workspace or auth.workspace or DEFAULT_WORKSPACE,
            self._api.services.settings.drop_ins_site,
            bound_to=principal.account_id,
        )


def route(api: ApiParts) -> ASGIRouteHandler:
    """Give the route. It is no part of the OpenAPI document, which has no words for sockets."""

    @asgi("/socket.io", opt=documented("single_qr_socket", access="open"), copy_scope=False)
    async def single_qr_socket(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise ProblemFound("invalid_request", WEBSOCKET_ONLY)
        connection = ASGIConnection[Any, Any, Any, Any](scope, receive)
        session = SocketSession(api.hub, receive, send, idle_limit_s=CONNECT_LIMIT_S)
        # A socket's handshake is a request in all that is asked of it here.
        await session.serve(SetupDialect(api, cast("AnyRequest", connection), session))

    return single_qr_socket
