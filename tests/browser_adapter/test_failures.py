"""Everything that can break around a page, broken on purpose: it ends by name, nothing is left."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.browser.discovery import BrowserChoice
from adapters.browser.host import BrowserHost
from adapters.browser.spec import CommandTimedOut, PageUnavailable, SessionSpec
from domain.observations import RecordPage, RecordProblem, RecordQr, RecordReady
from domain.reasons import Reason
from tests.browser_adapter.conftest import Drive
from tests.browser_adapter.driven import Driven, Phone, quick
from tests.browser_adapter.own_page import serve, silence
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
WATCHFUL = quick(heartbeat_s=0.2, hang_after_s=1.5, evaluate_s=5)


async def test_the_page_s_process_is_killed(drive: Drive):
    driven = drive()
    assert await driven.session.start()
    await driven.hears(RecordQr)
    for pid in driven.pages():
        os.kill(pid, signal.SIGKILL)
    problem = await driven.problem()
    assert (problem.reason, problem.detail) == (
        Reason.BROWSER_CRASHED,
        "the page's process crashed",
    )
    await driven.is_over()
    assert driven.kinds().count("RecordProblem") == 1


async def test_the_page_crashes_by_itself_when_ready(drive: Drive, phone: Phone):
    driven = drive()
    await driven.links(phone)
    await phone.does("/server/event", kind="misbehave", how="crash")
    assert (await driven.problem()).reason is Reason.BROWSER_CRASHED
    await driven.is_over()


async def test_the_browser_is_killed(drive: Drive):
    driven = drive()
    assert await driven.session.start()
    await driven.hears(RecordQr)
    driven.processes.kill()
    problem = await driven.problem()
    assert problem.reason is Reason.BROWSER_CRASHED
    await driven.is_over()
    assert driven.kinds().count("RecordProblem") == 1
    with pytest.raises(PageUnavailable):
        await driven.session.refresh_codes()


async def test_a_page_that_hangs_gets_one_new_tab(drive: Drive, phone: Phone):
    await phone.plays("page_hangs", at="qr", after_s=0)
    driven = drive(limits=WATCHFUL)
    assert await driven.session.start()
    await driven.links_now(phone)
    assert await driven.was_replaced()


async def test_a_linked_page_that_hangs_comes_back_by_its_session(drive: Drive, phone: Phone):
    driven = drive(limits=WATCHFUL)
    await driven.links(phone)
    seen = len(driven.heard)
    await phone.does("/server/event", kind="misbehave", how="hang")
    await eventually(driven.was_replaced)
    await eventually(driven.can_send)
    assert driven.heard[seen:] == []


async def test_a_page_that_hangs_again_is_given_up(drive: Drive, phone: Phone):
    await phone.plays("page_hangs", times=None, at="qr", after_s=0)
    driven = drive(limits=WATCHFUL)
    assert await driven.session.start()
    assert (await driven.problem()).reason is Reason.PAGE_HUNG
    await driven.is_over()


async def test_a_question_to_a_page_that_hangs_has_a_limit(drive: Drive, phone: Phone):
    driven = drive(limits=quick(evaluate_s=0.3))
    assert await driven.session.start()
    await driven.hears(RecordQr)
    await phone.does("/server/event", kind="misbehave", how="hang")
    await eventually(lambda: does_not_answer(driven))


async def does_not_answer(driven: Driven) -> bool:
    try:
        await driven.session.refresh_codes()
    except CommandTimedOut:
        return True
    return False


async def test_an_unreachable_page(drive: Drive, phone: Phone):
    await phone.plays("page_unreachable")
    driven = drive()
    assert not await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is Reason.PAGE_UNREACHABLE
    assert problem.detail == "the page: net::ERR_EMPTY_RESPONSE"
    await driven.is_over()


async def test_nobody_listens(drive: Drive):
    driven = drive(url="http://127.0.0.1:9/")
    assert not await driven.session.start()
    assert (await driven.problem()).reason is Reason.PAGE_UNREACHABLE


async def test_a_page_that_is_not_there(drive: Drive, spec: SessionSpec):
    driven = drive(url=spec.url + "nothing/here")
    assert not await driven.session.start()
    assert (await driven.problem()).detail == "the page: answered with HTTP 404"


async def test_a_page_that_never_answers(drive: Drive):
    async with silence() as port:
        driven = drive(url=f"http://127.0.0.1:{port}/", limits=quick(goto_s=1))
        assert not await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is Reason.PAGE_UNREACHABLE
    assert problem.detail == "the page: no answer within 1 s"
    assert driven.kinds() == ["RecordPage", "RecordProblem"]
    await driven.is_over()


async def test_a_changed_page_is_told_with_names(drive: Drive, phone: Phone):
    await phone.plays("page_changed", modules=["WAWebSocketModel", "WAWebCmd"])
    driven = drive(limits=quick(missing_after_s=0.5))
    assert await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is Reason.PAGE_CHANGED
    for name in ("WAWebSocketModel", "WAWebCmd"):
        assert name in problem.detail


async def test_a_page_whose_scripts_do_not_come(drive: Drive, phone: Phone):
    """It has not changed, and comes back by itself: nobody is to be told to upgrade anything."""
    await phone.plays("bundles_unreachable")
    driven = drive(limits=quick(missing_after_s=0.5))
    assert await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is Reason.PAGE_UNREACHABLE
    assert problem.detail.startswith("11 of its scripts did not come; missing: WAWebConnModel, ")


async def test_a_script_that_is_still_under_way_has_not_come_either(drive: Drive):
    async with silence() as port, serve(asking("127.0.0.1", port)) as page:
        driven = drive(url=f"http://127.0.0.1:{page.port}/", limits=quick(missing_after_s=0.5))
        assert await driven.session.start()
        problem = await driven.problem()
    assert problem.reason is Reason.PAGE_UNREACHABLE
    assert problem.detail.startswith("1 of its scripts did not come; missing: module.loader, ")


async def test_a_script_of_a_host_that_may_not_be_asked_is_a_change_of_the_page(drive: Drive):
    async with serve(asking("elsewhere.example", 9)) as page:
        driven = drive(url=f"http://127.0.0.1:{page.port}/", limits=quick(missing_after_s=0.5))
        assert await driven.session.start()
        assert (await driven.problem()).reason is Reason.PAGE_CHANGED


def asking(host: str, port: int) -> str:
    """Make a page that asks for a script once it is complete."""
    script = f"Object.assign(document.createElement('script'), {{src: 'http://{host}:{port}/'}})"
    return f"<script>addEventListener('load', () => document.head.append({script}))</script>"


async def test_a_page_without_a_member_of_a_module(drive: Drive, phone: Phone):
    await phone.plays("page_changed", modules=[], members=["WAWebStreamModel.Stream"])
    driven = drive(limits=quick(missing_after_s=0.5))
    assert await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is Reason.PAGE_CHANGED
    assert "WPP.whatsapp.Stream" in problem.detail


async def test_a_page_without_its_module_loader(drive: Drive, phone: Phone):
    await phone.plays("page_changed", modules=["*"])
    driven = drive(limits=quick(missing_after_s=0.5))
    assert await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is Reason.PAGE_CHANGED
    assert "module.loader" in problem.detail


@pytest.mark.parametrize("bundle", ["", "throw new Error('of another page');"])
async def test_wa_js_that_does_not_come_to_life(
    host: BrowserHost, spec: SessionSpec, profiles: Path, bundle: str
):
    async with BrowserHost(host.browser, bundle, sharing=host.sharing, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=quick(missing_after_s=0.5)), profiles)
        assert await driven.session.start()
        problem = await driven.problem()
        assert problem.reason is Reason.PAGE_CHANGED
        assert "WPP.conn.isAuthenticated" in problem.detail
        await driven.session.stop()
        assert driven.processes.running() == set()


async def test_a_machine_without_memory_says_so_and_the_next_start_succeeds(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
):
    driven = drive()
    with monkeypatch.context() as short_of_memory:
        short_of_memory.setattr("adapters.browser.host.available_memory_mb", lambda: 100)
        assert not await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is Reason.OUT_OF_MEMORY
    assert problem.detail == "100 MB are available, 256 MB are needed"
    await driven.is_over()
    again = drive(attempt_id="attempt-2")
    assert await again.session.start()
    await again.hears(RecordQr)


async def test_modules_that_only_have_other_names_do_no_harm(drive: Drive, phone: Phone):
    """The user's preferences are found by their members, under whichever name."""
    await phone.plays("page_changed", modules=["WAWebBackendEventBus", "WAWebOfflineHandler"])
    driven = drive()
    await driven.links(phone)


async def test_a_profile_in_use(drive: Drive):
    first, second = drive(), drive(attempt_id="attempt-2")
    assert await first.session.start()
    assert not await second.session.start()
    assert (await second.problem()).reason is Reason.PROFILE_LOCKED
    await first.hears(RecordQr)
    assert first.processes.running()


async def test_two_starts_at_once_on_one_profile(drive: Drive):
    both = drive(), drive(attempt_id="attempt-2")
    started = await asyncio.gather(*(one.session.start() for one in both))
    assert sorted(started) == [False, True]
    await both[started.index(True)].hears(RecordQr)


@pytest.mark.parametrize("browser", [None, BrowserChoice(Path("/nowhere/chrome"), "chromium")])
async def test_no_browser(
    browser: BrowserChoice | None, spec: SessionSpec, profiles: Path, wa_js: str
):
    async with BrowserHost(browser, wa_js, profiles=profiles) as host:
        driven = Driven(host, spec, profiles)
        assert not await driven.session.start()
        assert (await driven.problem()).reason is Reason.BROWSER_MISSING


async def test_a_browser_that_ends_at_once(spec: SessionSpec, profiles: Path, wa_js: str):
    no_browser = BrowserChoice(Path("/bin/false"), "chromium")
    async with BrowserHost(no_browser, wa_js, profiles=profiles) as host:
        driven = Driven(host, spec, profiles)
        assert not await driven.session.start()
        assert (await driven.problem()).reason is Reason.BROWSER_MISSING


async def test_a_place_where_no_profile_can_be(
    host: BrowserHost, spec: SessionSpec, tmp_path: Path, wa_js: str
):
    (tmp_path / "profiles").touch()
    async with BrowserHost(
        host.browser, wa_js, sharing=host.sharing, profiles=tmp_path / "profiles"
    ) as own:
        driven = Driven(own, spec, tmp_path / "profiles")
        assert not await driven.session.start()
        problem = await driven.problem()
        assert problem.reason is Reason.STORAGE_UNAVAILABLE
        assert str(tmp_path) not in problem.detail


async def test_an_account_id_that_is_a_path_is_our_mistake(drive: Drive):
    driven = drive(account_id="../elsewhere")
    with pytest.raises(ValueError, match="account id"):
        await driven.session.start()


async def test_storage_that_is_away_loses_nothing(drive: Drive, phone: Phone):
    driven = drive(limits=quick(retry_s=0.05))
    driven.storage_is_away = True
    starting = asyncio.create_task(driven.session.start())
    assert await starting
    driven.storage_is_away = False
    await driven.links_now(phone)
    await driven.hears(RecordPage, phase="browser_started")
    await driven.hears(RecordReady)


async def test_a_crash_is_told_when_storage_is_back(drive: Drive):
    driven = drive(limits=quick(retry_s=0.05))
    assert await driven.session.start()
    await driven.hears(RecordQr)
    driven.storage_is_away = True
    driven.processes.kill()
    assert await driven.processes.wait_gone(limit_s=5)
    driven.storage_is_away = False
    await driven.hears(RecordProblem, reason=Reason.BROWSER_CRASHED)
    await driven.is_over()
