"""Playwright's driver dies or hangs: all its browsers are gone, and the next launch works."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.browser import driver as driver_module
from adapters.browser import own_browser as own_browser_module
from adapters.browser.driver import Driver
from adapters.browser.host import BrowserHost
from adapters.browser.processes import children_with
from adapters.browser.spec import SessionSpec
from domain.observations import RecordQr
from domain.reasons import Reason
from tests.browser_adapter.driven import Driven, Phone, quick
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
ENDS_S = 10.0
WATCHFUL = quick(heartbeat_s=0.2, hang_after_s=1.5, evaluate_s=5)


async def test_the_driver_dies_and_is_replaced(
    host: BrowserHost, spec: SessionSpec, profiles: Path, wa_js: str
):
    async with BrowserHost(host.browser, wa_js, sharing=host.sharing, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=WATCHFUL), profiles)
        assert await driven.session.start()
        await driven.hears(RecordQr)
        os.kill(newest_driver(), signal.SIGKILL)
        assert (await driven.problem()).reason is Reason.BROWSER_CRASHED
        await driven.is_over()
        again = Driven(own, replace(spec, attempt_id="attempt-2"), profiles)
        assert await again.session.start()
        await again.hears(RecordQr)
        await again.session.stop()


@pytest.mark.parametrize("noticed", ["before a launch", "by a launch that fails"])
async def test_a_driver_that_hangs_for_good_is_replaced(
    host: BrowserHost,
    spec: SessionSpec,
    profiles: Path,
    wa_js: str,
    monkeypatch: pytest.MonkeyPatch,
    noticed: str,
):
    for module in (driver_module, own_browser_module):
        monkeypatch.setattr(module, "ANSWER_LIMIT_S", 2.0)
    hasty = replace(WATCHFUL, evaluate_s=1, close_s=1, screenshot_s=1)
    async with BrowserHost(host.browser, wa_js, sharing=host.sharing, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=hasty), profiles)
        assert await driven.session.start()
        hanging = newest_driver()
        os.kill(hanging, signal.SIGSTOP)
        assert (await driven.problem()).reason is Reason.PAGE_HUNG
        await driven.is_over()
        if noticed == "by a launch that fails":
            answers_once(monkeypatch)
            hasty = replace(hasty, launch_s=1)
            again = Driven(own, replace(spec, attempt_id="attempt-2", limits=hasty), profiles)
            assert not await again.session.start()
            assert (await again.problem()).reason is Reason.BROWSER_CRASHED
            assert hanging not in children_with("run-driver")
        again = Driven(own, replace(spec, attempt_id="attempt-3"), profiles)
        assert await again.session.start()
        assert hanging not in children_with("run-driver")
        await again.hears(RecordQr)
        await again.session.stop()


def answers_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs in the very moment after it was asked."""
    really = Driver.is_alive
    asked: list[Driver] = []

    async def is_alive(self: Driver) -> bool:
        asked.append(self)
        return len(asked) == 1 or await really(self)

    monkeypatch.setattr(Driver, "is_alive", is_alive)


async def test_a_page_that_was_replaced_is_not_called_hung_when_the_driver_dies(
    host: BrowserHost, spec: SessionSpec, profiles: Path, wa_js: str, phone: Phone
):
    await phone.plays("page_hangs", at="qr", after_s=0)
    async with BrowserHost(host.browser, wa_js, sharing=host.sharing, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=WATCHFUL), profiles)
        assert await driven.session.start()
        await driven.hears(RecordQr)
        await eventually(driven.was_replaced)
        await driven.hears(RecordQr, after=len(driven.heard))
        os.kill(newest_driver(), signal.SIGKILL)
        assert (await driven.problem()).reason is Reason.BROWSER_CRASHED
        await driven.is_over()


async def test_a_driver_that_is_killed_leaves_no_temporary_folder(
    host: BrowserHost,
    spec: SessionSpec,
    profiles: Path,
    wa_js: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    async with BrowserHost(host.browser, wa_js, sharing=host.sharing, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=WATCHFUL), profiles)
        assert await driven.session.start()
        os.kill(newest_driver(), signal.SIGKILL)
        await driven.is_over()
    await host.profiles.erase(spec.account_id)
    assert os.listdir(tmp_path) == []  # noqa: PTH208  names are all that a failure needs


def newest_driver() -> int:
    """Find the driver that was started last."""

    def started(pid: int) -> int:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])

    return max(children_with("run-driver"), key=started)


async def test_a_driver_that_nobody_waits_for_any_more_is_not_left_behind():
    before = children_with("run-driver")

    async def is_there() -> bool:
        return children_with("run-driver") != before

    async def is_gone() -> bool:
        return children_with("run-driver") == before

    starting = asyncio.create_task(Driver.start())
    await eventually(is_there)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await eventually(is_gone, ENDS_S)
