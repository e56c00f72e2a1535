"""A session outlives the browser, the machine and crashes at any moment after READY."""

import asyncio
import shutil
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from adapters import clock
from adapters.browser import session_pack
from adapters.browser.host import BrowserHost
from adapters.browser.start_queue import StartQueue
from domain.observations import (
    Observation,
    RecordPage,
    RecordProblem,
    RecordQr,
    RecordReady,
    RecordScan,
)
from domain.reasons import Reason
from tests.browser_adapter.driven import Driven, Phone, quick
from tests.browser_adapter.machines import Machines
from tests.browser_adapter.stores import Shelf, Store
from tests.waiting import LIMIT_S, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON = quick(settle_s=0.2, seal_every_s=0.0)


async def linked(machines: Machines, phone: Phone, **changes: object) -> Driven:
    driven = machines.session("here", **changes)
    await driven.links(phone)
    return driven


def add_news(driven: Driven) -> None:
    """Change the session, as a page does that goes on receiving messages."""
    (driven.folder / "Default" / "IndexedDB" / "news").write_bytes(b"a message")


async def left_behind(machines: Machines, phone: Phone, shelf: Shelf) -> Driven:
    """Link, and end so that the folder stays: as after a crash it is newer than the sealed copy."""
    driven = await linked(machines, phone)
    add_news(driven)
    shelf.is_away = True
    await driven.session.stop()
    shelf.is_away = False
    assert driven.folder.is_dir()
    (driven.folder / "found").touch()  # a restored folder does not have it
    return driven


@pytest.mark.parametrize("machine", ["here", "elsewhere"])
async def test_a_stopped_session_comes_back_on_any_machine(
    machines: Machines, phone: Phone, machine: str
):
    first = await linked(machines, phone)
    await first.session.stop()
    assert not first.folder.exists()
    await machines.comes_back(machine)


async def test_ready_is_told_once_the_session_is_kept(
    machines: Machines, phone: Phone, shelf: Shelf
):
    driven = machines.session()
    kept: list[bool] = []

    async def look(seen: Observation) -> None:
        if isinstance(seen, RecordReady):
            kept.append(shelf.packed is not None)

    driven.then = look
    await driven.links(phone)
    assert kept == [True]


@pytest.mark.parametrize("machine", ["here", "elsewhere"])
async def test_a_browser_killed_as_ready_is_told_loses_no_link(
    machines: Machines, phone: Phone, shelf: Shelf, machine: str
):
    driven = machines.session()

    async def kill(seen: Observation) -> None:
        if isinstance(seen, RecordReady):
            driven.processes.kill()
            shelf.is_away = True  # nothing is put away any more

    driven.then = kill
    await driven.links(phone)
    await driven.is_over()
    shelf.is_away = False
    await machines.comes_back(machine)


async def test_the_folder_of_a_crash_is_newer_than_the_copy_and_used(
    machines: Machines, phone: Phone, shelf: Shelf
):
    await left_behind(machines, phone, shelf)
    again = await machines.comes_back("here")
    assert (again.folder / "found").exists()


async def test_the_folder_of_a_crash_is_stale_once_another_machine_went_on(
    machines: Machines, phone: Phone, shelf: Shelf
):
    await left_behind(machines, phone, shelf)
    await (await machines.comes_back("elsewhere")).session.stop()
    again = await machines.comes_back("here")
    assert not (again.folder / "found").exists()


@pytest.mark.parametrize("gone_on_elsewhere", [False, True])
async def test_a_claim_whose_answer_is_lost_changes_no_mind(
    machines: Machines, phone: Phone, shelf: Shelf, *, gone_on_elsewhere: bool
):
    await left_behind(machines, phone, shelf)
    if gone_on_elsewhere:
        await (await machines.comes_back("elsewhere")).session.stop()
    shelf.loses_answers = True
    for _ in range(2):
        assert not await machines.session("here").session.start()
    shelf.loses_answers = False
    again = await machines.comes_back("here")
    assert (again.folder / "found").exists() is not gone_on_elsewhere


async def test_a_spoilt_folder_gives_way_to_the_copy(
    machines: Machines, phone: Phone, shelf: Shelf
):
    left = await left_behind(machines, phone, shelf)
    for log in (left.folder / "Default" / "Local Storage" / "leveldb").glob("*.log"):
        log.unlink()
    again = await machines.comes_back("here")
    assert not (again.folder / "found").exists()


async def test_the_copy_waits_for_its_turn_and_is_not_called_hung_meanwhile(
    machines: Machines,
    phone: Phone,
    shelf: Shelf,
    host: BrowserHost,
    monkeypatch: pytest.MonkeyPatch,
):
    left = await left_behind(machines, phone, shelf)
    for log in (left.folder / "Default" / "Local Storage" / "leveldb").glob("*.log"):
        log.unlink()
    monkeypatch.setattr(host, "starts", StartQueue(1, spacing_s=0))
    driven = machines.session("here", limits=quick(hang_after_s=1.0, heartbeat_s=0.2))
    neighbours = AsyncExitStack()
    errands: list[asyncio.Task[None]] = []

    async def let_a_neighbour_in(_: Observation) -> None:
        if not errands:  # it comes next: our own page holds the turn until it is loaded
            turn = neighbours.enter_async_context(host.starts.turn("a neighbour"))
            errands.append(asyncio.create_task(turn))

    driven.then = let_a_neighbour_in
    assert await driven.session.start()
    await driven.hears(RecordPage, phase="queued")
    waits_s = clock.monotonic_s()

    async def longer_than_a_hang() -> bool:
        return clock.monotonic_s() - waits_s > 2 * driven.spec.limits.hang_after_s

    await eventually(longer_than_a_hang)
    await neighbours.aclose()
    await driven.hears(RecordReady)
    assert not {"RecordProblem", "RecordQr"} & set(driven.kinds())


@pytest.mark.parametrize("packed", [None, b"no archive"], ids=["unsealed", "unpacked"])
async def test_a_copy_that_cannot_be_read_is_told_before_the_code(
    machines: Machines, phone: Phone, shelf: Shelf, packed: bytes | None
):
    await (await linked(machines, phone)).session.stop()
    shelf.unreadable, shelf.packed = packed is None, packed
    driven = machines.session("elsewhere")
    assert await driven.session.start()
    await driven.hears(RecordQr)
    kinds = driven.kinds()
    assert kinds.index("RecordSession") < kinds.index("RecordQr")
    await driven.links_now(phone)
    await driven.session.stop()
    await machines.comes_back("here")


async def test_a_session_that_is_too_large_stays_on_this_machine(
    machines: Machines, phone: Phone, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session_pack, "MOST_PACKED_BYTES", 10)
    driven = await linked(machines, phone)
    await driven.session.stop()
    assert (len(shelf.too_large), shelf.packed) == (1, None)
    monkeypatch.undo()
    await (await machines.comes_back("here")).session.stop()
    assert shelf.packed is not None


async def test_what_changes_is_sealed_again_once_it_has_settled(
    machines: Machines, phone: Phone, shelf: Shelf
):
    driven = await linked(machines, phone, limits=SOON)
    puts = shelf.puts
    add_news(driven)
    await shelf.is_put(puts + 1)


async def test_whoever_lost_the_account_stops_and_changes_nothing(
    machines: Machines, phone: Phone, shelf: Shelf
):
    driven = await linked(machines, phone, limits=SOON)
    kept, heard = shelf.packed, len(driven.heard)
    await Store(shelf).claim("somebody else")
    add_news(driven)
    await driven.is_over()
    assert shelf.packed == kept
    assert driven.heard[heard:] == []  # another one speaks for the account now
    assert not driven.folder.exists()


async def test_without_the_store_nothing_is_opened(machines: Machines, phone: Phone, shelf: Shelf):
    left = await left_behind(machines, phone, shelf)
    shelf.is_away = True
    driven = machines.session()
    assert not await driven.session.start()
    assert (await driven.hears(RecordProblem)).reason is Reason.STORAGE_UNAVAILABLE
    shelf.is_away = False
    assert (left.folder / "found").exists()
    again = await machines.comes_back("here")
    assert (again.folder / "found").exists()


async def test_ready_is_not_told_while_the_session_cannot_be_kept(
    machines: Machines, phone: Phone, shelf: Shelf
):
    driven = machines.session()
    assert await driven.session.start()
    await driven.code()
    shelf.is_away = True

    async def scanned() -> bool:
        return (await phone.scan(await driven.code())).is_success

    async def asked() -> bool:
        return shelf.refused > 0

    await eventually(scanned)
    await eventually(asked)
    assert "RecordReady" not in driven.kinds()
    shelf.is_away = False
    await driven.hears(RecordReady)


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_login_is_kept_before_it_is_answered_and_though_nobody_could_record_it(
    machines: Machines, phone: Phone, shelf: Shelf, *, recorded: bool
):
    await phone.plays("authentication_hangs")
    driven = machines.session()
    assert await driven.session.start()

    async def scanned() -> bool:
        return (await phone.scan(await driven.code())).is_success

    async def has_a_login() -> bool:
        return b'"authenticated":true' in (await driven.session.evidence()).records

    await eventually(scanned)
    if recorded:
        await driven.hears(RecordScan)
    driven.storage_is_away = not recorded
    await eventually(has_a_login)
    await driven.session.stop()
    assert shelf.packed is not None
    await machines.comes_back("elsewhere")


async def test_nothing_stays_of_a_page_that_was_never_linked(machines: Machines, shelf: Shelf):
    driven = machines.session()
    assert await driven.session.start()
    await driven.code()
    await driven.session.stop()
    assert (driven.folder.exists(), shelf.packed) == (False, None)


async def test_nothing_is_put_away_of_a_link_that_has_ended(
    machines: Machines, phone: Phone, shelf: Shelf
):
    driven = await linked(machines, phone)
    puts = shelf.puts
    assert await driven.session.logout()
    await driven.session.stop()
    assert (driven.folder.exists(), shelf.puts) == (False, puts)


@pytest.mark.parametrize("moment", ["opening", "ready"])
async def test_cancelled_in_the_middle_everything_is_free(
    machines: Machines, phone: Phone, shelf: Shelf, moment: str
):
    driven = machines.session(limits=quick(close_s=1.0, put_away_s=0.5))
    shelf.silent = moment == "opening"
    starting = asyncio.create_task(driven.session.start())
    if moment == "ready":
        assert await starting
        await driven.code()
        shelf.asked.clear()
        shelf.silent = True
        starting = asyncio.create_task(driven.links_now(phone))
    async with asyncio.timeout(LIMIT_S):
        await shelf.asked.wait()
    starting.cancel()
    with suppress(asyncio.CancelledError):
        await starting
    await driven.session.stop()
    assert driven.processes.running() == set()
    shelf.silent = False
    again = machines.session()
    assert await again.session.start()  # the lock is free


async def test_a_folder_without_a_session_is_no_session(
    machines: Machines, phone: Phone, shelf: Shelf, tmp_path: Path
):
    first = machines.session()
    assert await first.session.start()
    await first.code()
    home = first.folder.parent
    assert list(first.folder.rglob("IndexedDB"))  # as any page has it
    left = Path(
        shutil.copytree(home, tmp_path / "left", ignore=shutil.ignore_patterns("Singleton*"))
    )
    await first.session.stop()
    shutil.copytree(left, home, dirs_exist_ok=True)  # as a crash would have left it
    again = machines.session()
    assert await again.session.start()
    await again.hears(RecordQr)
    assert "RecordSession" not in again.kinds()
    await again.links_now(phone)
    assert shelf.packed is not None
