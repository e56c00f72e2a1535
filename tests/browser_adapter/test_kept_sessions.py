"""What happens to a link after READY: restarts, logouts, other windows, lost streams."""

import pytest

from domain.observations import (
    RecordLogout,
    RecordProblem,
    RecordQr,
    RecordReady,
    RecordSession,
)
from domain.reasons import Reason
from tests.browser_adapter.conftest import Drive
from tests.browser_adapter.driven import Phone, quick
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_link_survives_a_clean_stop_right_after_ready(drive: Drive, phone: Phone):
    first = drive()
    await first.links(phone)
    await first.session.stop()
    second = drive(attempt_id="attempt-2")
    assert await second.session.start()
    await second.hears(RecordReady)
    kinds = second.kinds()
    assert "RecordQr" not in kinds
    assert kinds.index("RecordSession") < kinds.index("RecordReady")
    assert {seen.attempt for seen in second.heard} == {"attempt-2"}
    assert {seen.attempt for seen in first.heard} == {"attempt-1"}


async def test_a_page_that_is_synced_before_it_can_be_seen(drive: Drive, phone: Phone):
    first = drive()
    await first.links(phone)
    await first.session.stop()
    await phone.plays("already_synced")
    second = drive(attempt_id="attempt-2")
    assert await second.session.start()
    await second.hears(RecordReady)


async def test_a_dead_session_leads_to_a_code(drive: Drive, phone: Phone):
    first = drive()
    await first.links(phone)
    await first.session.stop()
    await phone.plays("session_dead")
    second = drive(attempt_id="attempt-2")
    assert await second.session.start()
    await second.hears(RecordQr)
    kinds = second.kinds()
    assert kinds.index("RecordSession") < kinds.index("RecordLogout") < kinds.index("RecordQr")
    await second.links_now(phone)


async def test_removed_on_the_phone(drive: Drive, phone: Phone):
    driven = drive()
    await driven.links(phone)
    codes = len(driven.codes)
    await phone.does("/phone/logout")
    gone = await driven.hears(RecordLogout)
    assert (gone.by, gone.detail) == ("phone", "unknown_companion")
    # The page shows codes again by now; they are nobody's business.
    await eventually(lambda: shows_code(phone))
    assert driven.heard[-1] is gone
    assert len(driven.codes) == codes


async def shows_code(phone: Phone) -> bool:
    return any(page["code_on_show"] for page in (await phone.sees())["pages"])


async def test_removed_by_whatsapp(drive: Drive, phone: Phone):
    driven = drive()
    await driven.links(phone)
    await phone.does("/phone/logout", reason="account_locked")
    assert (await driven.hears(RecordLogout)).by == "whatsapp"


async def test_logged_out_by_us(drive: Drive, phone: Phone):
    driven = drive()
    await driven.links(phone)
    assert await driven.session.logout()
    assert (await driven.hears(RecordLogout)).by == "client"
    assert (await phone.sees())["linked_devices"] == []


async def test_a_logout_that_is_never_confirmed(drive: Drive, phone: Phone):
    driven = drive(limits=quick(logout_s=0.5))
    await driven.links(phone)
    driven.storage_is_away = True
    assert not await driven.session.logout()
    driven.storage_is_away = False
    await driven.hears(RecordLogout, by="client")


async def test_nothing_is_logged_out_where_nothing_is_linked(drive: Drive):
    driven = drive()
    assert not await driven.session.logout()
    assert await driven.session.start()
    await driven.hears(RecordQr)
    assert not await driven.session.logout()


async def test_another_window_and_use_here(drive: Drive, phone: Phone):
    driven = drive()
    await driven.links(phone)
    await phone.does("/server/event", kind="conflict")
    assert (await driven.problem()).reason is Reason.STREAM_REPLACED
    await driven.session.take_over()
    await eventually(lambda: is_logged_in(phone))


async def is_logged_in(phone: Phone) -> bool:
    return any(page["logged_in"] for page in (await phone.sees())["pages"])


async def test_a_lost_stream_is_told_after_a_while(drive: Drive, phone: Phone):
    driven = drive(limits=quick(offline_after_s=0.6, heartbeat_s=0.2))
    await driven.links(phone)
    await phone.does("/server/event", kind="drop", for_s=2)
    assert (await driven.problem()).reason is Reason.NETWORK_LOST
    seen = len(driven.heard)
    await driven.hears(RecordReady, after=seen)
    assert [type(one) for one in driven.heard].count(RecordProblem) == 1


async def test_a_stream_that_returns_in_time_is_nobody_s_business(drive: Drive, phone: Phone):
    driven = drive()
    await driven.links(phone)
    seen = len(driven.heard)
    await phone.does("/server/event", kind="drop")
    await eventually(lambda: is_logged_in(phone))
    await eventually(driven.can_send)
    assert driven.heard[seen:] == []


async def test_a_phone_that_is_away_for_too_long(drive: Drive, phone: Phone):
    driven = drive(limits=quick(offline_after_s=0.2, heartbeat_s=0.1))
    await driven.links(phone)
    await phone.does("/phone/offline")
    assert (await driven.problem()).reason is Reason.PHONE_OFFLINE


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"kind": "banned"}, Reason.TEMPORARILY_BANNED),
        ({"kind": "banned", "form": "terms"}, Reason.TEMPORARILY_BANNED),
        ({"kind": "banned", "form": "proxy"}, Reason.PAGE_UNREACHABLE),
        ({"kind": "outdated"}, Reason.CLIENT_OUTDATED),
    ],
    ids=["banned", "terms", "proxy", "outdated"],
)
async def test_blocked(drive: Drive, phone: Phone, event: dict[str, str], reason: Reason):
    driven = drive()
    assert await driven.session.start()
    await driven.hears(RecordQr)
    await phone.does("/server/event", **event)
    assert (await driven.problem()).reason is reason


async def test_a_session_is_found_only_once(drive: Drive, phone: Phone):
    first = drive()
    await first.links(phone)
    await first.session.stop()
    await phone.plays("slow_sync", sync_s=20)
    second = drive(attempt_id="attempt-2")
    assert await second.session.start()
    await second.hears(RecordReady)
    assert [type(one) for one in second.heard].count(RecordSession) == 1
