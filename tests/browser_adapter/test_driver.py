"""Playwright's driver dies or hangs: all its browsers are gone, and the next launch works."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.browser import driver as driver_module
from adapters.browser import host as host_module
from adapters.browser.host import BrowserHost
from adapters.browser.processes import children_with
from adapters.browser.spec import SessionSpec
from domain.observations import RecordQr
from domain.reasons import Reason
from tests.browser_adapter.driven import Driven, Phone, quick
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
WATCHFUL = quick(heartbeat_s=0.2, hang_after_s=1.5, evaluate_s=5)


async def test_the_driver_dies_and_is_replaced(
    host: BrowserHost, spec: SessionSpec, profiles: Path, wa_js: str
):
    async with BrowserHost(host.browser, wa_js, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=WATCHFUL), profiles)
        assert await driven.session.start()
        await driven.hears(RecordQr)
        os.kill(driver_of(driven), signal.SIGKILL)
        assert (await driven.problem()).reason is Reason.BROWSER_CRASHED
        await driven.is_over()
        again = Driven(own, replace(spec, attempt_id="attempt-2"), profiles)
        assert await again.session.start()
        await again.hears(RecordQr)
        await again.session.stop()


async def test_a_driver_that_hangs_for_good_is_replaced(
    host: BrowserHost,
    spec: SessionSpec,
    profiles: Path,
    wa_js: str,
    monkeypatch: pytest.MonkeyPatch,
):
    for module in (driver_module, host_module):
        monkeypatch.setattr(module, "ANSWER_LIMIT_S", 2.0)
    hasty = replace(WATCHFUL, evaluate_s=1, close_s=1, screenshot_s=1)
    async with BrowserHost(host.browser, wa_js, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=hasty), profiles)
        assert await driven.session.start()
        hanging = driver_of(driven)
        os.kill(hanging, signal.SIGSTOP)
        assert (await driven.problem()).reason is Reason.PAGE_HUNG
        await driven.is_over()
        hasty = replace(hasty, launch_s=1)
        again = Driven(own, replace(spec, attempt_id="attempt-2", limits=hasty), profiles)
        assert not await again.session.start()
        assert (await again.problem()).reason is Reason.BROWSER_CRASHED
        assert hanging not in children_with("run-driver")
        again = Driven(own, replace(spec, attempt_id="attempt-3"), profiles)
        assert await again.session.start()
        await again.hears(RecordQr)
        await again.session.stop()


async def test_a_page_that_was_replaced_is_not_called_hung_when_the_driver_dies(
    host: BrowserHost, spec: SessionSpec, profiles: Path, wa_js: str, phone: Phone
):
    await phone.plays("page_hangs", at="qr", after_s=0)
    async with BrowserHost(host.browser, wa_js, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=WATCHFUL), profiles)
        assert await driven.session.start()
        await driven.hears(RecordQr)
        await eventually(driven.was_replaced)
        await driven.hears(RecordQr, after=len(driven.heard))
        os.kill(driver_of(driven), signal.SIGKILL)
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
    async with BrowserHost(host.browser, wa_js, profiles=profiles) as own:
        driven = Driven(own, replace(spec, limits=WATCHFUL), profiles)
        assert await driven.session.start()
        os.kill(driver_of(driven), signal.SIGKILL)
        await driven.is_over()
    await host.profiles.erase(spec.account_id)
    assert os.listdir(tmp_path) == []  # noqa: PTH208  names are all that a failure needs


def driver_of(driven: Driven) -> int:
    """Find the parent of the browser, which is Playwright's driver."""
    leader = min(driven.processes.running())
    return int(Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2].split()[1])
