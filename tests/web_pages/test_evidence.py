"""The story page shows what was kept of a failure beside the event that tells it."""

from io import BytesIO

import msgspec
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from adapters import clock
from adapters.evidence_store import Kind
from domain.observations import RecordEvidence, RecordProblem
from domain.reasons import Reason
from tests.running_api import RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")
LINES = [
    {"after_s": 0.4 * number, "kind": "console_error", "text": f"line {number} <b>of</b> it"}
    for number in range(20)
]
FACTS = {
    "screenshot": "taken",
    "url": "https://web.whatsapp.com/",
    "flavour": "headless_shell",
    "browser_version": "156.0.8078.79",
    "user_agent": "Mozilla/5.0",
    "sandboxed": True,
    "wa_js": "4.6.0",
    "wa_js_in_page": "4.6.0",
    "whatsapp": "2.3000.1",
    "memory_available_mb": 4096,
}


def picture() -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (64, 36), "teal").save(drawn, "JPEG")
    return drawn.getvalue()


async def failed_account(api: RunningApi, **pieces: bytes) -> str:
    account_id = await api.register(label="Sales")
    attempt = await api.link(account_id)
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_CHANGED)
    )
    for name, content in pieces.items():
        kind = msgspec.convert(name, Kind)
        now, size = clock.now(), len(content)
        digest = await api.services.evidence.keep(account_id, attempt, kind, content, now)
        assert digest is not None
        kept = RecordEvidence(at=now, attempt=attempt, kind=kind, digest=digest, size_bytes=size)
        await api.see(account_id, kept)
    return account_id


async def test_picture_console_and_circumstances_stand_behind_the_failure(
    operator: Page, api: RunningApi
) -> None:
    account_id = await failed_account(
        api,
        screenshot=picture(),
        console=msgspec.json.encode(LINES),
        browser=msgspec.json.encode(FACTS),
    )
    await operator.goto(f"/accounts/{account_id}")
    evidence = operator.locator("tr[data-name=LinkFailed] + tr.evidence")
    await expect(evidence).to_be_visible()
    shown = evidence.get_by_role("img")
    await shown.scroll_into_view_if_needed()
    await expect(shown).to_have_js_property("naturalWidth", 64)
    lines = evidence.locator(".console li")
    await expect(lines).to_have_count(12)
    await expect(lines.last).to_contain_text("line 19 <b>of</b> it")
    await expect(evidence.locator("dl")).to_contain_text("headless shell 156.0.8078.79")
    await expect(operator.locator("tr[data-name=EvidenceKept] a.piece")).to_have_count(3)


async def test_why_there_is_no_picture(operator: Page, api: RunningApi) -> None:
    facts = msgspec.json.encode(FACTS | {"screenshot": "may_show_chats"})
    account_id = await failed_account(api, console=b"[]", browser=facts)
    await operator.goto(f"/accounts/{account_id}")
    await expect(operator.locator(".evidence .picture")).to_contain_text("private chats")


async def test_what_is_not_kept_any_more_is_told(operator: Page, api: RunningApi) -> None:
    account_id = await failed_account(api, screenshot=picture(), console=b"[]")
    await api.services.evidence.sweep(clock.now())
    await operator.goto(f"/accounts/{account_id}")
    await expect(operator.locator(".evidence .picture")).to_contain_text("is gone")
    await expect(operator.locator(".evidence .told")).to_contain_text("is gone")
