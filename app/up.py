"""`linkwright up`: the database and the processes, started in order, kept and stopped.

A child that dies is started again; every child ends when this process does, however it ends.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from adapters import clock
from adapters.account_keys import check_master_key
from adapters.api_keys import ApiKeys
from adapters.browser.discovery import ConfiguredBrowserMissingError, find_browser
from adapters.browser.processes import descendants
from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.migrate import migrate
from adapters.keys import Keys, load_keys
from adapters.postgres_server import EmbeddedPostgres, PostgresServerError
from app.data_folder import exclusive, prepare
from app.settings import Settings

CHILDREN = ("sandbox", "worker", "serve", "webhooks")
"""The standby process too, unless it is switched off."""
READY_S = 60.0
"""Longest start of all parts on a slow machine; more means that something is wrong."""
ANSWER_S = 5.0
"""Longest wait for one answer meanwhile."""
STOP_S = 20.0
"""How long a child that is told to stop may take until the next of its browsers has ended, each of
which has limits of its own below this, and then until it has itself."""
START_AGAIN_S = 5.0
"""Pause after a start of the database that failed: what waits for it looks as often."""
RESTART_S = 1.0
"""Pause before a child that died is started again, so that a broken one does not spin."""
LOOK_S = 0.1
CHECKOUT = Path(__file__).resolve().parent.parent
"""Where the packages are found, whatever folder the user stands in."""

Say = Callable[[str], None]


class StartError(Exception):
    """Linkwright cannot start; the sentence says what to do."""


async def up(settings: Settings, say: Say, *, ready: asyncio.Event | None = None) -> None:
    """Start everything, say where it is, and run until cancelled; StartError if it cannot."""
    prepare(settings.data)
    require_free_port(settings.host, settings.port, "LINKWRIGHT_PORT")
    require_free_port("127.0.0.1", settings.sandbox_port, "LINKWRIGHT_SANDBOX_PORT")
    require_browser(os.environ)
    async with AsyncExitStack() as stack:
        stack.enter_context(exclusive(settings.data))
        server, conninfo = start_database(settings, stack, say)
        keys = load_keys(os.environ, settings.key_file)
        first_key = await prepare_database(conninfo, keys)
        children = Children(settings, conninfo)
        stack.push_async_callback(children.stop)
        await children.start()
        await wait_until_ready(settings, keys, children)
        announce(settings, first_key, say)
        if ready is not None:
            ready.set()
        await keep(children, server, say)


def require_free_port(host: str, port: int, variable: str) -> None:
    """Refuse a port that something listens on, by the name of the setting that moves it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = (
                f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0)})."
                f" Stop what uses it, or set {variable} to another port."
            )
            raise StartError(message) from error


async def keep(children: "Children", server: EmbeddedPostgres | None, say: Say) -> None:
    """Start again what dies, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_S)
        if server is not None and not server.alive():
            say("The embedded PostgreSQL ended; starting it again.")
            await start_again(server, say)
        await children.revive(say)


async def start_again(server: EmbeddedPostgres, say: Say) -> None:
    """Start the database, which recovers from its own log, as often as it takes.

    A disk that is full lets it end and not start; there may be room again any time. The children
    wait for it meanwhile.
    """
    while True:
        try:
            server.start()
        except PostgresServerError as error:
            say(f"{error} Trying again in {START_AGAIN_S:.0f} s.")
            await asyncio.sleep(START_AGAIN_S)
        else:
            return


def require_browser(environment: Mapping[str, str]) -> None:
    """Refuse to start without a browser: no account could ever be linked."""
    try:
        found = find_browser(environment)
    except ConfiguredBrowserMissingError as error:
        raise StartError(str(error)) from error
    if found is None:
        message = "No browser was found. Run `./linkwright doctor` to see what to install."
        raise StartError(message)


def start_database(
    settings: Settings, stack: AsyncExitStack, say: Say
) -> tuple[EmbeddedPostgres | None, str]:
    """Start the embedded PostgreSQL unless a server is given; returns it and how to connect."""
    if settings.database_url:
        return None, settings.database_url
    say("Starting the embedded PostgreSQL …")
    server = EmbeddedPostgres(settings.data / "postgres", progress=say)
    conninfo = server.start()
    stack.callback(server.stop)
    return server, conninfo


async def prepare_database(conninfo: str, keys: Keys) -> str | None:
    """Bring the schema up to date; returns the first API key when it was made just now."""
    try:
        migrate(conninfo)
        async with Database(conninfo) as database:
            await check_master_key(database, keys)
            return await ApiKeys(database, keys).ensure_admin_key(clock.now())
    except (psycopg.OperationalError, StorageUnavailable) as error:
        reason = str(error).strip().splitlines()[0]
        message = (
            f"The database cannot be reached ({reason})."
            " Check DATABASE_URL, or unset it to use the embedded PostgreSQL."
        )
        raise StartError(message) from error


class Children:
    """The processes of one Linkwright."""

    def __init__(self, settings: Settings, conninfo: str) -> None:
        self._environment = child_environment(settings, conninfo)
        self._names = CHILDREN if settings.standby == "off" else (*CHILDREN, "standby")
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def start(self) -> None:
        """Start them all."""
        for name in self._names:
            await self._start_one(name)

    async def _start_one(self, name: str) -> None:
        # Its own session: Ctrl-C in the terminal reaches only this process, which stops the
        # children in order. `--parent` lets them end with it even when it is killed.
        self._processes[name] = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app",
            name,
            "--parent",
            str(os.getpid()),
            env=self._environment,
            cwd=CHECKOUT,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )

    def ended(self) -> dict[str, int]:
        """Name the children that are not running, with their exit codes."""
        return {n: p.returncode for n, p in self._processes.items() if p.returncode is not None}

    async def revive(self, say: Say) -> None:
        """Start children again that have died."""
        for name, code in self.ended().items():
            say(f"The {name} process ended ({code}); starting it again.")
            await asyncio.sleep(RESTART_S)
            await self._start_one(name)

    async def stop(self) -> None:
        """Stop them in order: what begins something, then what says something, then who is told.

        The standby before the worker, or it would take over what the worker leaves. The clocks
        too, or a reconnect would begin as soon as its link is given up, and fail for want of a
        worker. The log hears the worker out, and webhooks tell of it.
        """
        for name in ("standby", "serve", "worker", "webhooks", "sandbox"):
            process = self._processes.get(name)
            if process is not None and process.returncode is None:
                await stop_process(process)


async def stop_process(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, and end it when it gets no further.

    One with hundreds of browsers needs a minute and more to seal their sessions.
    """
    process.terminate()
    browsers = descendants(process.pid)
    while process.returncode is None:
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            left = await asyncio.to_thread(descendants, process.pid) & browsers
            if left == browsers:
                process.kill()
                await process.wait()
            browsers = left


def child_environment(settings: Settings, conninfo: str) -> Mapping[str, str]:
    """Give every child the same settings, whatever the defaults of its folder."""
    return {
        **os.environ,
        "DATABASE_URL": conninfo,
        "LINKWRIGHT_DATA": str(settings.data),
        "LINKWRIGHT_HOST": settings.host,
        "LINKWRIGHT_PORT": str(settings.port),
        "LINKWRIGHT_STANDBY": settings.standby,
        "LINKWRIGHT_SANDBOX_PORT": str(settings.sandbox_port),
    }


async def wait_until_ready(settings: Settings, keys: Keys, children: Children) -> None:
    """Wait until the API says that every part is; StartError names what is not."""
    last = "no answer yet"
    try:
        async with asyncio.timeout(READY_S):
            while True:
                if ended := children.ended():
                    message = f"These processes ended while starting: {ended}. See above."
                    raise StartError(message)
                last = await asyncio.to_thread(_readiness, settings.url, keys.operator)
                if not last:
                    return
                await asyncio.sleep(LOOK_S)
    except TimeoutError as error:
        message = f"Not ready after {READY_S:.0f} s: {last}"
        raise StartError(message) from error


def _readiness(url: str, key: str) -> str:
    """Say what is not ready; empty when all is.

    By the standard library: what is asked all over again while the others start had better be
    cheap, and to import httpx takes as long as all else that this process imports.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_S)
    try:
        connection.request("GET", "/health/ready", headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        said = answer.read().decode()
    except (OSError, HTTPException) as error:
        return f"the API does not answer ({type(error).__name__})"
    finally:
        connection.close()
    return "" if answer.status == HTTPStatus.OK else said


def announce(settings: Settings, first_key: str | None, say: Say) -> None:
    """Say where Linkwright is and, once, the first API key."""
    say(f"Linkwright is ready: {settings.url}")
    if first_key is not None:
        say(f"Your API key, shown this once: {first_key}")
    say("Stop it with Ctrl-C.")
