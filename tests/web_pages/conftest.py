"""One browser for the folder; every test has an installation and a profile of its own."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from adapters.browser.discovery import find_browser
from adapters.keys import Keys
from adapters.sandbox import RunningSandbox, SandboxSettings, run_sandbox
from tests.running_api import MASTER_KEY, RunningApi, running_api

LIMIT_MS = 10_000
expect.set_options(timeout=LIMIT_MS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """Start the browser that the product would use."""
    choice = find_browser(os.environ)
    assert choice is not None, "These tests need a Chromium; `./linkwright doctor` tells more."
    arguments = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to start as root otherwise
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=choice.path, args=arguments, headless=True
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[RunningSandbox]:
    """Run the stand-in page's server, for its scenes."""
    settings = SandboxSettings(
        control_token=Keys(MASTER_KEY).sandbox_control,
        state_file=tmp_path_factory.mktemp("sandbox") / "state.json",
    )
    async with run_sandbox(settings) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str, tmp_path: Path, sandbox: RunningSandbox) -> AsyncGenerator[RunningApi]:
    """Serve API and pages on a database of the test's own."""
    async with running_api(database, tmp_path, sandbox_port=sandbox.port) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, api: RunningApi) -> AsyncGenerator[Page]:
    """Open a page that fails the test when a script breaks or something is blocked."""
    context = await browser.new_context(base_url=api.url)
    context.set_default_timeout(LIMIT_MS)
    opened = await context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on(
        "console",
        lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield opened
    await context.close()
    assert broken == []


@pytest_asyncio.fixture(loop_scope="session")
async def operator(page: Page, api: RunningApi) -> Page:
    """Sign in with the API key, as a person does."""
    await page.goto("/")
    await page.get_by_label("API key").fill(api.key)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    return page
