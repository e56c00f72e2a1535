"""One browser that accounts share: adapters/shared_browser, as who starts it sees it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

import adapters

START_LIMIT_S = 20.0
"""It starts within 1 s unless the machine is overloaded."""
ANSWER_LIMIT_S = 10.0
"""It opens an account in 20 ms. One that hangs does so for all its accounts, and if it has none,
nobody else would find out."""
END_LIMIT_S = 6.0
"""It ends within 5 s of its input (program.END_LIMIT_S)."""
OPENED_MOST = 5_000
"""It keeps some 5 kB of each account that was ever in it. After so many it takes no more, and ends
when the last of its accounts has left."""
WORDS = 20
"""Lines of what the program said last are kept, to tell why it did not start."""
_PROGRAM = "adapters.shared_browser"
_CHECKOUT = Path(adapters.__file__).parent.parent
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


class SharedBrowser:
    """One program, and which accounts are in it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        flags: tuple[str, ...],
        emptied: Callable[["SharedBrowser"], None],
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
        emptied: Callable[["SharedBrowser"], None],
    ) -> "SharedBrowser":
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
