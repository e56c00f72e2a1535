"""What the tests of the sandbox share: a phone to drive, pages with wa-js in them, and patience."""

import asyncio
import os
from pathlib import Path
from typing import Any, TypedDict

import httpx
from playwright.async_api import BrowserContext, ConsoleMessage, Page

from adapters.browser.discovery import BrowserChoice, found_browsers
from tests.waiting import LIMIT_S, eventually

ROOT = Path(__file__).parents[2]
TOKEN = "a token of the tests"
NUMBER = "491701234567"
WA_JS = "@wppconnect/wa-js/dist/wppconnect-wa.js"
NO_TELEMETRY = "window.WPPConfig = { disableGoogleAnalytics: true };"
RECORD = """
window.heard = [];
for (const name of [
  "conn.auth_code_change", "conn.authenticated", "conn.logout", "conn.logout_reason",
  "conn.main_ready", "conn.needs_update", "conn.qrcode_idle", "conn.require_auth",
  "conn.stream_mode_changed", "conn.backend_event", "chat.msg_ack_change", "chat.new_message",
]) {
  WPP.on(name, (...facts) => window.heard.push({ name, facts: JSON.parse(JSON.stringify(facts)) }));
}
"""


class LaunchOptions(TypedDict):
    executable_path: Path
    args: list[str]


def installed(path: str) -> Path:
    """A file of an npm package; a test without it fails, because it could not say anything."""
    file = ROOT / "node_modules" / path
    assert file.exists(), f"node_modules/{path} is missing. Run: npm ci --ignore-scripts"
    return file


def browsers() -> list[BrowserChoice]:
    """One of each flavour that this machine has, the best first."""
    found = {choice.flavour: choice for choice in reversed([*found_browsers(os.environ)])}
    assert found, "No browser was found. Run ./linkwright up once: it installs one."
    return sorted(found.values(), key=[*found_browsers(os.environ)].index)


def launch_options(choice: BrowserChoice) -> LaunchOptions:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": choice.path, "args": arguments}


class Phone:
    """The control of one account."""

    def __init__(self, client: httpx.AsyncClient, account: str) -> None:
        self.account = account
        self.client = client
        self.path = f"/control/accounts/{account}"

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.client.post(self.path + path, json=body)

    async def does(self, path: str, body: object = None) -> dict[str, Any]:
        answer = await self.post(path, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def plays(self, name: str, times: int | None = 1, **params: object) -> None:
        body = {"name": name, "params": params, "times": times}
        answer = await self.client.put(f"{self.path}/scene", json=body)
        assert answer.is_success, answer.text

    async def sees(self) -> dict[str, Any]:
        answer = await self.client.get(self.path)
        assert answer.is_success, answer.text
        return answer.json()

    async def scan(self, text: str | None, number: str = NUMBER) -> httpx.Response:
        return await self.post("/phone/scan", {"qr": text, "phone_number": number})


class WhatsAppPage:
    """A page of the stand-in with unmodified wa-js in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    @classmethod
    async def create(cls, context: BrowserContext, url: str) -> "WhatsAppPage":
        """The page is not opened yet. `add_init_script` is the only way past its CSP."""
        page = await context.new_page()
        await page.add_init_script(NO_TELEMETRY)
        await page.add_init_script(path=installed(WA_JS))
        await page.add_init_script(RECORD)
        return cls(page, url)

    async def open(self) -> "WhatsAppPage":
        await self.page.goto(self.url)
        return self

    async def asks(self, expression: str) -> Any:  # noqa: ANN401 - what the page answers
        return await asyncio.wait_for(self.page.evaluate(expression), LIMIT_S)

    async def until(self, expression: str) -> None:
        await self.page.wait_for_function(f"() => {expression}", timeout=LIMIT_S * 1000)

    async def code(self, other_than: str | None = None) -> str:
        """The text that the page paints, once it is not `other_than`."""

        async def read() -> str | None:
            holder = self.page.locator("[data-ref]:has(canvas)")
            if not await holder.count():
                return None
            text = await holder.get_attribute("data-ref")
            return text if text != other_than else None

        return str(await eventually(read))

    async def full_ready(self) -> None:
        await self.until("window.WPP?.isFullReady")

    async def mode(self, wanted: str) -> None:
        await self.until(f"window.WPP?.isReady && WPP.conn.getStreamData().mode === '{wanted}'")

    async def heard(self, name: str) -> list[Any]:
        return [
            one["facts"] for one in await self.asks("() => window.heard") if one["name"] == name
        ]

    async def link(self, phone: Phone, number: str = NUMBER) -> None:
        """Scan what is on show; a code that was replaced in between is read again."""
        text = None
        while True:
            text = await self.code(other_than=text)
            answer = await phone.scan(text, number)
            if answer.is_success:
                break
            assert answer.json()["cause"] == "stale", answer.text
        await self.mode("MAIN")
