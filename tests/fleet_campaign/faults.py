"""Everything that the campaign lets go wrong, with every reason that is true afterwards.

Whoever strikes returns when the cause is over, not when its effects are.
"""

import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import httpx
import msgspec

from domain.reasons import Reason
from tests.fleet_campaign.processes import Process, send
from tests.fleet_campaign.stage import Stage
from tests.waiting import eventually, let_pass

FROZEN_S = 12.0
"""Longer than four beats of a page (Limits.hang_after_s), and than a silent worker is believed in
(worker_watch.SILENT_S) together with the pause between two looks."""
HICCUP_S = 4.0
"""Shorter than any of these: nothing at all may follow."""
AWAY_S = 15.0
"""Longer than a stream may be away (Limits.offline_after_s)."""
AGAIN_S = 90.0
"""Until what was killed runs again. A start takes 2 s; the rest is for a busy machine."""

Strike = Callable[[Stage, str], Awaitable[None]]
"""Takes the account, or nothing where all of them are struck."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong."""

    name: str
    strike: Strike
    reasons: frozenset[Reason] = frozenset()
    """Why links may be lost and reconnects fail. None: nothing may be told of an account at all."""
    opening: frozenset[Reason] = frozenset()
    """Why else a page that is just being opened may fail."""
    ends_link: bool = False
    """True: each link that was struck must have been lost and have come back."""
    stays: Reason | None = None
    """The account stays DISCONNECTED for this reason, until a client does what it asks for."""
    remedy: str = ""
    """What the client then does: `reconnect` needs no phone, `retry` a scan."""
    holder: str = ""
    """Only the links that this process holds must be lost: `primary` or `standby`."""
    needs_standby: bool = False
    whole_browser: bool = False
    """All accounts are struck that share the browser."""


def because(*reasons: Reason) -> frozenset[Reason]:
    """Put reasons together."""
    return frozenset(reasons)


CRASHED, HUNG = Reason.BROWSER_CRASHED, Reason.PAGE_HUNG
AWAY, UNREACHABLE = Reason.NETWORK_LOST, Reason.PAGE_UNREACHABLE
SLOW = Reason.INITIALIZE_TIMED_OUT
"""True where many accounts start anew at the same time, on a machine that has other work too."""


# --- one account ------------------------------------------------------------------------------


async def _tabs(stage: Stage, account: str) -> list[Process]:
    """Wait for a tab: what strikes nothing is no fault."""
    found: list[Process] = []

    async def is_seen() -> bool:
        found[:] = stage.see().tabs(account)
        return bool(found)

    await eventually(is_seen, AGAIN_S)
    return found


def _browsers(stage: Stage, account: str) -> list[Process]:
    return [one for browser in stage.aim_at_browsers(account) for one in browser.processes]


async def kill_tab(stage: Stage, account: str) -> None:
    """`kill -9` of the process that runs the tab."""
    send(signal.SIGKILL, await _tabs(stage, account))


async def kill_browser(stage: Stage, account: str) -> None:
    """`kill -9` of the browser's first process; the others find out by themselves."""
    send(signal.SIGKILL, [one for one in _browsers(stage, account) if one.is_first])


async def kill_all_of_browser(stage: Stage, account: str) -> None:
    """`kill -9` of every process of the browser."""
    send(signal.SIGKILL, _browsers(stage, account))


async def freeze_tab(stage: Stage, account: str) -> None:
    """SIGSTOP for the tab, for ever."""
    send(signal.SIGSTOP, await _tabs(stage, account))


async def freeze_browser(stage: Stage, account: str) -> None:
    """SIGSTOP for the whole browser, for ever."""
    send(signal.SIGSTOP, _browsers(stage, account))


def pause_browser(seconds: float, *, tab: bool = False) -> Strike:
    """SIGSTOP, and SIGCONT for those that are still there."""

    async def strike(stage: Stage, account: str) -> None:
        struck = await _tabs(stage, account) if tab else _browsers(stage, account)
        await pause_processes(struck, seconds)

    return strike


async def pause_processes(processes: Sequence[Process], seconds: float) -> None:
    """SIGSTOP, and SIGCONT for those that are still there."""
    send(signal.SIGSTOP, processes)
    try:
        await let_pass(seconds)
    finally:
        send(signal.SIGCONT, processes)


def drop(for_s: float) -> Strike:
    """Cut the page's connection, and refuse it for a while."""

    async def strike(stage: Stage, account: str) -> None:
        await stage.page(account, kind="drop", for_s=for_s)
        await let_pass(for_s)

    return strike


def misbehave(how: str) -> Strike:
    """Let the page's own script crash its tab, or never yield again."""

    async def strike(stage: Stage, account: str) -> None:
        await stage.page(account, kind="misbehave", how=how)

    return strike


def kill_and_play(scene: str) -> Strike:
    """Kill the tab, and let the next page play a scene."""

    async def strike(stage: Stage, account: str) -> None:
        await stage.scene(account, scene)
        await kill_tab(stage, account)

    return strike


async def unlink(stage: Stage, account: str) -> None:
    """Remove the linked device on the phone."""
    await stage.phone(account, "phone/logout")


async def open_elsewhere(stage: Stage, account: str) -> None:
    """Let another window open the account."""
    await stage.page(account, kind="conflict")


async def hand_over(stage: Stage, account: str) -> None:
    """Let a client hand the link to the standby, once there is one that is ready."""

    async def told() -> bool:
        with suppress(httpx.TransportError, AssertionError):
            await stage.wish(account, "promote-standby")
            return True
        return (await stage.show(account)).get("held_by") == "standby"

    await eventually(told, AGAIN_S)


OF_ONE = (
    Fault(name="tab killed", strike=kill_tab, reasons=because(CRASHED), ends_link=True),
    Fault(
        name="browser killed",
        strike=kill_browser,
        reasons=because(CRASHED),
        ends_link=True,
        whole_browser=True,
    ),
    Fault(
        name="all of a browser killed",
        strike=kill_all_of_browser,
        reasons=because(CRASHED),
        ends_link=True,
        whole_browser=True,
    ),
    Fault(name="tab frozen for good", strike=freeze_tab, reasons=because(HUNG, CRASHED)),
    Fault(
        name="browser frozen for good",
        strike=freeze_browser,
        reasons=because(HUNG, CRASHED),
        ends_link=True,
        whole_browser=True,
    ),
    Fault(
        name="tab frozen for a while",
        strike=pause_browser(FROZEN_S, tab=True),
        reasons=because(HUNG, CRASHED),
    ),
    Fault(
        name="browser frozen for a while",
        strike=pause_browser(FROZEN_S),
        reasons=because(HUNG, CRASHED),
        whole_browser=True,
    ),
    Fault(name="browser has a hiccup", strike=pause_browser(HICCUP_S), whole_browser=True),
    Fault(name="connection cut", strike=drop(0)),
    Fault(
        name="network away",
        strike=drop(AWAY_S),
        reasons=because(AWAY),
        opening=because(AWAY, Reason.INITIALIZE_TIMED_OUT),
    ),
    Fault(
        name="script crashes the tab",
        strike=misbehave("crash"),
        reasons=because(CRASHED),
        ends_link=True,
    ),
    Fault(name="script never yields", strike=misbehave("hang"), reasons=because(HUNG, CRASHED)),
    Fault(
        name="page refused next time",
        strike=kill_and_play("page_unreachable"),
        reasons=because(CRASHED, UNREACHABLE),
        ends_link=True,
    ),
    Fault(
        name="page in part next time",
        strike=kill_and_play("bundles_unreachable"),
        reasons=because(CRASHED, UNREACHABLE),
        ends_link=True,
    ),
    Fault(
        name="page silent next time",
        strike=kill_and_play("page_never_answers"),
        reasons=because(CRASHED, UNREACHABLE),
        ends_link=True,
    ),
    Fault(
        name="login silent next time",
        strike=kill_and_play("authentication_hangs"),
        reasons=because(CRASHED, Reason.AUTHENTICATION_TIMED_OUT, Reason.INITIALIZE_TIMED_OUT),
        ends_link=True,
    ),
    Fault(
        name="opened elsewhere",
        strike=open_elsewhere,
        reasons=because(Reason.STREAM_REPLACED),
        stays=Reason.STREAM_REPLACED,
        remedy="reconnect",
    ),
    Fault(
        name="unlinked by its phone",
        strike=unlink,
        reasons=because(Reason.PHONE_UNLINKED),
        stays=Reason.PHONE_UNLINKED,
        remedy="retry",
    ),
    Fault(
        name="handed over",
        strike=hand_over,
        reasons=because(Reason.HANDED_OVER),
        needs_standby=True,
    ),
)
