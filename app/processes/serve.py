"""The process that answers: API, pages, feed, deadlines and workspaces."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import structlog
import uvicorn

from adapters import clock
from adapters.event_log.message_rows import MessageTable
from adapters.idempotency_keys import IdempotencyKeys
from adapters.message_contents import MessageContents
from adapters.workers_seen import workers_silent_s
from app.deadline_clock import DeadlineClock
from app.feed_hub import MOST_READERS, FeedHub
from app.garbage import collect_garbage, none_looked_for
from app.http.application import create_api
from app.open_files import allow_open_files
from app.processes.services import services
from app.projecting.watch import ParkedWatch
from app.queue_clock import QueueClock
from app.reactor import Reactor
from app.services import Services
from app.settings import Settings
from app.steady import keep_running
from app.sweep import content_sweep, evidence_sweep, key_sweep
from app.worker_watch import WorkerWatch
from app.workspace_dispatch import WorkspaceDispatch

GRACE_S = 5
"""How long open HTTP streams may take to end when the service stops."""
OTHER_FILES = 1_000
"""Beside the feed's readers: requests, the database, the log."""
STUCK_MS = 60_000
"""A client that acknowledges or takes nothing for so long is cut off."""
LARGEST_SOCKET_MESSAGE = 16 * 1024
"""What is held of one before it is looked at; the feed takes a quarter of it."""

_logger = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Run the API with its feed, and the loops that keep what it shows true."""
    async with services(settings) as parts, asyncio.TaskGroup() as tasks:
        log, dispatch = parts.log, parts.dispatch
        silent_s = partial(workers_silent_s, parts.database)
        keys = IdempotencyKeys(parts.database, parts.keys, settings.idempotency_s)
        loops = {
            "reactor": Reactor(log, dispatch, WorkspaceDispatch(log, parts.snapshots)).run,
            "deadlines": DeadlineClock(log, dispatch, clock.now).run,
            "worker watch": WorkerWatch(log, dispatch, silent_s=silent_s, now=clock.now).run,
            "standby watch": WorkerWatch(
                log,
                dispatch,
                silent_s=partial(workers_silent_s, parts.database, "standby"),
                now=clock.now,
                holder="standby",
            ).run,
            "parked watch": ParkedWatch(log).run,
            "key sweep": key_sweep(keys).run,
            "evidence sweep": evidence_sweep(parts.evidence, settings.evidence_days, clock.now).run,
            **message_loops(parts),
        }
        running = [tasks.create_task(keep_running(name, run)) for name, run in loops.items()]
        running.append(tasks.create_task(collect_garbage()))
        try:
            await serve_http(parts)
        finally:
            for loop in running:
                loop.cancel()


def message_loops(parts: Services) -> dict[str, Callable[[], Awaitable[None]]]:
    """Give what ends the waiting of messages, and the keeping of what they say."""
    settings, keys = parts.settings, parts.evidence.account_keys
    return {
        "queue clock": QueueClock(
            parts.log,
            parts.dispatch,
            MessageTable(parts.database, keys),
            limit=timedelta(hours=settings.message_wait_hours),
            now=clock.now,
        ).run,
        "content sweep": content_sweep(
            MessageContents(parts.database, keys), settings.message_content_days, clock.now
        ).run,
    }


async def serve_http(parts: Services) -> None:
    """Serve the API until cancelled."""
    if missing := allow_open_files(MOST_READERS + OTHER_FILES):
        _logger.warning("fewer readers of the feed than there may be", because=missing)
    with none_looked_for():
        api = create_api(parts)
    hub: FeedHub = api.state.hub
    config = uvicorn.Config(
        api,
        host=parts.settings.host,
        port=parts.settings.port,
        log_level="warning",
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ws_max_size=LARGEST_SOCKET_MESSAGE,
        ws_per_message_deflate=False,  # some 20 kB for each reader, to shorten short messages
    )
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        hub.close()  # or uvicorn would wait for every open stream
        server.should_exit = True
        await serving


class QuietServer(uvicorn.Server):
    """Leaves the signals to the process that it runs in, and has stuck connections closed."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen. A connection that is accepted has the listener's options (tcp(7)).

        uvicorn waits for ever to flush what a client does not take, long after its reader has lost
        its place; only the kernel can end that, and only Linux's does.
        """
        await super().startup(sockets)
        if sys.platform == "linux":
            for listener in (one for server in self.servers for one in server.sockets):
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_MS)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield
