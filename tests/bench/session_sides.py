"""Whom `bench sessions` compares, and how one account of theirs is linked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from adapters import clock
from adapters.browser.discovery import BrowserChoice
from app.launcher.qt_webengine import FOLDER, SETTING
from tests.bench.contestants import Contestant, SilentError, Track, start_own, start_peer

COME_BACK_LIMIT_S = 60.0
"""It takes 2 s on a machine that has time."""
ACCOUNTS_EACH = 20
"""Of those that share a browser, in one."""

Start = Callable[[Track, str], Awaitable[Contestant]]
"""Starts a contestant in a folder of this name."""


@dataclass(frozen=True)
class Side:
    """One contestant with the browser that it is run with."""

    name: str
    start: Start
    browser: BrowserChoice
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    """With these the whole service does the same."""
    erases: bool = True
    """It offers to delete an account."""


def own_side(browser: BrowserChoice) -> Side:
    """Give every account a browser of its own."""

    async def start(on: Track, home: str) -> Contestant:
        return await start_own(on, browser, home=home)

    return Side("linkwright", start, browser, {SETTING: "1"})


def shared_side(environment: Mapping[str, str]) -> Side | None:
    """Let accounts share one browser. None where the launcher has not installed that one."""
    folder = environment.get(FOLDER)
    if not folder:
        return None
    browser = BrowserChoice(Path(folder), "qt_webengine")

    async def start(on: Track, home: str) -> Contestant:
        return await start_own(on, browser, home=home, accounts_each=ACCOUNTS_EACH)

    return Side("linkwright-shared", start, browser, {SETTING: str(ACCOUNTS_EACH)})


def peer_side(browser: BrowserChoice) -> Side:
    async def start(on: Track, home: str) -> Contestant:
        return await start_peer(on, browser, home=home)

    return Side("whatsapp-web.js", start, browser, erases=False)


@dataclass(frozen=True)
class Linked:
    """How long a link took, in seconds."""

    first_qr: float
    scan_to_ready: float


async def link(contestant: Contestant, on: Track, account: str) -> Linked:
    """Open the account, scan its code, and wait until it is READY."""
    began_s = clock.monotonic_s()
    await contestant.order("open", account, port=await on.port(account))
    code, seen = await _next_code(contestant, account, 0)
    first_qr_s = clock.monotonic_s() - began_s
    while True:
        scanned_s = clock.monotonic_s()
        if await on.scan(account, code):
            break
        code, seen = await _next_code(contestant, account, seen)
    await contestant.hears("ready", account=account)
    return Linked(first_qr_s, clock.monotonic_s() - scanned_s)


async def _next_code(contestant: Contestant, account: str, after: int) -> tuple[str, int]:
    told = await contestant.hears("qr", "problem", account=account, after=after)
    if told["event"] == "problem":
        raise RuntimeError(f"{contestant.name} could not show a code: {told}")
    return str(told["qr"]), contestant.told.index(told) + 1


async def comes_back(side: Side, on: Track, home: str, account: str) -> float | None:
    """Start the contestant anew on what it has kept; returns the time from there to READY.

    None: it told nothing within the limit. whatsapp-web.js misses a page that is synced before it
    listens.
    """
    began_s = clock.monotonic_s()
    contestant = await side.start(on, home)
    try:
        await contestant.order("open", account, port=await on.port(account))
        told = await contestant.hears(
            "ready", "qr", "problem", account=account, limit_s=COME_BACK_LIMIT_S
        )
        if told["event"] != "ready":
            raise RuntimeError(f"{side.name} did not come back from its kept session: {told}")
        return clock.monotonic_s() - began_s
    except SilentError:
        return None
    finally:
        await contestant.close()


async def pause(for_s: float) -> None:
    """Let time pass: what is measured is a state after some time, of which no event tells."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), for_s)
