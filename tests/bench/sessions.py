"""Sessions beside whatsapp-web.js: times, memory, what kills leave behind, how scenes end.

All run on the same stand-in page in the same run, with this machine's browsers: Linkwright with
the one that it chooses, for each account or, once more, with one that accounts share;
whatsapp-web.js with a full one, as its default is.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters import clock
from adapters.browser.discovery import browser_version, find_browser
from app.cli.figures import Report, machine
from app.launcher.qt_webengine import FOLDER, engine_version, why_not_here
from tests.bench.contestants import full_browser, track
from tests.bench.session_leftovers import measure_leftovers
from tests.bench.session_memory import measure_memory, too_little_memory
from tests.bench.session_report import OfSide, Taken, sessions_report
from tests.bench.session_scenes import PACE, rehearse_own, rehearse_peer
from tests.bench.session_sides import Side, own_side, peer_side, shared_side
from tests.bench.session_times import measure_times
from tests.end_to_end.installation import Installation
from tests.end_to_end.story import Story

ACCOUNTS = (1, 5, 20)
SERVICE_RESTARTS = 3

Say = Callable[[str], None]


def measure(say: Say, samples: int) -> Report:
    """Take the times `samples` times, all else once; what is started here is stopped here."""
    browser = find_browser(os.environ)
    if browser is None:
        raise RuntimeError("No browser was found; `./linkwright doctor` says what to install.")
    own, peer = own_side(browser), peer_side(full_browser())
    shared = shared_side(os.environ)
    about = machine(
        browser=f"{browser.flavour} {browser_version(browser)}",
        other_browser=f"{peer.browser.flavour} {browser_version(peer.browser)}",
    )
    taken = Taken()
    ours = [(own, taken.own)]
    if shared is None:
        taken.skipped["linkwright-shared"] = why_not_here() or f"{FOLDER} names no browser"
    else:
        version = engine_version(shared.browser.path, Path(sys.executable), os.environ)
        about["shared_browser"] = f"{shared.browser.flavour} {version}"
        taken.shared = OfSide()
        ours.append((shared, taken.shared))
    asyncio.run(_run([*ours, (peer, taken.peer)], samples, taken.skipped, say))
    for side, of_side in ours:
        with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
            of_side.scenes = rehearse_own(side, Path(folder), say)
        with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
            of_side.service_restart = _restart_service(side, Path(folder), say)
    return sessions_report(taken, about)


async def _run(
    sides: Sequence[tuple[Side, OfSide]], samples: int, skipped: dict[str, str], say: Say
) -> None:
    """Measure all that needs no whole service. The last one is the peer."""
    async with track() as on:
        times = await measure_times(on, [side for side, _ in sides], samples, say)
        for (_, of_side), of_times in zip(sides, times, strict=True):
            of_side.times = of_times
        for number, accounts in enumerate(ACCOUNTS):
            for side, of_side in sides if number % 2 == 0 else reversed(sides):
                say(f"{side.name}: memory of {accounts} …")
                why = too_little_memory(accounts)
                if why is None:
                    of_side.weights.append(await measure_memory(on, side, accounts))
                else:
                    skipped[f"memory of {accounts} ({side.name})"] = why
        for side, of_side in sides:
            of_side.leftovers = await measure_leftovers(on, side, say)
    peer, of_peer = sides[-1]
    async with track(time_scale=PACE) as on:
        of_peer.scenes = await rehearse_peer(on, peer, say)


def _restart_service(side: Side, folder: Path, say: Say) -> list[float]:
    """Stop the whole service and start it again; the account comes back by itself."""
    own = Installation(folder, side.settings)
    own.start()
    taken: list[float] = []
    try:
        with own.client() as client:
            story = Story(client, workspace="w-restart")
            story.link_to_ready()
            for number in range(SERVICE_RESTARTS):
                say(f"{side.name}: restart of the service, {number + 1} of {SERVICE_RESTARTS} …")
                own.stop()
                began_s = clock.monotonic_s()
                own.start()
                story.until("READY")
                taken.append(clock.monotonic_s() - began_s)
        return taken
    finally:
        own.stop()
