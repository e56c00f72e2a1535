"""However and whenever a session is ended, nothing of it is left and nobody is called any more."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.browser.host import BrowserHost
from adapters.browser.profile import ProfileLocked
from adapters.browser.spec import Limits, SendFailed, SessionSpec
from domain.observations import Observation, RecordPage, RecordQr, RecordReady, RecordScan
from tests.browser_adapter.conftest import Drive
from tests.browser_adapter.driven import Driven, Phone, quick
from tests.browser_adapter.own_page import silence
from tests.phone_camera import codes_in
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def assert_nothing_is_left(driven: Driven, host: BrowserHost) -> None:
    assert driven.processes.running() == set()
    heard = len(driven.heard)
    await host.erase(driven.spec.account_id)  # raises ProfileLocked if it were held
    assert len(driven.heard) == heard
    await driven.session.wait_closed()


async def running(driven: Driven) -> bool:
    return bool(driven.processes.running())


async def launched(driven: Driven) -> None:
    await driven.hears(RecordPage, phase="browser_started")


async def showing(driven: Driven) -> None:
    await driven.hears(RecordQr)


async def process_exists(driven: Driven) -> None:
    await eventually(lambda: running(driven))


async def at_once(driven: Driven) -> None:
    del driven


@pytest.mark.parametrize("moment", [at_once, process_exists, launched, showing])
async def test_cancelled_while_starting(
    drive: Drive, host: BrowserHost, moment: Callable[[Driven], Awaitable[None]]
):
    driven = drive()
    starting = asyncio.create_task(driven.session.start())
    await moment(driven)
    starting.cancel()
    await asyncio.wait([starting])
    await driven.session.stop()
    await assert_nothing_is_left(driven, host)


async def test_cancelled_while_the_page_does_not_answer(drive: Drive, host: BrowserHost):
    async with silence() as port:
        driven = drive(url=f"http://127.0.0.1:{port}/")
        starting = asyncio.create_task(driven.session.start())
        await launched(driven)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    await assert_nothing_is_left(driven, host)
    assert driven.kinds() == ["RecordPage"]


async def test_cancelled_while_waiting_for_its_turn(
    spec: SessionSpec, host: BrowserHost, profiles: Path, wa_js: str
):
    async with BrowserHost(
        host.browser, wa_js, sharing=host.sharing, profiles=profiles, starts_at_once=1
    ) as own:
        driven = Driven(own, spec, profiles)
        async with own.starts.turn(""):
            starting = asyncio.create_task(driven.session.start())
            await asyncio.wait([starting], timeout=0.1)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
        await assert_nothing_is_left(driven, own)
        assert driven.kinds() == ["RecordPage"]  # that it waits for its turn
        again = Driven(own, replace(spec, attempt_id="attempt-2"), profiles)
        assert await again.session.start()
        await again.session.stop()


@pytest.mark.parametrize("moment", [process_exists, launched, showing])
async def test_stopped_while_starting(
    drive: Drive, host: BrowserHost, moment: Callable[[Driven], Awaitable[None]]
):
    driven = drive()
    starting = asyncio.create_task(driven.session.start())
    await moment(driven)
    await driven.session.stop()
    await starting
    await assert_nothing_is_left(driven, host)


async def test_stopped_before_it_started(drive: Drive, host: BrowserHost):
    driven = drive()
    await driven.session.stop()
    assert not await driven.session.start()
    await assert_nothing_is_left(driven, host)


async def test_stopped_when_ready_and_by_several_at_once(
    drive: Drive, host: BrowserHost, phone: Phone
):
    driven = drive()
    await driven.links(phone)
    with pytest.raises(ProfileLocked):
        await host.erase(driven.spec.account_id)
    await asyncio.gather(*(driven.session.stop() for _ in range(3)))
    await driven.session.stop()
    await assert_nothing_is_left(driven, host)
    with pytest.raises(SendFailed, match="not_ready"):
        await driven.sends("too late")


async def test_a_stop_that_is_cancelled_still_leaves_nothing(drive: Drive, host: BrowserHost):
    driven = drive()
    assert await driven.session.start()
    stopping = asyncio.create_task(driven.session.stop())
    await asyncio.wait([stopping], timeout=0.01)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    await assert_nothing_is_left(driven, host)


@pytest.mark.parametrize("kind", [RecordPage, RecordQr, RecordScan, RecordReady])
async def test_a_callback_may_stop_the_session(
    drive: Drive, host: BrowserHost, phone: Phone, kind: type[Observation]
):
    driven = drive()
    called_after_stop: list[Observation] = []
    stopped = False

    async def stop_at_kind(observation: Observation) -> None:
        nonlocal stopped
        if stopped:
            called_after_stop.append(observation)
        if isinstance(observation, kind):
            await driven.session.stop()
            stopped = True

    driven.then = stop_at_kind
    starting = asyncio.create_task(driven.session.start())
    if kind in (RecordScan, RecordReady):
        await starting
        scanning = asyncio.create_task(phone.scan(await driven.code()))
    else:
        scanning = starting
    await driven.session.wait_closed()
    await asyncio.wait([starting, scanning])
    assert stopped
    assert called_after_stop == []
    await assert_nothing_is_left(driven, host)


async def test_a_callback_that_breaks_ends_the_session(drive: Drive, host: BrowserHost):
    driven = drive()

    async def broken(observation: Observation) -> None:
        if isinstance(observation, RecordQr):
            raise ZeroDivisionError

    driven.then = broken
    await driven.session.start()
    with pytest.raises(ZeroDivisionError):
        await driven.session.wait_closed()
    assert driven.processes.running() == set()
    await host.erase(driven.spec.account_id)


async def test_a_callback_that_hangs_does_not_hold_up_the_end(drive: Drive, host: BrowserHost):
    driven = drive(limits=quick(close_s=0.3))

    async def hang(observation: Observation) -> None:
        if isinstance(observation, RecordQr):
            await asyncio.Event().wait()

    driven.then = hang
    assert await driven.session.start()
    await driven.hears(RecordQr)
    await driven.session.stop()
    await assert_nothing_is_left(driven, host)


async def test_a_browser_that_does_not_close_is_killed(drive: Drive, host: BrowserHost):
    driven = drive(limits=quick(close_s=0.001))
    assert await driven.session.start()
    await driven.hears(RecordQr)
    await driven.session.stop()
    await assert_nothing_is_left(driven, host)


async def test_what_was_not_taken_comes_again_and_in_order(drive: Drive, phone: Phone):
    driven = drive(limits=replace(Limits(), retry_s=0.05))
    assert await driven.session.start()
    await driven.hears(RecordQr)
    driven.storage_is_away = True
    await driven.code()
    scanned = await phone.scan(await driven.code())
    assert scanned.is_success
    driven.storage_is_away = False
    await driven.hears(RecordReady)
    kinds = driven.kinds()
    assert kinds.index("RecordScan") < kinds.index("RecordReady")


async def test_evidence_of_a_failed_attempt_has_no_secret(drive: Drive, phone: Phone):
    driven = drive()
    assert await driven.session.start()
    text = await driven.code()
    evidence = await driven.session.evidence()
    assert evidence.screenshot is not None
    assert evidence.screenshot.startswith(b"\xff\xd8\xff")
    assert len(evidence.screenshot) < 100_000
    for secret in text.partition("#")[2].split(",")[:4]:
        assert secret.encode() not in evidence.records
    assert codes_in(evidence.screenshot) == []
    await driven.links_now(phone)
    assert (await driven.session.evidence()).screenshot is None
    await driven.session.stop()
    assert (await driven.session.evidence()).records.startswith(b"[{")
