"""The scenes of a page that shows a code or is linked, and that every scene has its test."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright

from adapters.sandbox.scenes import SCENES
from tests.sandbox_page.plain_page import SOCKET, PlainPage
from tests.sandbox_page.stand_in import Phone, browsers, launch_options
from tests.waiting import LIMIT_S, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def _doomed_page(browser: Browser, url: str) -> AsyncGenerator[PlainPage]:
    """A page that may die: its context is closed with a limit."""
    context = await browser.new_context()
    yield PlainPage(await context.new_page(), url)
    await asyncio.wait_for(context.close(), LIMIT_S)


async def test_every_scene_has_a_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_scenes*.py"))
    tested = set(re.findall(r"def test_scene_(\w+)", tests))
    assert {name for name in SCENES if not any(one.startswith(name) for one in tested)} == set()


async def test_scene_session_dead(plain: PlainPage, phone: Phone) -> None:
    await plain.open()
    await plain.link(phone)
    await phone.plays("session_dead")
    async with plain.page.expect_navigation(url="**/?post_logout=1*"):
        await plain.open()
    await plain.link(phone)
    assert len((await phone.sees())["linked_devices"]) == 1


async def test_scene_logout(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("logout", after_s=2)
    await plain.open()
    await plain.link(phone)
    await plain.page.wait_for_url("**/?post_logout=1&logout_reason=unknown_companion")
    await plain.link(phone)


async def test_scene_conflict(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("conflict", after_s=2)
    await plain.open()
    await plain.link(phone)
    await plain.mode("CONFLICT")
    await plain.page.get_by_role("button", name="Use here").click()
    await plain.mode("MAIN")


async def test_scene_open_elsewhere(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("open_elsewhere")
    await plain.open()
    await plain.code()
    assert (await phone.scan(None)).is_success
    await plain.mode("CONFLICT")
    await plain.open()
    await plain.mode("MAIN")


async def test_scene_page_falls_silent(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("page_falls_silent", after_s=2)
    await plain.open()
    await plain.link(phone)
    silent = "() => { try { return require('WAWebStreamModel').Stream.mode; } catch { return 1; } }"
    await eventually(lambda: plain.asks(f"async () => ({silent})() === 1"))
    await plain.open()
    await plain.mode("MAIN")


@pytest.mark.parametrize("moment", ["qr", "ready"])
async def test_scene_crash(browser: Browser, plain: PlainPage, phone: Phone, moment: str) -> None:
    await _crash(browser, plain.url, phone, moment)


async def test_scene_crash_in_every_other_browser_here(
    playwright: Playwright, plain: PlainPage, phone: Phone
) -> None:
    for choice in browsers()[1:]:
        other = await playwright.chromium.launch(**launch_options(choice))
        await _crash(other, plain.url, phone, "qr")
        await other.close()


async def _crash(browser: Browser, url: str, phone: Phone, moment: str) -> None:
    await phone.plays("crash", at=moment, after_s=2)
    async with _doomed_page(browser, url) as doomed:
        crashed = asyncio.Event()
        doomed.page.on("crash", lambda _: crashed.set())
        await doomed.open()
        if moment == "ready":
            await doomed.link(phone)
        await asyncio.wait_for(crashed.wait(), LIMIT_S)
        again = PlainPage(await doomed.page.context.new_page(), url)
        await again.open()
        await (again.mode("MAIN") if moment == "ready" else again.code())


async def test_scene_page_hangs(browser: Browser, plain: PlainPage, phone: Phone) -> None:
    await phone.plays("page_hangs", at="qr", after_s=1)
    async with _doomed_page(browser, plain.url) as doomed:
        await doomed.open()

        async def silent() -> bool:
            try:
                await asyncio.wait_for(doomed.page.evaluate("() => 1"), 1)
            except TimeoutError:
                return True
            return False

        await eventually(silent)
        again = PlainPage(await doomed.page.context.new_page(), plain.url)
        await again.open()
        await again.code()


async def test_what_happens_to_an_open_page(plain: PlainPage, phone: Phone) -> None:
    await plain.open()
    await plain.link(phone)
    await phone.does("/phone/offline")
    await plain.mode("OFFLINE")
    assert await plain.asks(f"() => {SOCKET}.state") == "TIMEOUT"
    assert (await phone.scan(None)).json()["cause"] == "phone_offline"
    await phone.does("/phone/online")
    await plain.mode("MAIN")
    await plain.asks("() => { window.before_the_drop = true; }")
    await phone.does("/server/event", {"kind": "drop", "for_s": 0.2})
    await plain.mode("OFFLINE")
    await plain.mode("MAIN")
    assert await plain.asks("() => window.before_the_drop"), "a reconnect is not a reload"
    await phone.does("/server/event", {"kind": "conflict"})
    await plain.mode("CONFLICT")
    await plain.asks(f"() => {{ {SOCKET}.takeover(); }}")
    await plain.mode("MAIN")
    await phone.does("/server/event", {"kind": "logged_out", "reason": "account_locked"})
    await plain.page.wait_for_url("**/?post_logout=1&logout_reason=account_locked")
    await plain.code()  # only now the new page is connected, and can be told anything
    await phone.does("/server/event", {"kind": "outdated"})
    await plain.mode("DEPRECATED_VERSION")


async def test_a_refusal_on_the_phone_brings_new_codes(plain: PlainPage, phone: Phone) -> None:
    await plain.open()
    text = await plain.code()
    await phone.does("/phone/reject")
    new = await plain.code(other_than=text)
    assert new.split(",")[0] != text.split(",")[0]
    await phone.does("/server/event", {"kind": "banned"})
    await plain.mode("OFFLINE")


async def test_a_forgotten_account_starts_afresh(plain: PlainPage, phone: Phone) -> None:
    await plain.open()
    await plain.link(phone)
    answer = await phone.client.delete(phone.path)
    assert answer.status_code == 204
    await plain.page.wait_for_url("**/?post_logout=1*")
    await plain.code()
    assert (await phone.sees())["linked_devices"] == []
