"""When a browser that accounts share starts and ends, and what takes its place."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext

from adapters.browser import place as place_module
from adapters.browser import shared as shared_module
from adapters.browser import shared_program as program_module
from adapters.browser.driver import Driver
from adapters.browser.host import BrowserHost, Sharing
from adapters.browser.processes import children_with
from adapters.browser.profile import Profile
from app.processes.browsers import sharing
from tests.browser_adapter.own_page import serve, silence
from tests.shared_browser.running import PROGRAM, gone, marked_pages, needs_the_browser
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    needs_the_browser,
]
HOSTS = ("127.0.0.1",)


def sharing_one(ready_for: tuple[str, ...] = HOSTS) -> Sharing:
    return sharing(os.environ, 2, ready_for)


async def test_when_the_host_ends_so_does_the_browser(profiles: Path, wa_js: str):
    shared = sharing_one(())
    async with BrowserHost(None, wa_js, profiles=profiles, sharing=shared) as own:
        with own.profiles.hold("acc_that_is_left_open") as profile:
            await profile.prepare()
            await own.launch(profile, hosts=HOSTS, limit_s=20)
            [program] = profile.processes.running()
    await eventually(gone(program))
    assert profile.processes.running() == set()


async def test_one_is_ready_with_the_host_and_stays_for_the_hosts_asked_last(
    profiles: Path, wa_js: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shared_module, "IDLE_S", 0.2)
    shared = sharing_one()
    async with BrowserHost(None, wa_js, profiles=profiles, sharing=shared) as own:
        browsers = own._shared  # noqa: SLF001
        assert browsers is not None

        async def nobody_is_about_to_end() -> bool:
            return not browsers._ending  # noqa: SLF001

        [ready] = children_with(PROGRAM)
        for _ in range(2):
            assert await _opened_and_closed(own, "127.0.0.1") == ready
            await eventually(nobody_is_about_to_end)
        other = await _opened_and_closed(own, "localhost")
        await eventually(gone(ready))
        await eventually(nobody_is_about_to_end)
        assert await _opened_and_closed(own, "localhost") == other
    await eventually(gone(other))


async def test_one_that_has_had_its_most_takes_no_more_and_ends_with_its_last_account(
    profiles: Path, wa_js: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shared_module, "IDLE_S", 0.2)
    monkeypatch.setattr(program_module, "OPENED_MOST", 2)
    async with BrowserHost(None, wa_js, profiles=profiles, sharing=sharing_one()) as own:
        with own.profiles.hold("acc_that_stays") as profile:
            await profile.prepare()
            context = await own.launch(profile, hosts=HOSTS, limit_s=20)
            [first] = profile.processes.running()
            assert await _opened_and_closed(own, "127.0.0.1") == first
            second = await _opened_and_closed(own, "127.0.0.1")
            assert second != first
            assert profile.processes.running() == {first}
            await context.close()
        await eventually(gone(first))
        assert await _opened_and_closed(own, "127.0.0.1") == second


async def test_a_host_that_is_given_up_while_it_starts_leaves_no_browser(
    profiles: Path, wa_js: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Driver, "start", asyncio.Event().wait)
    shared = sharing_one()
    own = BrowserHost(None, wa_js, profiles=profiles, sharing=shared)
    starting = asyncio.create_task(own.__aenter__())

    async def program() -> int | None:
        return next(iter(children_with(PROGRAM)), None)

    begun = await eventually(program)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert begun is not None
    await eventually(gone(begun))


async def test_a_browser_that_stands_still_without_any_account_is_replaced(
    profiles: Path, wa_js: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(program_module, "ANSWER_LIMIT_S", 0.5)
    shared = sharing_one()
    async with BrowserHost(None, wa_js, profiles=profiles, sharing=shared) as own:
        [ready] = children_with(PROGRAM)
        os.kill(ready, signal.SIGSTOP)
        assert await _opened_and_closed(own, "127.0.0.1") != ready
        await eventually(gone(ready))


async def test_an_account_whose_browser_ends_while_it_is_opened_gets_another(
    profiles: Path, wa_js: str, monkeypatch: pytest.MonkeyPatch
):
    """It was killed for another account in it that hung."""
    programs: list[int] = []
    connect = place_module._connect  # noqa: SLF001  to be in between

    async def connected(driver: Driver, profile: Profile, address: str) -> BrowserContext:
        context = await connect(driver, profile, address)
        programs.extend(profile.processes.running())
        if len(programs) == 1:
            os.kill(programs[0], signal.SIGKILL)
            await context.new_page()
        return context

    monkeypatch.setattr(place_module, "_connect", connected)
    shared = sharing_one()
    async with BrowserHost(None, wa_js, profiles=profiles, sharing=shared) as own:
        with own.profiles.hold("acc_in_between") as profile:
            await profile.prepare()
            await own.launch(profile, hosts=HOSTS, limit_s=20)
            first, second = programs
            assert profile.processes.running() == {second}
            assert first != second


async def test_the_mark_names_the_process_of_another_site_while_its_page_still_loads(
    profiles: Path, wa_js: str
):
    async with (
        BrowserHost(None, wa_js, profiles=profiles, sharing=sharing_one()) as own,
        silence() as port,
        serve(f'<img src="http://localhost:{port}">') as page,
    ):
        with own.profiles.hold("acc_that_moves") as profile:
            await profile.prepare()
            context = await own.launch(profile, hosts=(*HOSTS, "localhost"), limit_s=20)
            tab = await context.new_page()
            marks = list[set[int]]()
            for site in (*HOSTS, "localhost"):
                await tab.goto(f"http://{site}:{page.port}", wait_until="commit")

                async def another_is_named() -> bool:
                    named = marked_pages(profile.folder)
                    return bool(named) and named not in marks

                await eventually(another_is_named)
                marks.append(marked_pages(profile.folder))
                assert await tab.evaluate("document.readyState") != "complete"


async def _opened_and_closed(own: BrowserHost, site: str) -> int:
    """Open an account that may ask this host; give the program that it was in."""
    with own.profiles.hold(f"acc_{site}".replace(".", "_")) as profile:
        await profile.prepare()
        context = await own.launch(profile, hosts=(site,), limit_s=20)
        [program] = profile.processes.running()
        await context.close()
        assert await profile.processes.wait_gone(limit_s=20)
    return program
