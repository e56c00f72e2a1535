"""How each scene of the stand-in ends: what Linkwright says and when, and what the other says.

Linkwright runs whole, as the deadlines are the service's. Both have the same pages at the same
pace, and the phone scans in both. The shortened deadlines are those of the rehearsal that tests
the scenes, which also says what the truth is.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from adapters import clock
from tests.bench.contestants import Contestant, SilentError, Track
from tests.bench.session_sides import Side
from tests.end_to_end.installation import Installation
from tests.end_to_end.rehearsals import REHEARSALS, Rehearsal
from tests.end_to_end.story import SETTLED, Story

PACE = 10.0
"""Ten times WhatsApp's: the first code lives 6 s."""
LIMIT_S = 60.0
"""For one scene to end by itself; a page that never answers takes 25 s (Limits.goto_s)."""
CODE_LIMIT_S = 15.0
"""For a scene's first code, after which the phone does not wait for it any more."""
AT_ONCE = 4
"""Scenes; browsers that are left over by scenes before come on top."""
ENDS = ("ready", "auth_failure", "disconnected", "problem")
"""Events of whatsapp-web.js after which somebody who listens knows how it ended."""
NONE = "none"
EVERY_LOAD = None
"""A browser may ask again by itself for a page that it did not get, and a client may load it anew:
the scene is played then, too."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """How a scene ended. `seconds` is from the order to open; of none, the limit."""

    said: str
    true: bool
    seconds: float


def rehearse_own(side: Side, folder: Path, say: Say) -> dict[str, Outcome]:
    """Play every scene on an installation in this folder."""
    # Nothing brings a link back before anybody can look: the other has nothing that does.
    environment = {"LINKWRIGHT_STANDBY": "off", "LINKWRIGHT_SANDBOX_TIME_SCALE": f"{PACE:g}"}
    own = Installation(folder, {**environment, **side.settings})
    own.start()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            playing = {each.id: pool.submit(_play_own, own, each) for each in REHEARSALS}
            outcomes: dict[str, Outcome] = {}
            for name, played in playing.items():
                say(f"{side.name}: scene {name} …")
                outcomes[name] = played.result()
            return outcomes
    finally:
        own.stop()


def _play_own(own: Installation, rehearsal: Rehearsal) -> Outcome:
    with own.client() as client:
        workspace = f"w-{rehearsal.id}"
        policy = {**rehearsal.policy, "reconnect_first_s": 60.0}
        story = Story(client, workspace=workspace, policy=policy)
        story.scene(rehearsal.scene, EVERY_LOAD, **rehearsal.params)
        began_s = clock.monotonic_s()
        story.link(wait_s=int(CODE_LIMIT_S), pairing_phone=rehearsal.pairing_phone)
        if rehearsal.scans:
            with suppress(AssertionError, httpx.HTTPError):  # what comes of it is looked at below
                story.scan(number(rehearsal), refused=rehearsal.scene == "scan_rejected")
        ends = ("FAILED", "DISCONNECTED") if rehearsal.passes_ready else SETTLED
        try:
            account = story.until(*ends, limit_s=LIMIT_S)
        except AssertionError:
            return Outcome(NONE, true=False, seconds=LIMIT_S)
        seconds = clock.monotonic_s() - began_s
        reason = account["reason"] and account["reason"]["code"]
        client.delete(f"/v1/accounts/{story.id}")
    said = account["status"] if reason is None else f"{account['status']} {reason}"
    true = (account["status"], reason) == (rehearsal.status, rehearsal.reason)
    return Outcome(said, true, seconds)


async def rehearse_peer(on: Track, side: Side, say: Say) -> dict[str, Outcome]:
    """Play every scene with the other one: one process, a few accounts at once."""
    contestant = await side.start(on, f"scenes-{side.name}")
    at_once = asyncio.Semaphore(AT_ONCE)

    async def play(rehearsal: Rehearsal) -> Outcome:
        async with at_once:
            say(f"{side.name}: scene {rehearsal.id} …")
            return await _play_peer(on, contestant, rehearsal)

    try:
        outcomes = await asyncio.gather(*map(play, REHEARSALS))
    finally:
        await contestant.close()
    return dict(zip((each.id for each in REHEARSALS), outcomes, strict=True))


async def _play_peer(on: Track, contestant: Contestant, rehearsal: Rehearsal) -> Outcome:
    account = f"scene_{rehearsal.id}"
    await on.plays(account, rehearsal.scene, EVERY_LOAD, **rehearsal.params)
    began_s = clock.monotonic_s()
    facts = {"port": await on.port(account), "pairing_phone": rehearsal.pairing_phone}
    await contestant.order("open", account, **facts)
    if rehearsal.scans:
        await _scan(on, contestant, account)
    wanted = ENDS[1:] if rehearsal.passes_ready else ENDS
    left_s = LIMIT_S - (clock.monotonic_s() - began_s)
    try:
        told = await contestant.hears(*wanted, account=account, limit_s=left_s)
    except SilentError:
        return Outcome(NONE, true=False, seconds=LIMIT_S)
    finally:
        seconds = clock.monotonic_s() - began_s
        await contestant.order("close", account)
    said = " ".join(str(told[x]) for x in ("event", "reason", "text") if x in told)
    true = (told["event"] == "ready") == (rehearsal.status == "READY")
    return Outcome(said.split("\n")[0][:70], true, seconds)


async def _scan(on: Track, contestant: Contestant, account: str) -> None:
    """Scan the code that was handed out last, until one is taken."""
    seen = 0
    with suppress(SilentError):
        while True:
            told = await contestant.hears(
                "qr", *ENDS, account=account, limit_s=CODE_LIMIT_S, after=seen
            )
            seen = contestant.told.index(told) + 1
            if told["event"] != "qr" or await on.scan(account, str(told["qr"])):
                return


def number(rehearsal: Rehearsal) -> str:
    """Give every scene a phone number of its own."""
    return f"49151{REHEARSALS.index(rehearsal):07d}"
