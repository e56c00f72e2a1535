"""The accounts page: signing in, what it shows, and that it is live."""

import re

import pytest
from playwright.async_api import Page, expect

from adapters import clock
from domain.observations import RecordPrimary, RecordProblem
from domain.reasons import Reason
from tests.running_api import PHONE, RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_wrong_key_is_told_and_a_right_one_lets_in(page: Page, api: RunningApi) -> None:
    await page.goto("/")
    key = page.get_by_label("API key")
    await expect(key).to_be_focused()
    await key.fill("lw_nonsense")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("not an API key")
    await key.fill(api.key)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    kept = await page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")
    assert kept == ["", 0, 0]
    await page.reload()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("API key")).to_be_visible()


async def test_shows_accounts_and_their_changes_live(operator: Page, api: RunningApi) -> None:
    await expect(operator.get_by_text("No account yet")).to_be_visible()
    account_id, attempt = await api.ready_account(label="Front desk", workspace="acme")
    row = operator.locator(f"[data-account={account_id}]")
    await expect(row.locator(".pill")).to_have_text("Ready")
    await expect(row).to_contain_text(f"+{PHONE}")
    await expect(row.locator("time")).to_be_visible()
    await api.see(account_id, RecordPrimary(at=clock.now(), chosen=True))
    await expect(row).to_contain_text("primary")
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    )
    await expect(row.locator(".pill")).to_have_text("Disconnected")
    await expect(operator.get_by_role("status")).to_have_text("Front desk: Disconnected")


async def test_registers_an_account_by_keyboard_alone(operator: Page) -> None:
    await operator.get_by_role("button", name="New account").focus()
    await operator.keyboard.press("Enter")
    await expect(operator.get_by_role("dialog")).to_be_visible()
    await operator.get_by_label("Name").press_sequentially("Warehouse")
    await operator.get_by_label("Site").select_option("sandbox")
    await operator.get_by_role("button", name="Register and link").press("Enter")
    await operator.wait_for_url(re.compile(r"/accounts/acc_\w+/link"))
    await expect(operator.get_by_role("heading", name="Link Warehouse")).to_be_visible()


async def test_shows_only_the_status_that_is_asked_for(operator: Page, api: RunningApi) -> None:
    await api.register(label="Idle")
    await api.ready_account(label="Busy")
    await expect(operator.get_by_role("link", name="Idle", exact=True)).to_be_visible()
    await operator.get_by_label("Show accounts that are").select_option("READY")
    await expect(operator.get_by_role("link", name="Idle", exact=True)).to_be_hidden()
    await expect(operator.get_by_role("link", name="Busy", exact=True)).to_be_visible()


async def test_a_label_is_text_and_never_markup(operator: Page, api: RunningApi) -> None:
    await api.register(label="<img src=x onerror=alert(1)>")
    label = operator.get_by_role("link", name="<img src=x onerror=alert(1)>", exact=True)
    await expect(label).to_be_visible()
    assert await operator.locator("img[src=x]").count() == 0
