"""The stand-in page in a browser that Playwright has launched, with nothing of ours around it."""

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import httpx
from playwright.async_api import BrowserContext, Page, Playwright, async_playwright

from adapters import clock
from adapters.browser.discovery import BrowserChoice
from app.cli.figures import Figure, figure

CODE = '[data-ref]:not([data-ref=""]) canvas'
CHATS = "#pane-side"
REPAINTED = """() => new Promise(painted => new MutationObserver(() => painted(true)).observe(
    document.querySelector("[data-ref]"), {attributes: true, attributeFilter: ["data-ref"]}))"""
LIMIT_MS = 30_000.0
HTTP_NOT_FOUND = 404


class Phone:
    """The stand-in's control routes. `client` has the address of its accounts, and the token."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def sees_code(self, account: str) -> bool:
        """Tell whether a page of the account shows a code."""
        answer = await self._client.get(f"/{account}")
        if answer.status_code == HTTP_NOT_FOUND:  # no page has been opened yet
            return False
        looked: dict[str, Any] = answer.raise_for_status().json()
        return any(page["code_on_show"] for page in looked["pages"])

    async def scan(self, account: str) -> None:
        """Scan what the page shows, with a number of the account's own."""
        number = f"999{abs(hash(account)) % 10**10:010d}"
        answer = await self._client.post(f"/{account}/phone/scan", json={"phone_number": number})
        answer.raise_for_status()

    async def retire_secret(self, account: str) -> None:
        """Make the page paint a new code."""
        event = {"kind": "companion_reg_refresh"}
        (await self._client.post(f"/{account}/server/event", json=event)).raise_for_status()


class Floor:
    """What was measured without us, in seconds."""

    def __init__(self) -> None:
        self.first_qr: list[float] = []
        self.scan_to_chats: list[float] = []
        self.new_code: list[float] = []

    def figures(self) -> dict[str, Figure]:
        """Boil it down."""
        return {
            "bare_first_qr": figure(self.first_qr, "launch to the code in the page's DOM"),
            "bare_scan_to_chats": figure(self.scan_to_chats, "scan to the chats in the page's DOM"),
            "bare_new_code": figure(
                self.new_code, "open page told to show a new code to its DOM", unit="ms"
            ),
        }


class BarePage:
    """Launches the browser as Playwright does by default, on a profile of its own each time."""

    def __init__(self, browser: BrowserChoice, sandbox_port: int) -> None:
        self._browser = browser
        self._sandbox = f"http://127.0.0.1:{sandbox_port}"
        self._driver: Playwright | None = None
        self._stack = AsyncExitStack()

    async def link_once(self, account: str, phone: Phone, floor: Floor) -> None:
        """Launch, wait for the code, scan it, wait for the chats."""
        async with AsyncExitStack() as stack:
            began_s = clock.monotonic_s()
            page = await self.open(account, stack)
            floor.first_qr.append(clock.monotonic_s() - began_s)
            began_s = clock.monotonic_s()
            scanning = asyncio.create_task(phone.scan(account))
            await page.wait_for_selector(CHATS, state="attached", timeout=LIMIT_MS)
            floor.scan_to_chats.append(clock.monotonic_s() - began_s)
            await scanning

    async def show_new_codes(self, account: str, phone: Phone, floor: Floor, samples: int) -> None:
        """Have an open page paint one new code after the other."""
        async with AsyncExitStack() as stack:
            page = await self.open(account, stack)
            for _ in range(samples):
                painted = asyncio.create_task(page.evaluate(REPAINTED))
                await page.evaluate("0")  # calls are in order: the observer is in place after it
                began_s = clock.monotonic_s()
                await phone.retire_secret(account)
                await painted
                floor.new_code.append(clock.monotonic_s() - began_s)

    async def open(self, account: str, stack: AsyncExitStack) -> Page:
        profile = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="linkwright-bench-", ignore_cleanup_errors=True)
        )
        context = await self._launch(profile)
        stack.push_async_callback(context.close)
        page = context.pages[0]
        await page.goto(f"{self._sandbox}/a/{account}/", wait_until="commit", timeout=LIMIT_MS)
        await page.wait_for_selector(CODE, state="attached", timeout=LIMIT_MS)
        return page

    async def _launch(self, profile: str) -> BrowserContext:
        if self._driver is None:
            raise RuntimeError("use it as a context manager")
        return await self._driver.chromium.launch_persistent_context(
            profile,
            executable_path=self._browser.path,
            headless=True,
            chromium_sandbox=os.geteuid() != 0,
            timeout=LIMIT_MS,
        )

    async def __aenter__(self) -> Self:
        self._driver = await self._stack.enter_async_context(async_playwright())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close whatever is open."""
        await self._stack.aclose()
