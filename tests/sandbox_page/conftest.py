"""One browser and one sandbox for the folder; every test has an account of its own."""

import uuid
from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright

from adapters.sandbox import RunningSandbox, SandboxSettings, run_sandbox
from tests.plain_http import NO_TLS
from tests.sandbox_page.plain_page import PlainPage
from tests.sandbox_page.stand_in import (
    TOKEN,
    Phone,
    WhatsAppPage,
    browsers,
    launch_options,
)

SCALE = 20  # the first code lives 3 s, later ones 1 s


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[RunningSandbox]:
    state = tmp_path_factory.mktemp("sandbox") / "state.json"
    settings = SandboxSettings(control_token=TOKEN, state_file=state, time_scale=SCALE)
    async with run_sandbox(settings) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncGenerator[Playwright]:
    async with async_playwright() as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(playwright: Playwright) -> AsyncGenerator[Browser]:
    launched = await playwright.chromium.launch(**launch_options(browsers()[0]))
    yield launched
    await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncGenerator[BrowserContext]:
    opened = await browser.new_context()
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def control(sandbox: RunningSandbox) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        base_url=sandbox.url, headers=headers, timeout=20, verify=NO_TLS
    ) as client:
        yield client


@pytest.fixture
def account() -> str:
    return f"acc_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def phone(control: httpx.AsyncClient, account: str) -> Phone:
    return Phone(control, account)


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, sandbox: RunningSandbox, account: str) -> WhatsAppPage:
    """Return a page with wa-js, not opened yet."""
    return await WhatsAppPage.create(context, f"{sandbox.url}/a/{account}/")


@pytest_asyncio.fixture(loop_scope="session")
async def plain(context: BrowserContext, sandbox: RunningSandbox, account: str) -> PlainPage:
    return PlainPage(await context.new_page(), f"{sandbox.url}/a/{account}/")
