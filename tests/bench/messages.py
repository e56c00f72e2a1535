"""From an accepted message to its `message.sent`, beside the page's own time for the same.

A whole Linkwright sends texts one after the other from one account, asked over HTTP alone; then the
same text is sent in a browser that only Playwright drives, through the same wa-js and on the same
stand-in page. What is left between the two is ours: the log, the queue, the content's seal, and the
way into the page.
"""

import asyncio
import os
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from adapters import clock
from adapters.browser.assets import find_wa_js
from adapters.browser.discovery import browser_version, find_browser
from app.cli.figures import Report, figure, machine, ratio
from tests.bench.bare_page import LIMIT_MS, BarePage, Phone
from tests.bench.link import LIMIT_S, clients, feed_of, next_item, register
from tests.end_to_end.installation import Installation
from tests.event_stream import event_stream

RECIPIENT = "491709999999"
TEXT = "Your order ORD-2025-001 has left our warehouse."
ENVIRONMENT = {
    "LINKWRIGHT_SANDBOX_TIME_SCALE": "1",
    "LINKWRIGHT_STANDBY": "off",
    "LINKWRIGHT_MESSAGES_PER_MINUTE": "600",
}
MOST_S = 2.0
"""For one message; it takes a quarter of a second."""
FIRST = 1
"""The first message of a chat costs the page more: it is sent, and left out on both sides."""
BARE_SEND = """async ([recipient, text]) => {
    const found = await WPP.contact.queryWidExists(`${recipient}@c.us`);
    const chat = (await WPP.chat.find(found.wid)).id;
    const options = { linkPreview: false, detectMentioned: false, markIsRead: false };
    const sent = await WPP.chat.sendTextMessage(chat, text, options);
    return (await sent.sendMsgResult).messageSendResult ?? (await sent.sendMsgResult);
}"""
"""What our bridge asks of wa-js (adapters/browser/messages.js), without the bridge."""
USABLE = "() => window.WPP?.isReady && WPP.conn.getStreamData().mode === 'MAIN'"

Say = Callable[[str], None]


class Samples:
    """What was measured, in seconds."""

    def __init__(self) -> None:
        self.accept: list[float] = []
        self.sent: list[float] = []
        self.bare: list[float] = []


def measure(say: Say, samples: int) -> Report:
    """Send `samples` texts on each side; what is started here is stopped and deleted here."""
    browser = find_browser(os.environ)
    if browser is None:
        raise RuntimeError("No browser was found; `./linkwright doctor` says what to install.")
    about = machine(browser=f"{browser.flavour} {browser_version(browser)}")
    taken = Samples()
    with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
        own = Installation(Path(folder), ENVIRONMENT)
        try:
            say("Starting Linkwright …")
            own.start()
            asyncio.run(_send(own, taken, samples, say))
            bare = WithWaJs(browser, own.sandbox_port)
            asyncio.run(_send_without_us(own, bare, taken, samples, say))
        finally:
            if own.pids("up"):
                own.stop()
    return messages_report(taken, about)


async def _send(own: Installation, taken: Samples, samples: int, say: Say) -> None:
    async with clients(own) as (api, phone):
        account_id = await register(api)
        async with (
            asyncio.timeout(LIMIT_S + samples * MOST_S),
            event_stream(api, feed_of(account_id)) as feed,
        ):
            (await api.post(f"/v1/accounts/{account_id}/link", json={})).raise_for_status()
            await next_item(feed, "qr")
            await phone.scan(account_id)
            await next_item(feed, "ready")
            for number in range(samples + FIRST):
                say(f"Message {number + 1} of {samples + FIRST} …")
                asked_s = clock.monotonic_s()
                await _accepted(api, account_id)
                accepted_s = clock.monotonic_s()
                await next_item(feed, "message.sent")
                if number >= FIRST:
                    taken.accept.append(accepted_s - asked_s)
                    taken.sent.append(clock.monotonic_s() - accepted_s)
        (await api.delete(f"/v1/accounts/{account_id}")).raise_for_status()


async def _accepted(api: httpx.AsyncClient, account_id: str) -> None:
    body = {"to": f"+{RECIPIENT}", "text": TEXT}
    answer = await api.post(f"/v1/accounts/{account_id}/messages", json=body)
    answer.raise_for_status()


async def _send_without_us(
    own: Installation, bare: "WithWaJs", taken: Samples, samples: int, say: Say
) -> None:
    async with clients(own) as (_, phone), bare:
        async with asyncio.timeout(LIMIT_S + samples * MOST_S):
            say("The browser alone …")
            await bare.send("bare_messages", phone, taken.bare, samples)


class WithWaJs(BarePage):
    """The page with wa-js in it, and nothing of ours."""

    async def send(self, account: str, phone: Phone, taken: list[float], samples: int) -> None:
        """Link, then send one text after the other."""
        async with AsyncExitStack() as stack:
            page = await self.open(account, stack)
            await page.context.add_init_script(find_wa_js(os.environ).read_text("utf-8"))
            await page.reload(wait_until="commit")
            await page.wait_for_function("() => window.WPP?.isReady", timeout=LIMIT_MS)
            await page.wait_for_selector("[data-ref]:not([data-ref=''])", state="attached")
            await phone.scan(account)
            await page.wait_for_function(USABLE, timeout=LIMIT_MS)
            for number in range(samples + FIRST):
                began_s = clock.monotonic_s()
                outcome = await page.evaluate(BARE_SEND, [RECIPIENT, TEXT])
                if outcome != "OK":
                    raise RuntimeError(f"the bare page did not send: {outcome}")
                if number >= FIRST:
                    taken.append(clock.monotonic_s() - began_s)


def messages_report(taken: Samples, about: dict[str, Any]) -> Report:
    """Boil it down; `overhead` is what is left of a send without the page's own median."""
    references = {
        "bare_send": figure(taken.bare, "wa-js sends the text on a bare page", unit="ms"),
    }
    page_s = references["bare_send"].median / 1000.0
    figures = {
        "accept": figure(taken.accept, "POST to its 202", unit="ms"),
        "accepted_to_sent": figure(taken.sent, "the 202 to the feed's message.sent", unit="ms"),
        "overhead": figure(
            [sample_s - page_s for sample_s in taken.sent],
            "what of it is ours: each less the median of bare_send",
            unit="ms",
        ),
    }
    pairs = ("accepted_to_sent / bare_send",)
    return Report(
        figures=figures,
        references=references,
        ratios={pair: ratio(figures, references, pair) for pair in pairs},
        machine=about,
    )
