"""A receiver of webhooks that says more than it should, in every part of its answers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.planted_secrets.canaries import Canaries
from tests.planted_secrets.watch import Watch

SAID_AGAIN = 10
"""Answers with the same words, so that those of other flows are not few among them."""


class TalkativeReceiver:
    """Answers `/up…` with 200 and everything else with 500; what it is told is searched."""

    def __init__(self, canaries: Canaries, watch: Watch) -> None:
        self._canaries = canaries
        self._watch = watch
        self.port = 0
        self.heard = 0
        self._said = ""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                self._watch.see("what a receiver is told", head.split(b"\r\n", 1)[1] + body)
                self.heard += 1
                writer.write(self._answer(arrives=head.startswith(b"POST /up")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    def _answer(self, *, arrives: bool) -> bytes:
        if self.heard % SAID_AGAIN == 1:
            self._said = self._canaries.word("answer of a receiver")
        said = self._said
        status = "200" if arrives else "500"
        lines = (
            f"HTTP/1.1 {status} {said}",
            f"x-said: {said}",
            f"retry-after: {said}",
            f"content-length: {len(said)}",
        )
        return ("\r\n".join(lines) + "\r\n\r\n" + said).encode()


@asynccontextmanager
async def receiving(canaries: Canaries, watch: Watch) -> AsyncGenerator[TalkativeReceiver]:
    """Listen until the block is left."""
    receiver = TalkativeReceiver(canaries, watch)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
