"""Receivers on loopback that behave as a test says, well or badly."""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from adapters.outgoing.allow_list import read_allow_list
from adapters.outgoing.client import OutgoingClient
from adapters.outgoing.limits import Limits
from adapters.outgoing.resolver import Resolve

Play = Callable[["Receiver", StreamReader, StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """What a receiver has seen and sent."""

    port: int = 0
    connections: int = 0
    sent_bytes: int = 0
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by a play that has come to where it is meant to be disturbed."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=%20b"

    @property
    def https(self) -> str:
        return f"https://127.0.0.1:{self.port}/"

    async def request(self, reader: StreamReader) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        head = {"request": lines[0]}
        for line in filter(None, lines[1:]):
            name, _, value = line.partition(": ")
            assert name.lower() not in head, f"{name} came twice"
            head[name.lower()] = value
        self.requests.append((head, await reader.readexactly(int(head["content-length"]))))

    async def send(self, writer: StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()
        self.sent_bytes += len(data)


@asynccontextmanager
async def receiving(
    play: Play, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        receiver.connections += 1
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await play(receiver, reader, writer)
        finally:
            running.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(connected, host, port, ssl=tls)
    try:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver
    finally:
        server.close()
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=5)


def sending(
    allow: str = "127.0.0.0/8",
    limits: Limits | None = None,
    resolve: Resolve | None = None,
    trusting: bytes | None = None,
) -> OutgoingClient:
    """Return a client that trusts one certificate, or none: loading the usual ones takes long."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusting is not None:
        tls.load_verify_locations(cadata=trusting.decode("ascii"))
    return OutgoingClient(read_allow_list(allow), tls=tls, limits=limits, resolve=resolve)


def answering(*answers: bytes) -> Play:
    """Answer request after request; then end the connection."""

    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        for answer in answers:
            await receiver.request(reader)
            await receiver.send(writer, answer)
            receiver.busy.set()

    return play


def answering_for_ever(answer: bytes) -> Play:
    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        while True:
            await receiver.request(reader)
            await receiver.send(writer, answer)

    return play


def beginning(answer: bytes) -> Play:
    """Answer no further than this, and wait until the other side has gone."""

    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        await receiver.request(reader)
        await receiver.send(writer, answer)
        receiver.busy.set()
        await reader.read()

    return play


def flooding(head: bytes, again: bytes) -> Play:
    """Send the same for as long as anybody takes it."""

    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        await receiver.request(reader)
        await receiver.send(writer, head)
        while True:
            await receiver.send(writer, again)

    return play


def resetting(after: bytes, *, reads: bool = True) -> Play:
    async def play(receiver: Receiver, reader: StreamReader, writer: StreamWriter) -> None:
        if reads:
            await receiver.request(reader)
        await receiver.send(writer, after)

    return play


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def ok(body: bytes = b"ok", *headers: str) -> bytes:
    return head("200 OK", f"Content-Length: {len(body)}", *headers) + body


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


@contextmanager
def full_queue(host: str = "127.0.0.1", port: int = 0) -> Generator[socket.socket]:
    """Listen, accept nobody, and have as many waiting as may wait: the next gets no reply."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield listener
