"""A second browser that stands by on the sealed session, and takes it over without a scan."""

import os
import signal
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.browser.host import BrowserHost
from adapters.browser.launch_failures import LaunchFailed
from adapters.browser.session import LinkSession
from adapters.browser.session_pack import PARTS
from adapters.browser.spec import SessionSpec
from adapters.browser.warm import WarmBrowser, warm_up
from domain.observations import RecordReady
from domain.reasons import Reason
from tests.browser_adapter.driven import Driven, Phone
from tests.browser_adapter.stores import Shelf, Store

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="session")
def standby_profiles(profiles: Path) -> Path:
    return profiles.parent / "standby"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standby_host(
    host: BrowserHost, profiles: Path, standby_profiles: Path
) -> AsyncGenerator[BrowserHost]:
    """Return the standby process's host: its own profiles, and the machine's live pages."""
    async with BrowserHost(
        host.browser,
        host.wa_js,
        profiles=standby_profiles,
        live_pages=profiles / ".live",
        spacing_s=0,
        sharing=host.sharing,
    ) as opened:
        yield opened


class Pair:
    """The primary and the standby of one account."""

    def __init__(
        self,
        spec: SessionSpec,
        shelf: Shelf,
        host: BrowserHost,
        profiles: Path,
        standby_host: BrowserHost,
        standby_profiles: Path,
    ) -> None:
        self.shelf = shelf
        self.primary = Driven(host, spec, profiles, shelf)
        self.standby_spec = replace(spec, attempt_id="attempt-2")
        self.standby = Driven(standby_host, self.standby_spec, standby_profiles, shelf)
        self.standby_host = standby_host
        self.warm: WarmBrowser | None = None

    async def warm_up(self) -> WarmBrowser:
        assert self.shelf.packed is not None
        self.warm = await warm_up(self.standby_host, self.standby_spec, self.shelf.packed)
        return self.warm

    async def promote(self) -> None:
        """Let the standby open the page in its warm browser."""
        warm, self.warm = self.warm, None
        driven = self.standby
        driven.session = LinkSession(
            self.standby_host,
            self.standby_spec,
            record=driven.record,
            show_code=driven.show_code,
            store=Store(self.shelf),
            warm=warm,
        )
        assert await driven.session.start()
        await driven.hears(RecordReady)
        assert "RecordQr" not in driven.kinds()


@pytest_asyncio.fixture(loop_scope="session")
async def pair(
    spec: SessionSpec,
    shelf: Shelf,
    host: BrowserHost,
    profiles: Path,
    standby_host: BrowserHost,
    standby_profiles: Path,
) -> AsyncGenerator[Pair]:
    """Return both; nothing of them is left afterwards."""
    made = Pair(spec, shelf, host, profiles, standby_host, standby_profiles)
    yield made
    if made.warm is not None:
        await made.warm.close(5)
    for one in (made.standby, made.primary):
        await one.session.stop(keep=False)
    assert made.primary.processes.running() | made.standby.processes.running() == set()
    assert not made.standby.folder.exists()
    assert not (profiles / ".live" / spec.account_id).exists()


async def conflicts(phone: Phone) -> int:
    """Count the times that WhatsApp threw a page out because another one came."""
    return (await phone.sees())["conflicts"]


async def test_it_proves_the_session_and_connects_nothing(pair: Pair, phone: Phone):
    await pair.primary.links(phone)
    pages = (await phone.sees())["pages"]
    warm = await pair.warm_up()
    assert warm.profile.processes.running()
    assert [page.url for page in warm.context.pages] == ["about:blank"]
    assert (await phone.sees())["pages"] == pages
    assert await conflicts(phone) == 0


async def test_it_takes_over_from_a_killed_browser_without_a_scan(pair: Pair, phone: Phone):
    await pair.primary.links(phone)
    sent_before = "sent, and then the primary dies"
    first = await pair.primary.sends(sent_before)
    await pair.warm_up()
    pair.primary.processes.kill()
    await pair.primary.is_over()
    running = pair.standby.processes.running()
    await pair.promote()
    assert running & pair.standby.processes.running(), "the warm browser is the one that runs"
    assert await pair.standby.sends(sent_before) == first, "it is the same message"
    await pair.standby.sends("by the standby")
    texts = [one["text"] for one in (await phone.sees())["messages"]]
    assert texts == [sent_before, "by the standby"]
    assert await conflicts(phone) == 0


async def test_it_takes_over_from_a_primary_that_lives_only_once_that_is_closed(
    pair: Pair, phone: Phone
):
    """The primary neither closes nor answers: its browser is ended first."""
    await pair.primary.links(phone)
    await pair.warm_up()
    await pair.promote()
    assert pair.primary.processes.running() == set()
    assert await conflicts(phone) == 0


async def test_a_newer_session_is_what_it_opens(pair: Pair, phone: Phone):
    await pair.primary.links(phone)
    await pair.warm_up()
    (pair.primary.folder / PARTS[0] / "news").write_bytes(b"a message")
    puts = pair.shelf.puts
    await pair.primary.session.stop()
    assert pair.shelf.puts == puts + 1
    await pair.promote()
    assert (pair.standby.folder / PARTS[0] / "news").read_bytes() == b"a message"


async def test_without_a_warm_browser_it_opens_one(pair: Pair, phone: Phone):
    await pair.primary.links(phone)
    warm = await pair.warm_up()
    await warm.close(5)
    pair.warm = None
    assert not pair.standby.folder.exists()
    await pair.primary.session.stop()
    await pair.promote()


async def test_the_primary_takes_the_page_back(pair: Pair, phone: Phone, host: BrowserHost):
    await pair.primary.links(phone)
    await pair.warm_up()
    await pair.primary.session.stop()
    await pair.promote()
    for pid in pair.standby.processes.running():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    await pair.standby.is_over()
    third = replace(pair.primary.spec, attempt_id="attempt-3")
    pair.primary.session = LinkSession(
        host,
        third,
        record=pair.primary.record,
        show_code=pair.primary.show_code,
        store=Store(pair.shelf),
    )
    assert await pair.primary.session.start()
    await pair.primary.hears(RecordReady, attempt="attempt-3")
    assert await conflicts(phone) == 0


@pytest.mark.parametrize("spoilt", ["empty", "half", "no_login"])
async def test_what_is_no_session_is_told(
    pair: Pair, phone: Phone, shelf: Shelf, spoilt: str, tmp_path: Path
):
    await pair.primary.links(phone)
    await pair.primary.session.stop()
    assert shelf.packed is not None
    shelf.packed = _spoil(shelf.packed, spoilt, tmp_path)
    with pytest.raises(LaunchFailed) as failed:
        await pair.warm_up()
    assert failed.value.reason is Reason.SESSION_UNREADABLE


def _spoil(packed: bytes, how: str, folder: Path) -> bytes:
    from adapters.browser.session_pack import pack, unpack  # noqa: PLC0415

    if how == "half":
        return packed[: len(packed) // 2]
    if how == "no_login":
        unpack(packed, folder)
        for file in (folder / "Default" / "Local Storage").rglob("*"):
            if file.is_file():
                file.unlink()
    return pack(folder)[0]
