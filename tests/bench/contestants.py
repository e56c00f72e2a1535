"""Linkwright's worker parts and whatsapp-web.js, each in a process of its own, driven alike.

Both speak one JSON object a line: see own_sessions.py and whatsapp_web_js_clients.js.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import msgspec

from adapters.browser.discovery import BrowserChoice, found_browsers
from adapters.sandbox import RunningSandbox, SandboxSettings, run_sandbox
from tests.bench import process_tree
from tests.bench.own_sessions import Facts
from tests.sandbox_page.web_whatsapp_com import as_web_whatsapp_com, self_signed

CHECKOUT = Path(__file__).resolve().parents[2]
CLIENTS = Path(__file__).with_name("whatsapp_web_js_clients.js")
TOKEN = "a token of the benchmark"
LIMIT_S = 90.0
"""For one step: 20 full browsers that start on two cores take a good half of it."""
END_LIMIT_S = 30.0
"""From the end of its input to the end of a contestant with 20 browsers."""
HTTP_CONFLICT = 409
LINE_LIMIT = 1024 * 1024


class SilentError(RuntimeError):
    """A contestant ended, or told nothing of what was awaited within its limit."""


class Contestant:
    """One contestant's process and all that it has told. `home` is all it may write to."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, home: Path) -> None:
        self.name = name
        self.home = home
        self.told: list[dict[str, Any]] = []
        self._process = process
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        return self._process.pid

    async def order(self, order: str, account: str, **facts: object) -> None:
        """Give an order; what comes of it is told later."""
        if self._process.stdin is None:
            raise RuntimeError("started without a pipe")
        line = json.dumps({order: {"account": account, **facts}}).encode()
        with suppress(ConnectionError):  # whoever waits for its answer hears of it
            self._process.stdin.write(line + b"\n")
            await self._process.stdin.drain()

    async def hears(
        self, *events: str, account: str | None, limit_s: float = LIMIT_S, after: int = 0
    ) -> dict[str, Any]:
        """Wait for the first of these events of the account; SilentError when none comes."""

        def found() -> dict[str, Any] | None:
            return next(
                (x for x in self.told[after:] if x["event"] in events and x["account"] == account),
                None,
            )

        try:
            async with self._news, asyncio.timeout(limit_s):
                await self._news.wait_for(lambda: found() or self._reading.done())
        except TimeoutError:
            pass
        event = found()
        if event is None:
            errors = (self.home / "errors.txt").read_text(errors="replace")[-500:]
            told = [one["event"] for one in self.told if one["account"] == account]
            raise SilentError(f"{self.name} told {told} of {account}, none of {events}. {errors}")
        return event

    async def _read(self) -> None:
        output = self._process.stdout
        if output is None:
            return
        try:
            while line := await output.readline():
                told = json.loads(line)
                # Until it has one, whatsapp-web.js offers codes that no phone can read.
                if told["event"] == "qr" and str(told["qr"]).startswith("undefined"):
                    continue
                async with self._news:
                    self.told.append(told)
                    self._news.notify_all()
        finally:
            async with self._news:
                self._news.notify_all()

    async def kill(self) -> None:
        """SIGKILL the process alone, as the kernel does when memory runs out."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def end(self) -> None:
        """Let it end by itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), END_LIMIT_S)
        except TimeoutError:
            await self.kill()
        await self._reading

    async def close(self) -> None:
        """Let it end by itself, then see to it that nothing of it is left."""
        await self.end()
        for pid in process_tree.holding(str(self.home)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Track:
    """What both run on: the stand-in page, its phone, and a folder for each contestant."""

    def __init__(
        self, sandbox: RunningSandbox, control: httpx.AsyncClient, folder: Path, doors: "Doors"
    ) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.control = control
        self._doors = doors

    def home(self, name: str) -> Path:
        """Make a contestant's folder, with one for its temporary files in it."""
        home = self.folder / name
        for part in (home / "tmp", home / "profiles"):
            part.mkdir(parents=True, exist_ok=True)
        return home

    async def port(self, account: str) -> int:
        """Where the account's page is at WhatsApp's own address."""
        return await self._doors.port(account)

    async def scan(self, account: str, code: str) -> bool:
        """Scan a code that was handed out. False: it was replaced in between, so scan the next.

        True also where the scene has the phone refuse it.
        """
        body = {"qr": code, "phone_number": number(account)}
        answer = await self.control.post(f"/control/accounts/{account}/phone/scan", json=body)
        if answer.status_code == HTTP_CONFLICT:
            return bool(answer.json()["cause"] != "stale")
        answer.raise_for_status()
        return True

    async def plays(self, account: str, scene: str, times: int | None, **params: object) -> None:
        """Choose the scene of the account's next pages; `times` None: of all."""
        body = {"name": scene, "params": params, "times": times}
        path = f"/control/accounts/{account}/scene"
        (await self.control.put(path, json=body)).raise_for_status()


class Doors:
    """One TLS door for each account, kept open: a session belongs to its address, not its port."""

    def __init__(self, sandbox: RunningSandbox, folder: Path, stack: AsyncExitStack) -> None:
        self._certificate = self_signed(folder)
        self._sandbox = sandbox
        self._stack = stack
        self._ports: dict[str, int] = {}

    async def port(self, account: str) -> int:
        if account not in self._ports:
            door = as_web_whatsapp_com(self._sandbox.port, self._certificate, account)
            self._ports[account] = await self._stack.enter_async_context(door)
        return self._ports[account]


@asynccontextmanager
async def track(*, ballast_mb: int = 0, time_scale: float = 1.0) -> AsyncGenerator[Track]:
    """Lay out a track; all of it is gone afterwards."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linkwright-bench-")))
        settings = SandboxSettings(
            control_token=TOKEN,
            state_file=folder / "sandbox.json",
            ballast_mb=ballast_mb,
            time_scale=time_scale,
        )
        sandbox = await stack.enter_async_context(run_sandbox(settings))
        client = httpx.AsyncClient(
            base_url=sandbox.url,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=LIMIT_S,
            trust_env=False,
        )
        control = await stack.enter_async_context(client)
        yield Track(sandbox, control, folder, Doors(sandbox, folder, stack))


def number(account: str) -> str:
    """Give every account a phone number of its own."""
    return f"999{int.from_bytes(account.encode()[-5:]) % 10**9:09d}"


async def start_own(
    on: Track,
    browser: BrowserChoice,
    *,
    home: str = "own",
    shell_flags: Sequence[str] | None = None,
    merge_equal_pages: bool = False,
    accounts_each: int = 1,
) -> Contestant:
    """Start Linkwright's worker parts."""
    folder = on.home(home)
    facts = Facts(
        sandbox=on.sandbox.url,
        profiles=str(folder / "profiles"),
        browser=str(browser.path),
        flavour=browser.flavour,
        shell_flags=None if shell_flags is None else tuple(shell_flags),
        merge_equal_pages=merge_equal_pages,
        accounts_each=accounts_each,
    )
    command = (
        sys.executable,
        "-m",
        "tests.bench.own_sessions",
        msgspec.json.encode(facts).decode(),
    )
    return await _start("linkwright", command, folder)


async def start_peer(
    on: Track, browser: BrowserChoice, *, home: str = "whatsapp-web.js"
) -> Contestant:
    """Start whatsapp-web.js. RuntimeError where it is not installed."""
    if not (CHECKOUT / "node_modules" / "whatsapp-web.js").is_dir():
        raise RuntimeError("whatsapp-web.js is not installed. Run: npm ci --ignore-scripts")
    node = which("node")
    if node is None:
        raise RuntimeError("There is no node, and whatsapp-web.js cannot run without it.")
    folder = on.home(home)
    facts = {
        "browser": str(browser.path),
        "headless": "shell" if browser.flavour == "headless_shell" else True,
        "profiles": str(folder / "profiles"),
        "root": os.geteuid() == 0,
    }
    return await _start("whatsapp-web.js", (node, str(CLIENTS), json.dumps(facts)), folder)


async def _start(name: str, command: tuple[str, ...], home: Path) -> Contestant:
    with (home / "errors.txt").open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=CHECKOUT,
            env={**os.environ, "TMPDIR": str(home / "tmp")},
            limit=LINE_LIMIT,
        )
    contestant = Contestant(name, process, home)
    await contestant.hears("started", account=None)
    return contestant


def full_browser() -> BrowserChoice:
    """Return the browser that whatsapp-web.js starts by default: a full one, the machine's best.

    What LINKWRIGHT_BROWSER names is Linkwright's; `./linkwright` sets it.
    """
    anybodys = {name: value for name, value in os.environ.items() if name != "LINKWRIGHT_BROWSER"}
    found = (*found_browsers(os.environ), *found_browsers(anybodys))
    full = next((choice for choice in found if choice.flavour != "headless_shell"), None)
    if full is None:
        raise RuntimeError("whatsapp-web.js needs a full Chromium or Chrome, and there is none.")
    return full
