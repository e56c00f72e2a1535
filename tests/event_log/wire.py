"""A wire between a client and PostgreSQL that tests can cut at the worst moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo

Fault = Literal["none", "lose_the_answer", "lose_the_question", "hang"]
PORT = 5432


class Wire:
    """Forwards between a Unix socket of its own and the server's; faults count from `arm` on."""

    def __init__(self, conninfo: str, folder: Path) -> None:
        given = conninfo_to_dict(conninfo)
        self._target = Path(str(given["host"])) / f".s.PGSQL.{given.get('port') or PORT}"
        self._path = folder / f".s.PGSQL.{PORT}"
        self.conninfo = make_conninfo(conninfo, host=str(folder), port=PORT)
        self.fault: Fault = "none"
        self._trigger = b""
        self.struck = asyncio.Event()
        """Set once the fault has happened."""
        self._tasks: set[asyncio.Task[None]] = set()

    def arm(self, fault: Fault, trigger: bytes) -> None:
        """Let the fault happen once, to the first statement with this text."""
        self.fault, self._trigger = fault, trigger
        self.struck.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect one client."""
        server_reader, server_writer = await asyncio.open_unix_connection(self._target)
        answers = asyncio.create_task(self._answers(server_reader, writer))
        try:
            await self._questions(reader, server_writer, answers)
        finally:
            answers.cancel()
            for end in (writer, server_writer):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _questions(
        self,
        client: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        answers: asyncio.Task[None],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await client.read(65536):
                fault = self.fault if self.fault != "none" and self._trigger in data else "none"
                if fault == "none":
                    server.write(data)
                    await server.drain()
                    continue
                self.fault = "none"
                if fault == "lose_the_answer":
                    answers.cancel()
                    server.write(data)
                    await server.drain()
                self.struck.set()
                if fault == "hang":
                    await asyncio.Event().wait()
                return

    async def _answers(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await server.read(65536):
                client.write(data)
                await client.drain()
        client.close()


@asynccontextmanager
async def wire_to(conninfo: str, folder: Path) -> AsyncIterator[Wire]:
    """Open a wire to the server; `conninfo` must name a Unix socket."""
    wire = Wire(conninfo, folder)
    clients: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        clients.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await wire.serve(reader, writer)
        clients.discard(task)

    listening = await asyncio.start_unix_server(connect, folder / f".s.PGSQL.{PORT}")
    try:
        yield wire
    finally:
        listening.close()
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients)
        await listening.wait_closed()
