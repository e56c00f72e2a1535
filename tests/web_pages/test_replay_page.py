"""A bundle: exported from a story page, dropped on the replay page, told there as it was."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from adapters import clock
from app.account_logs import read_account_log
from domain.observations import RecordProblem
from domain.reasons import Reason
from projections.replay.bundle import write_bundle
from tests.running_api import RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")
MARKUP = "<img src=x onerror=alert(1)>"
DROP = """([name, text]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], name));
    const options = { dataTransfer: carried, bubbles: true, cancelable: true };
    document.querySelector(".drop").dispatchEvent(new DragEvent("drop", options));
}"""


async def failed_account(api: RunningApi) -> str:
    account_id = await api.register(label=MARKUP)
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.SCAN_REJECTED)
    )
    return account_id


async def exported(page: Page, *, level: str) -> tuple[str, str]:
    """Download a bundle as a person does; gives the file's name and its text."""
    await expect(page.locator("tr[aria-current]")).to_be_visible()
    await page.get_by_role("button", name="Export").click()
    await page.get_by_label("Redaction").select_option(level)
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download").click()
    download = await downloading.value
    content = await asyncio.to_thread(Path(await download.path()).read_text, encoding="utf-8")
    return download.suggested_filename, content


async def test_an_exported_bundle_is_told_where_it_is_dropped(
    operator: Page, api: RunningApi
) -> None:
    account_id = await failed_account(api)
    await operator.goto(f"/accounts/{account_id}")
    name, text = await exported(operator, level="limited")
    assert name.endswith("-attempt-1-limited.bundle")
    assert account_id not in name + text

    await operator.get_by_role("link", name="Replay").click()
    await expect(operator.get_by_role("region", name="Bundle")).to_be_visible()
    await operator.evaluate(DROP, [name, text])
    await expect(operator.get_by_role("heading", name=name)).to_be_visible()
    await expect(operator.locator("[data-cause=scan_rejected]")).to_be_visible()
    await expect(operator.locator("tr[aria-current][data-proof]")).to_contain_text("failed")
    await operator.get_by_label("Row of the story").press("Home")
    await expect(operator.locator("tr[aria-current]")).to_contain_text("Attempt 1 began")

    await operator.evaluate(DROP, ["other.txt", MARKUP])
    await expect(operator.get_by_role("alert")).not_to_be_empty()
    await expect(operator.locator("tr[aria-current]")).to_have_count(0)


async def test_a_file_name_and_what_is_in_the_log_stay_text(
    operator: Page, api: RunningApi
) -> None:
    account_id = await failed_account(api)
    held = await api.services.dispatch.load(account_id)
    log = await read_account_log(api.services.log, account_id, held, level="none")
    content = write_bundle(log, "none")
    assert MARKUP.encode() in content
    await operator.goto("/replay")
    file = FilePayload(name=f"{MARKUP}.bundle", mimeType="text/plain", buffer=content)
    await operator.get_by_label("Choose a file").set_input_files(file)
    await expect(operator.get_by_role("heading", name=MARKUP)).to_be_visible()
    await operator.get_by_role("button", name="Before the first attempt").click()
    await operator.get_by_text("As it was recorded").click()
    await expect(operator.locator(".state pre")).to_contain_text(MARKUP)
    await expect(operator.locator("main img")).to_have_count(0)
