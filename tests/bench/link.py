"""From `POST …/link` to the first QR in the client's hands, and from the scan to READY.

A whole Linkwright is started in a folder of its own, against the stand-in page at WhatsApp's own
pace, and asked over HTTP alone. All moments are read off one machine's clocks: spans are taken with
this process's monotonic clock; only `code_seen_to_feed` compares the time of day in an event with
ours, and both processes read the same clock.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from adapters import clock
from adapters.browser.discovery import BrowserChoice, browser_version, find_browser
from adapters.keys import load_keys
from app.cli.figures import Figure, Report, figure, machine, ratio
from tests.bench.bare_page import BarePage, Floor, Phone
from tests.end_to_end.installation import Installation
from tests.event_stream import EventStream, StreamEvent, event_stream

WARM_AIM_S, COLD_AIM_S, OVERHEAD_AIM_MS = 2.0, 5.0, 50.0
"""Issue 2, "How it is judged"."""
COLD_STARTS = 3
"""Each costs some 5 s, and one alone would say little."""
LIMIT_S = 60.0
"""For one link from start to end; it takes 6 s."""
LOOK_PAUSE_S = 0.005
"""Between two looks at whether the page shows its code yet."""
PNG = b"\x89PNG\r\n\x1a\n"
PACE = {"LINKWRIGHT_SANDBOX_TIME_SCALE": "1"}

Say = Callable[[str], None]


class Samples:
    """What was measured, in seconds."""

    def __init__(self) -> None:
        self.cold_first_qr: list[float] = []
        self.warm_first_qr: list[float] = []
        self.scan_to_ready: list[float] = []
        self.first_code_to_feed: list[float] = []
        self.code_seen_to_feed: list[float] = []
        self.new_code_to_feed: list[float] = []


def measure(say: Say, samples: int) -> Report:
    """Measure each thing `samples` times; what is started here is stopped and deleted here."""
    browser = find_browser(os.environ)
    if browser is None:
        raise RuntimeError("No browser was found; `./linkwright doctor` says what to install.")
    about = machine(browser=f"{browser.flavour} {browser_version(browser)}")
    taken, floor = Samples(), Floor()
    with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
        own = Installation(Path(folder), PACE)
        for number in range(COLD_STARTS):
            last = number == COLD_STARTS - 1
            say(f"Cold start {number + 1} of {COLD_STARTS} …")
            try:
                own.start()
                asyncio.run(_link_cold(own, taken))
                if last:
                    asyncio.run(_link_warm(own, taken, samples, say))
                    asyncio.run(_without_us(own, floor, samples, say, browser))
            finally:
                if own.pids("up"):
                    own.stop()
    return link_report(taken, floor, about)


async def _link_cold(own: Installation, taken: Samples) -> None:
    async with clients(own) as (api, phone):
        taken.cold_first_qr.append(await _link_once(api, phone, Samples()))


async def _link_warm(own: Installation, taken: Samples, samples: int, say: Say) -> None:
    """Link account after account, as a service does that has been running for a while."""
    async with clients(own) as (api, phone):
        for number in range(samples):
            say(f"Link {number + 1} of {samples} …")
            taken.warm_first_qr.append(await _link_once(api, phone, taken))
        say("New codes on a page that is open …")
        await _show_new_codes(api, phone, taken, samples)


async def _link_once(api: httpx.AsyncClient, phone: Phone, taken: Samples) -> float:
    """Link one account and destroy it; returns the time to the first QR's last byte."""
    account_id = await register(api)
    async with asyncio.timeout(LIMIT_S), event_stream(api, feed_of(account_id)) as feed:
        looking = asyncio.create_task(_last_look_without_code(phone, account_id))
        began_s = clock.monotonic_s()
        (await api.post(f"/v1/accounts/{account_id}/link", json={})).raise_for_status()
        code = await next_item(feed, "qr")
        item_s, item_at = clock.monotonic_s(), clock.now()
        image = await api.get(code.data["data"]["image_url"])
        first_qr_s = clock.monotonic_s() - began_s
        if not image.content.startswith(PNG):
            raise RuntimeError(f"no PNG but {image.status_code}: {image.text[:200]}")
        taken.first_code_to_feed.append(item_s - await looking)
        taken.code_seen_to_feed.append((item_at - _at(code)).total_seconds())
        taken.scan_to_ready.append(await _scan(phone, account_id, feed))
    (await api.delete(f"/v1/accounts/{account_id}")).raise_for_status()
    return first_qr_s


async def _last_look_without_code(phone: Phone, account_id: str) -> float:
    """Tell when the page was last seen without a code.

    The page paints after that, so what is counted from here on is too long, by up to one pause and
    one look, and never too short.
    """
    pause = asyncio.Event()  # nobody sets it: waiting for it is the pause
    without_s = clock.monotonic_s()
    while True:
        asked_s = clock.monotonic_s()
        if await phone.sees_code(account_id):
            return without_s
        without_s = asked_s
        try:
            await asyncio.wait_for(pause.wait(), LOOK_PAUSE_S)
        except TimeoutError:
            continue


async def _scan(phone: Phone, account_id: str, feed: EventStream) -> float:
    began_s = clock.monotonic_s()
    scanning = asyncio.create_task(phone.scan(account_id))
    await next_item(feed, "ready")
    ready_s = clock.monotonic_s()
    await scanning
    return ready_s - began_s


async def _show_new_codes(
    api: httpx.AsyncClient, phone: Phone, taken: Samples, samples: int
) -> None:
    """Have an open page paint one new code after the other, as when a code's time is over.

    Counted from our word to the stand-in's server, so the page's own painting is in it;
    `bare_new_code` measures how much that is.
    """
    account_id = await register(api)
    async with asyncio.timeout(LIMIT_S), event_stream(api, feed_of(account_id)) as feed:
        (await api.post(f"/v1/accounts/{account_id}/link", json={})).raise_for_status()
        await next_item(feed, "qr")
        for _ in range(samples):
            began_s = clock.monotonic_s()
            await phone.retire_secret(account_id)
            code = await next_item(feed, "qr")
            taken.new_code_to_feed.append(clock.monotonic_s() - began_s)
            taken.code_seen_to_feed.append((clock.now() - _at(code)).total_seconds())
    (await api.delete(f"/v1/accounts/{account_id}")).raise_for_status()


async def _without_us(
    own: Installation, floor: Floor, samples: int, say: Say, browser: BrowserChoice
) -> None:
    """Do the same with the browser alone: nothing that opens this page can be faster."""
    async with clients(own) as (_, phone), BarePage(browser, own.sandbox_port) as bare:
        for number in range(samples):
            say(f"The browser alone, {number + 1} of {samples} …")
            async with asyncio.timeout(LIMIT_S):
                await bare.link_once(f"bare_{number}", phone, floor)
        async with asyncio.timeout(LIMIT_S):
            await bare.show_new_codes("bare_codes", phone, floor, samples)


@asynccontextmanager
async def clients(own: Installation) -> AsyncGenerator[tuple[httpx.AsyncClient, Phone]]:
    token = load_keys(os.environ, own.data / "master.key").sandbox_control
    async with (
        httpx.AsyncClient(
            base_url=own.url,
            headers={"Authorization": f"Bearer {own.api_key}"},
            timeout=LIMIT_S,
            trust_env=False,
        ) as api,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{own.sandbox_port}/control/accounts",
            headers={"Authorization": f"Bearer {token}"},
            timeout=LIMIT_S,
            trust_env=False,
        ) as control,
    ):
        yield api, Phone(control)


async def register(api: httpx.AsyncClient) -> str:
    answer = await api.post("/v1/accounts", json={"workspace": "bench", "site": "sandbox"})
    registered: dict[str, Any] = answer.raise_for_status().json()
    return str(registered["account"]["id"])


def feed_of(account_id: str) -> str:
    return f"/v1/feed?account={account_id}"


async def next_item(feed: EventStream, wanted: str) -> StreamEvent:
    while True:
        item = await feed.item()
        if item.type == wanted:
            return item
        if item.type in ("link.failed", "disconnected"):
            raise RuntimeError(f"the link failed while {wanted} was awaited: {item.data}")


def _at(item: StreamEvent) -> datetime:
    return datetime.fromisoformat(item.data["at"])


def link_report(taken: Samples, floor: Floor, about: dict[str, Any]) -> Report:
    references = floor.figures()
    painting_s = references["bare_new_code"].median / 1000.0
    figures = _figures(taken) | {
        "overhead": figure(
            [sample_s - painting_s for sample_s in taken.new_code_to_feed],
            "what of it is ours: each less the median of bare_new_code, the page's own painting",
            unit="ms",
            aim=OVERHEAD_AIM_MS,
        )
    }
    pairs = (
        "warm_first_qr / bare_first_qr",
        "cold_first_qr / bare_first_qr",
        "scan_to_ready / bare_scan_to_chats",
    )
    return Report(
        figures=figures,
        references=references,
        ratios={pair: ratio(figures, references, pair) for pair in pairs},
        machine=about,
    )


def _figures(taken: Samples) -> dict[str, Figure]:
    return {
        "cold_first_qr": figure(
            taken.cold_first_qr, "POST link to the PNG's last byte, first link", aim=COLD_AIM_S
        ),
        "warm_first_qr": figure(
            taken.warm_first_qr, "the same for the links after it", aim=WARM_AIM_S
        ),
        "scan_to_ready": figure(
            taken.scan_to_ready, "scan to READY at the client; the page syncs for 2 s of it"
        ),
        "first_code_to_feed": figure(
            taken.first_code_to_feed,
            "page shows its first code to the feed's item; wa-js starts within it (upper bound)",
            unit="ms",
        ),
        "new_code_to_feed": figure(
            taken.new_code_to_feed,
            "open page told to show a new code to the feed's item",
            unit="ms",
        ),
        "code_seen_to_feed": figure(
            taken.code_seen_to_feed, "the worker sees a code to the feed's item", unit="ms"
        ),
    }
