"""The story page: every row in its place, with the cause and its proof."""

import pytest
from playwright.async_api import Page, expect

from adapters import clock
from domain.observations import RecordProblem, RecordScan
from domain.reasons import Reason
from tests.running_api import RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_tells_the_story_with_its_cause_and_goes_on_live(
    operator: Page, api: RunningApi
) -> None:
    account_id = await api.register(label="Sales")
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.client.post(f"/v1/accounts/{account_id}/link")
    await api.see(account_id, RecordScan(at=clock.now(), attempt="attempt-of-another-day"))
    await operator.goto(f"/accounts/{account_id}")
    await expect(operator.get_by_role("heading", name="Sales")).to_be_visible()
    await expect(operator.locator("[data-what=refused]")).to_contain_text("attempt_in_progress")
    await expect(operator.locator("[data-what=ignored]")).to_contain_text("foreign_attempt")
    await expect(operator.locator("[data-name=QrIssued]")).to_contain_text("Waiting for a scan")

    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_UNREACHABLE)
    )
    await expect(operator.locator("[data-cause]")).to_contain_text("could not be reached")
    await expect(operator.locator("[data-proof]")).to_contain_text("proves the cause")


async def test_an_account_that_is_none(operator: Page) -> None:
    await operator.goto("/accounts/acc_nobody")
    await expect(operator.get_by_role("alert")).to_contain_text("No such account")


async def test_a_correlation_id_leads_to_all_that_carries_it(
    operator: Page, api: RunningApi
) -> None:
    carried = {"X-Correlation-Id": "order/4711"}
    account_id, other = await api.register(), await api.register()
    for one in (account_id, other):
        linked = await api.client.post(f"/v1/accounts/{one}/link", json={}, headers=carried)
        assert linked.status_code == 202
    await operator.goto(f"/accounts/{account_id}")
    await operator.get_by_role("link", name="order/4711").click()
    rows = operator.locator("tr[data-name=LinkRequested]")
    await expect(rows).to_have_count(2)
    await expect(operator.locator("main code").first).to_have_text("order/4711")
    await rows.last.get_by_role("link", name=other).click()
    await expect(operator.locator("tr[aria-current]")).to_contain_text("Attempt 1 began")


async def test_without_a_correlation_id_the_page_asks_for_one(
    operator: Page, api: RunningApi
) -> None:
    account_id = await api.register()
    await api.client.post(f"/v1/accounts/{account_id}/link", headers={"X-Correlation-Id": "a/b+c"})
    for address in ("/correlations", "/correlations?id=%20"):
        await operator.goto(address)
        await expect(operator.get_by_label("Correlation id")).to_be_focused()
    await operator.keyboard.type("a/b+c")
    await operator.keyboard.press("Enter")
    await expect(operator.locator("tr[data-name=LinkRequested]")).to_contain_text(account_id)
