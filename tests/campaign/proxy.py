"""A TCP address on loopback that leads to PostgreSQL's Unix socket, for a campaign to break."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo

State = Literal["open", "refusing", "silent"]
CHUNK = 65_536


class Proxy:
    """Forwards while open. What became silent stays so for its client, as behind a lost router."""

    def __init__(self, conninfo: Callable[[], str]) -> None:
        self._conninfo = conninfo
        self._state: State = "open"
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def conninfo(self) -> str:
        """How to reach the database through the proxy."""
        return make_conninfo(
            self._conninfo(),
            host="127.0.0.1",
            port=self.port,
            sslmode="disable",
            gssencmode="disable",
        )

    def cut(self) -> None:
        """Reset every connection; new ones pass."""
        for connection in self._connections:
            connection.abort()

    def refuse(self) -> None:
        """Reset every connection, and each new one, until `open`."""
        self._state = "refusing"
        self.cut()

    def swallow(self) -> None:
        """Take everything and deliver nothing, on connections old and new, until `open`."""
        self._state = "silent"
        self.lose()

    def lose(self) -> None:
        """Deliver nothing more on the connections of now, which nobody hears of; new ones pass."""
        for connection in self._connections:
            connection.silent = True

    def open(self) -> None:
        """Let new connections pass. The server hears of the silent ones' end, their clients not."""
        self._state = "open"
        for connection in self._connections:
            connection.leave_server()

    async def serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Connect one client; asyncio's server calls it."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = Connection(back, silent=self._state == "silent")
        self._connections.add(connection)
        try:
            if self._state != "refusing":
                await connection.run(client, self._socket())
        except (OSError, asyncio.CancelledError):
            pass  # the server is away, an end was reset, or the campaign is over
        finally:
            connection.abort()
            self._connections.discard(connection)
            self._tasks.discard(task)

    def _socket(self) -> Path:
        given = conninfo_to_dict(self._conninfo())
        return Path(str(given["host"])) / f".s.PGSQL.{given['port']}"

    async def close(self) -> None:
        """End every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)


class Connection:
    """One client's connection and its other half."""

    def __init__(self, client: asyncio.StreamWriter, *, silent: bool) -> None:
        self._client = client
        self._server: asyncio.StreamWriter | None = None
        self.silent = silent

    async def run(self, questions: asyncio.StreamReader, socket: Path) -> None:
        """Forward both ways until the client leaves, or the server does and may be heard."""
        if self.silent:
            await self._forward(questions, self._client)
            return
        answers, self._server = await asyncio.open_unix_connection(socket)
        answering = asyncio.create_task(self._answer(answers))
        try:
            await self._forward(questions, self._server)
        finally:
            answering.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await answering

    async def _answer(self, answers: asyncio.StreamReader) -> None:
        with suppress(OSError):
            await self._forward(answers, self._client)
        if not self.silent:
            self._client.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if not self.silent:
                writer.write(data)
                await writer.drain()

    def leave_server(self) -> None:
        """Close the server's half of a silent connection: its keep-alive would in the end."""
        if self.silent and self._server is not None:
            self._server.transport.abort()

    def abort(self) -> None:
        """Reset both halves."""
        for end in (self._client, self._server):
            if end is not None:
                end.transport.abort()


@asynccontextmanager
async def proxy_to(conninfo: Callable[[], str]) -> AsyncGenerator[Proxy]:
    """Listen until the block is left; `conninfo` gives the server's address of the moment."""
    proxy = Proxy(conninfo)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
        await proxy.close()
        await listening.wait_closed()
