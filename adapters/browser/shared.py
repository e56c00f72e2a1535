"""Browsers that accounts share: the programs of adapters/shared_browser, started when needed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

import adapters
from adapters.browser.processes import presence_of

START_LIMIT_S = 20.0
"""It starts within 1 s unless the machine is overloaded."""
ANSWER_LIMIT_S = 10.0
"""It opens an account in 20 ms. One that hangs does so for all its accounts, and if it has none,
nobody else would find out."""
END_LIMIT_S = 6.0
"""It ends within 5 s of its input (program.END_LIMIT_S)."""
IDLE_S = 30.0
"""An account that is loaded anew is back by then. An empty browser holds some 90 MB."""
OPENED_MOST = 5_000
"""It keeps some 5 kB of each account that was ever in it. After so many it takes no more, and ends
when the last of its accounts has left."""
WORDS = 20
"""Lines of what the program said last are kept, to tell why it did not start."""
_PROGRAM = "adapters.shared_browser"
_CHECKOUT = Path(adapters.__file__).parent.parent
FLAGS = (
    # As Playwright starts its own browsers: nothing slows down for not being looked at.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-breakpad",
    "--mute-audio",
    # Nobody sees the pages, and without it Mesa's software is loaded, 61 MB.
    "--disable-gpu",
)
"""What others are worth: docs/decisions/browser-cost.md."""
GIVING_BACK = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024),
    "MALLOC_TOP_PAD_": "0",
}
"""Has glibc, whose malloc Qt's Chromium uses, give back what is freed: 6 MB for each account."""


class SharedBrowserFailed(Exception):
    """The program did not start, ended, or refused. The text holds no secret."""


class SharedBrowserEnded(SharedBrowserFailed):
    """It ran, and ended while it was opening an account."""


class _News(msgspec.Struct):
    """A line of the program's output."""

    ready: str = ""
    opened: str = ""
    address: str = ""
    refused: str = ""
    why: str = ""
    closed: str = ""


class SharedBrowsers:
    """All shared browsers of a process; one that stays empty is ended, but for one kept ready.

    Accounts that may ask other hosts are in other browsers: names resolve for all of one alike.
    """

    def __init__(
        self,
        packages: Path,
        *,
        accounts_each: int,
        environment: Mapping[str, str],
        flags: Sequence[str] = (),
    ) -> None:
        """`packages` is the folder that PySide6 is in. The environment is what browsers get."""
        self._packages = packages
        self._accounts_each = accounts_each
        self._environment = dict(environment)
        self._flags = (*FLAGS, *flags)
        self._browsers: list[_SharedBrowser] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._kept: tuple[str, ...] | None = None
        """Flags of the one that is kept ready, those asked for last; None when none is to be."""
        self._choosing = asyncio.Lock()

    async def open(
        self,
        folder: Path,
        *,
        flags: Sequence[str],
        user_agent: Callable[[str], str],
        limit_s: float,
    ) -> str:
        """Open the profile in this folder; give the address where Playwright may connect, once.

        `user_agent` words one for a version of Chromium. Raises SharedBrowserEnded, …Failed,
        TimeoutError.
        """
        name = folder.parent.name
        async with asyncio.timeout(limit_s):
            async with self._choosing:
                browser = await self._with_a_place((*self._flags, *flags))
                browser.accounts.add(name)
            order = {
                "open": name,
                "folder": str(folder / "Default"),
                "presence": str(presence_of(folder)),
                "user_agent": user_agent(browser.version),
            }
            try:
                return await browser.open(name, order)
            except BaseException:
                browser.close(name)
                raise

    async def keep_ready(self, flags: Sequence[str]) -> None:
        """Start one with these flags, and keep one: an account need not wait 0.5 s for it.

        Raises SharedBrowserFailed.
        """
        self._kept = (*self._flags, *flags)
        await self.version(flags)

    async def version(self, flags: Sequence[str]) -> str:
        """Tell Chromium's. Raises SharedBrowserFailed: none could be started."""
        async with self._choosing:
            return (await self._with_a_place((*self._flags, *flags))).version

    def close(self, folder: Path) -> None:
        """Have it closed, if it is open in one of ours."""
        name = folder.parent.name
        for browser in self._browsers:
            if name in browser.accounts:
                browser.close(name)

    async def stop(self) -> None:
        """End all of them."""
        idle = [ending for ending in self._ending if ending.cancel()]
        await asyncio.gather(*idle, return_exceptions=True)
        browsers, self._browsers = self._browsers, []
        await asyncio.gather(*(browser.end() for browser in browsers))

    def _end_if_idle(self, browser: "_SharedBrowser") -> None:
        ending = asyncio.create_task(self._end_when_idle(browser))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _end_when_idle(self, browser: "_SharedBrowser") -> None:
        await asyncio.sleep(IDLE_S)
        if browser in self._browsers and not browser.accounts and not self._is_kept(browser):
            browser.is_ending = True
            await browser.end()
            self._browsers = [each for each in self._browsers if each is not browser]

    def _is_kept(self, browser: "_SharedBrowser") -> bool:
        if browser.flags != self._kept or not browser.is_usable:
            return False
        others = (each for each in self._browsers if each is not browser and each.is_usable)
        return all(each.flags != self._kept for each in others)

    def _keep_for(self, flags: tuple[str, ...]) -> None:
        """Keep one with these flags; an empty one that was kept for others is not any more."""
        self._kept = flags
        for browser in self._browsers:
            if not browser.accounts:
                self._end_if_idle(browser)

    async def _with_a_place(self, flags: tuple[str, ...]) -> "_SharedBrowser":
        if self._kept not in (None, flags):
            self._keep_for(flags)
        self._browsers = [browser for browser in self._browsers if browser.is_alive]
        for browser in self._browsers:
            full = len(browser.accounts) >= self._accounts_each
            if browser.flags == flags and not full and browser.is_usable:
                return browser
        browser = await _SharedBrowser.start(
            self._packages, self._accounts_each, self._environment, flags, self._end_if_idle
        )
        self._browsers.append(browser)
        self._end_if_idle(browser)
        return browser


class _SharedBrowser:
    """One program."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        flags: tuple[str, ...],
        emptied: Callable[["_SharedBrowser"], None],
    ) -> None:
        self.process = process
        self.flags = flags
        self.version = ""
        self.accounts: set[str] = set()
        """Those that it has open, and those that wait for it."""
        self.is_alive = True
        self.is_ending = False
        self._opened = 0
        self._emptied = emptied
        self._opening: dict[str, asyncio.Future[str]] = {}
        self._ready = asyncio.Future[None]()
        self._words: list[str] = []
        self._reading = {asyncio.create_task(self._hear()), asyncio.create_task(self._overhear())}

    @property
    def is_usable(self) -> bool:
        """Tell whether accounts may come."""
        return self.is_alive and not self.is_ending and self._opened < OPENED_MOST

    @classmethod
    async def start(
        cls,
        packages: Path,
        places: int,
        environment: dict[str, str],
        flags: tuple[str, ...],
        emptied: Callable[["_SharedBrowser"], None],
    ) -> "_SharedBrowser":
        """Start one and wait until it is ready. Raises SharedBrowserFailed."""
        port = _free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _PROGRAM, str(port), str(places), *flags),
            env=environment | _surroundings(packages, port),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        browser = cls(process, flags, emptied)
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await browser._ready
        except TimeoutError as error:
            await browser.end(patience_s=0)
            raise SharedBrowserFailed(f"no answer within {START_LIMIT_S:g} s") from error
        except BaseException:
            await browser.end(patience_s=0)
            raise
        return browser

    async def open(self, name: str, order: dict[str, str]) -> str:
        """Give the address of an account that is opened now. Raises SharedBrowserFailed, …Ended."""
        opening = self._opening[name] = asyncio.Future[str]()
        self._opened += 1
        try:
            self._order(order)
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await opening
        except TimeoutError:
            await self.end(patience_s=0)
            raise SharedBrowserEnded(f"no answer within {ANSWER_LIMIT_S:g} s") from None
        finally:
            self._opening.pop(name, None)

    def close(self, name: str) -> None:
        """Have it closed; it may never have been opened."""
        with suppress(SharedBrowserFailed):
            self._order({"close": name})

    def _order(self, order: dict[str, str]) -> None:
        if not self.is_alive or self.process.stdin is None:
            raise SharedBrowserEnded("the shared browser has ended")
        self.process.stdin.write(msgspec.json.encode(order) + b"\n")

    async def end(self, patience_s: float = END_LIMIT_S) -> None:
        """End the program, and whatever it has started."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self.process.wait()
        self._kill()
        await self.process.wait()
        await asyncio.wait(self._reading)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def _hear(self) -> None:
        """Take the program's news until it ends."""
        output = self.process.stdout
        while output is not None and (line := await output.readline()):
            self._take(msgspec.json.decode(line, type=_News))
        self.is_alive = False
        self.accounts.clear()
        self._kill()  # pages that hang or are stopped do not notice that it has ended
        why = f"the shared browser ended: {' / '.join(self._words)[-300:]}"
        _fail(self._ready, SharedBrowserFailed(why))
        for opening in self._opening.values():
            _fail(opening, SharedBrowserEnded("the shared browser ended"))

    def _take(self, news: _News) -> None:
        if news.ready:
            self.version = news.ready
            self._ready.set_result(None)
        opening = self._opening.get(news.opened or news.refused)
        if opening is not None and not opening.done():
            if news.opened:
                opening.set_result(news.address)
            else:
                opening.set_exception(SharedBrowserFailed(news.why))
        self.accounts -= {news.refused, news.closed}
        if news.closed and not self.accounts:
            self._emptied(self)

    async def _overhear(self) -> None:
        """Keep what it says until it is ready; later its pages' own words come here as well."""
        output = self.process.stderr
        while output is not None and (line := await output.readline()):
            if not self._ready.done():
                self._words = [*self._words, line.decode(errors="replace").strip()][-WORDS:]


def _fail(waiting: asyncio.Future[Any], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)
        waiting.exception()  # whoever waited may be gone


def _surroundings(packages: Path, port: int) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{packages}{os.pathsep}{_CHECKOUT}",
        "QT_QPA_PLATFORM": "offscreen",
        **GIVING_BACK,
        "QTWEBENGINE_REMOTE_DEBUGGING": f"127.0.0.1:{port}",
        # What pages write on their consoles is kept, redacted, as evidence; not by Qt.
        "QT_LOGGING_RULES": "js=false",
        **({"QTWEBENGINE_DISABLE_SANDBOX": "1"} if os.geteuid() == 0 else {}),
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: Any = found.getsockname()[1]
    return int(port)
