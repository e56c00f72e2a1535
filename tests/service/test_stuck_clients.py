"""A client that takes nothing keeps no connection for ever."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from app.processes import serve
from app.processes.serve import QuietServer
from tests.running_api import until

LIMIT_S = 20.0
CHUNK = {"type": "http.response.body", "body": b"x" * 65_536, "more_body": True}
CHUNKS = 400
"""26 MB: more than client, server and kernel hold for each other."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends what is stuck")
async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serve, "STUCK_MS", 300)
    over = asyncio.Event()

    async def much(_: Any, __: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:  # noqa: ANN401  ASGI's own
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _chunk in range(CHUNKS):
            await send(CHUNK)
        await send(CHUNK | {"more_body": False})
        over.set()

    server = QuietServer(
        uvicorn.Config(much, port=0, lifespan="off", log_level="critical", access_log=False)  # pyright: ignore[reportArgumentType]
    )
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        _, port = server.servers[0].sockets[0].getsockname()
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            async with asyncio.timeout(LIMIT_S):
                await over.wait()
        finally:
            writer.transport.abort()
    finally:
        server.should_exit = True
        await serving
