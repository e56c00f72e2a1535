"""The slider over a story's rows: keys, clicks, the shared address, stories in parts."""

import pytest
from playwright.async_api import Page, expect

from adapters import clock
from domain.observations import RecordProblem, RecordScan
from domain.reasons import Reason
from tests.running_api import RunningApi
from tests.service.long_accounts import write, years

pytestmark = pytest.mark.asyncio(loop_scope="session")
MARKUP = "<img src=x onerror=alert(1)> & <b>Sales</b>"
LONG = "acc_long"


async def failed_twice(api: RunningApi) -> str:
    """Attempt 1 is version 2 to 4, with a refused and an ignored input; attempt 2 is 5 to 7."""
    account_id = await api.register(label=MARKUP)
    for reason in (Reason.PAGE_UNREACHABLE, Reason.SCAN_REJECTED):
        attempt = await api.link(account_id)
        await api.show_code(account_id, attempt)
        await api.client.post(f"/v1/accounts/{account_id}/link")
        await api.see(account_id, RecordScan(at=clock.now(), attempt="attempt-of-another-day"))
        await api.see(account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=reason))
    return account_id


async def stands_at(page: Page, *, name: str, version: int) -> None:
    await expect(page.locator("tr[aria-current]")).to_have_attribute("data-name", name)
    await page.wait_for_function("v => location.hash.startsWith(`#v=${v}`)", arg=str(version))


async def test_keys_walk_the_story_over_its_attempts(operator: Page, api: RunningApi) -> None:
    account_id = await failed_twice(api)
    await operator.goto(f"/accounts/{account_id}")
    await expect(operator.get_by_role("heading", level=1)).to_have_text(MARKUP)
    await expect(operator.locator("main img")).to_have_count(0)
    current = operator.locator("tr[aria-current]")
    await expect(current).to_have_attribute("data-name", "LinkFailed")  # what proves the cause
    slider = operator.get_by_label("Row of the story")
    await slider.focus()
    for key, name, version in [
        ("ArrowLeft", "RecordScan", 6),
        ("ArrowLeft", "RequestLink", 6),
        ("PageUp", "QrIssued", 6),
        ("Home", "LinkRequested", 5),
        ("ArrowLeft", "LinkFailed", 4),
        ("Home", "LinkRequested", 2),
        ("f", "LinkFailed", 4),
        ("f", "LinkFailed", 7),
        ("Shift+F", "LinkFailed", 4),
        ("PageDown", "LinkRequested", 5),
        ("End", "LinkFailed", 7),
    ]:
        await operator.keyboard.press(key)
        await stands_at(operator, name=name, version=version)
    await expect(slider).to_have_attribute("aria-valuetext", "Row 5 of 5: " + await told(operator))
    await operator.keyboard.press("f")
    await expect(operator.get_by_role("status")).to_have_text("There is none further on.")


async def told(page: Page) -> str:
    sentence = await page.locator("tr[aria-current] td.what").evaluate(
        "cell => cell.firstChild.textContent"
    )
    return f"{sentence} Failed."


async def test_an_address_leads_to_the_same_row(operator: Page, api: RunningApi) -> None:
    account_id = await failed_twice(api)
    await operator.goto(f"/accounts/{account_id}")
    await operator.get_by_role("button", name="Attempt 1").click()
    await expect(operator.get_by_role("heading", name="Cause of attempt 1")).to_be_visible()
    await expect(operator.locator("[data-cause]")).to_contain_text("could not be reached")
    await expect(operator.locator("tr[data-proof]")).to_contain_text("The attempt failed")
    await operator.locator("tr[data-what=ignored]").click()
    await stands_at(operator, name="RecordScan", version=3)
    address = operator.url
    await operator.goto("/")
    await operator.goto(address)
    await stands_at(operator, name="RecordScan", version=3)
    state = operator.get_by_role("region", name="At this row")
    await expect(state).to_contain_text("Waiting for a scan")
    await expect(state).to_contain_text("number 1, not fetched")  # as the service has folded it
    needle = await operator.locator(".player .needle").bounding_box()
    bar = await operator.locator(".player .statusbar").bounding_box()
    assert needle is not None
    assert bar is not None
    assert bar["x"] <= needle["x"] <= bar["x"] + bar["width"]
    await operator.evaluate("location.hash = '#v=7'")
    await stands_at(operator, name="LinkFailed", version=7)


async def test_it_goes_along_with_what_happens_until_a_row_is_chosen(
    operator: Page, api: RunningApi
) -> None:
    account_id = await api.register()
    attempt = await api.link(account_id)
    await operator.goto(f"/accounts/{account_id}")
    current = operator.locator("tr[aria-current]")
    await expect(current).to_have_attribute("data-name", "LinkRequested")
    await api.show_code(account_id, attempt)
    await expect(current).to_have_attribute("data-name", "QrIssued")
    await operator.get_by_role("button", name="One row back").click()
    await api.scan(account_id, attempt)
    await expect(operator.locator("tr[data-name=QrScanned]")).to_be_visible()
    await stands_at(operator, name="LinkRequested", version=2)
    await expect(operator.get_by_role("button", name="One row back")).to_be_focused()


async def test_a_long_story_comes_in_parts(operator: Page, api: RunningApi) -> None:
    await write(api.services.log, LONG, years(1_300))
    await operator.goto(f"/accounts/{LONG}#v=3")
    current = operator.locator("tr[aria-current]")
    await expect(current).to_have_attribute("data-name", "QrIssued")
    first = operator.locator("button.attempt[data-number='1']")
    await expect(first).to_have_attribute("aria-current", "true")
    newer = operator.get_by_role("button", name="Newer attempts")
    await newer.click()
    await expect(newer).to_have_count(0)
    await expect(current).to_have_attribute("data-name", "QrIssued")

    await operator.goto("/")
    await operator.goto(f"/accounts/{LONG}#v=301")  # the first row of the newest part
    await expect(current).to_have_attribute("data-name", "LinkCompleted")
    await expect(first).to_have_count(0)
    await operator.get_by_role("button", name="One row back").click()
    await expect(first).to_have_count(1)
    await operator.wait_for_function("location.hash === '#v=300'")
