"""A document that lives on without WhatsApp's modules, or without our looks, is not READY."""

import pytest

from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.browser_adapter.conftest import Drive
from tests.browser_adapter.driven import Phone, quick
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
ATTENTIVE = quick(health_look_s=0.3, hang_after_s=2.0, heartbeat_s=0.2, offline_after_s=20.0)


async def test_a_ready_page_whose_modules_fall_silent_is_loaded_anew(drive: Drive, phone: Phone):
    driven = drive(limits=ATTENTIVE)
    await driven.links(phone)
    seen = len(driven.heard)
    await phone.does("/server/event", kind="misbehave", how="fall_silent")
    await eventually(driven.was_replaced)
    assert (
        b"the page's modules do not answer: WPP.conn.getStreamData"
        in (await driven.session.evidence()).records
    )

    async def back() -> bool:
        return [page["mode"] for page in (await phone.sees())["pages"]] == ["MAIN"]

    await eventually(back)
    assert driven.heard[seen:] == [], "it was READY again in time: nothing was lost"


async def test_a_page_that_falls_silent_again_is_not_ready(drive: Drive, phone: Phone):
    await phone.plays("page_falls_silent", times=None, after_s=1.0)
    driven = drive(limits=ATTENTIVE)
    await driven.links(phone)
    problem = await driven.hears(RecordProblem)
    assert problem.reason is Reason.PAGE_HUNG
    assert problem.detail.startswith("the page's modules do not answer: WPP.conn.getStreamData")
    await driven.is_over()


async def test_a_page_that_is_well_is_left_alone(drive: Drive, phone: Phone):
    driven = drive(limits=ATTENTIVE)
    await driven.links(phone)
    for text in ("one", "two", "three"):
        await driven.is_read(await driven.sends(text))
    assert not await driven.was_replaced()
