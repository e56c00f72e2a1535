"""One HTTP/1.1 connection. h11 reads the protocol; the limits are ours."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from typing import Literal, Self

import h11
import msgspec

from adapters.outgoing.addresses import Address
from adapters.outgoing.destination import Destination
from adapters.outgoing.failures import BrokenAnswer, TooLarge, TooSlow
from adapters.outgoing.limits import Limits, Watch

BodyEnd = Literal["complete", "too_large", "too_slow", "broken"]

MOST_INTERIM_ANSWERS = 8
"""Of the 1xx kind; a server needs one at the most."""
MOST_PIECES = 512
"""Of a body. Chunks of one byte would cost a second of computing in the bytes that are read."""
_PIECE_BYTES = 16 * 1024
_READ_AHEAD_BYTES = 32 * 1024  # above twice of it asyncio stops reading from the socket
_TOO_LARGE_HINT = 431  # what h11 suggests to answer where its buffer is full


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a stranger answered. It counts once its head is there, however its body ended."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a repeated one the first."""
    body: bytes
    """The first bytes of it, as they came: nothing is unpacked."""
    body_end: BodyEnd
    address: str
    """Who answered."""
    read_bytes: int
    """How much was read, head included."""

    @property
    def text(self) -> str:
        """The body for people: readable characters only, nothing where it came packed."""
        if self.headers.get("content-encoding", "identity").strip().lower() != "identity":
            return ""
        text = self.body.decode("utf-8", errors="replace")
        return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)


class Connection:
    """Carries one request at a time. Whoever holds it aborts it, or keeps it while `reusable`."""

    def __init__(
        self,
        reader: "_Reader",
        writer: asyncio.StreamWriter,
        address: Address,
        limits: Limits,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._address = str(address)
        self._limits = limits
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.head_bytes)
        self.opened_at_s = asyncio.get_running_loop().time()
        self.read_bytes = 0
        """Of the present answer."""

    @classmethod
    async def over(
        cls,
        opened: socket.socket,
        address: Address,
        limits: Limits,
        *,
        tls: ssl.SSLContext | None,
        host: str | None,
    ) -> Self:
        """Take over a connected socket, which is closed on failure. Raises OSError."""
        loop = asyncio.get_running_loop()
        reader = _Reader(limit=_READ_AHEAD_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.create_connection(
            lambda: protocol, sock=opened, ssl=tls, server_hostname=host
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        return cls(reader, writer, address, limits)

    @property
    def reusable(self) -> bool:
        """Nobody has closed it, and nothing has come that nobody asked for."""
        return (
            self._http.our_state is h11.IDLE
            and not self._writer.is_closing()
            and not self._reader.at_eof()
            and not self._http.trailing_data[0]
            and not self._reader.unread_bytes
        )

    def abort(self) -> None:
        """Free the socket at once: a polite end would wait for the stranger."""
        self._writer.transport.abort()

    async def post(
        self, destination: Destination, headers: Mapping[str, str], body: bytes, watch: Watch
    ) -> Answer:
        """Raises TooSlow, TooLarge, BrokenAnswer; then the connection must be aborted."""
        self.read_bytes = 0
        await self._send(_head(destination, headers, body), body, watch)
        try:
            async with watch.phase("answer"):
                head = await self._head()
        except h11.RemoteProtocolError as error:
            if error.error_status_hint == _TOO_LARGE_HINT:
                raise TooLarge("The head of the answer is too large.") from error
            raise BrokenAnswer(f"This is no HTTP answer: {error}.") from error
        except OSError as error:
            raise BrokenAnswer("The connection was lost before an answer came.") from error
        kept, end = await self._body(watch)
        if self._http.our_state is self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return Answer(
            status=head.status_code,
            headers=_first_of_each(head),
            body=kept,
            body_end=end,
            address=self._address,
            read_bytes=self.read_bytes,
        )

    async def _send(self, head: h11.Request, body: bytes, watch: Watch) -> None:
        pieces = [self._http.send(event) or b"" for event in (head, h11.Data(data=body))]
        pieces.append(self._http.send(h11.EndOfMessage()) or b"")
        self._writer.write(b"".join(pieces))
        try:
            async with watch.phase("send"):
                await self._writer.drain()
        except OSError:
            pass  # a server may answer and close before it has read everything: see what it said

    async def _head(self) -> h11.Response:
        interim = 0
        while True:
            event = await self._next()
            match event:
                case h11.Response():
                    return event
                case h11.InformationalResponse():
                    interim += 1
                    if interim > MOST_INTERIM_ANSWERS:
                        raise h11.RemoteProtocolError("interim answers without end")
                case _:
                    raise h11.RemoteProtocolError("the connection ended")

    async def _body(self, watch: Watch) -> tuple[bytes, BodyEnd]:
        kept = bytearray()
        try:
            async with watch.phase("body"):
                end = await self._collect(kept)
        except TooSlow:
            end = "too_slow"
        except (h11.RemoteProtocolError, OSError):
            end = "broken"
        return bytes(kept), end

    async def _collect(self, kept: bytearray) -> BodyEnd:
        for _ in range(MOST_PIECES):
            if self.read_bytes > self._limits.body_bytes:
                break
            event = await self._next()
            if isinstance(event, h11.EndOfMessage):
                return "complete"
            if isinstance(event, h11.Data):
                kept += event.data[: self._limits.kept_bytes - len(kept)]
        return "too_large"

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            piece = await self._reader.read(_PIECE_BYTES)
            self.read_bytes += len(piece)
            self._reader.unread_bytes -= len(piece)
            self._http.receive_data(piece)
        return event


class _Reader(asyncio.StreamReader):
    """Knows what lies in it: a server may send a farewell on a connection that nobody uses."""

    unread_bytes = 0

    def feed_data(self, data: bytes) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  it is always bytes
        self.unread_bytes += len(data)
        super().feed_data(data)


def _head(destination: Destination, headers: Mapping[str, str], body: bytes) -> h11.Request:
    """Every answer comes as it is: a packed one could be small here and huge unpacked."""
    return h11.Request(
        method="POST",
        target=destination.target,
        headers=[
            ("Host", destination.authority),
            ("Content-Length", str(len(body))),
            ("Accept-Encoding", "identity"),
            *headers.items(),
        ],
    )


def _first_of_each(head: h11.Response) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in head.headers:
        found.setdefault(name.decode("ascii"), value.decode("latin-1"))
    return found
