"""The link page: the code, its countdown, progress, failure and the next try."""

import base64

import pytest
from playwright.async_api import Page, expect

from adapters import clock
from domain.observations import (
    RecordActionRequired,
    RecordPairingCode,
    RecordProblem,
    RecordStandby,
    RecordSyncProgress,
)
from domain.reasons import Reason
from tests.phone_camera import code_in
from tests.running_api import PHONE, RunningApi, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
CODE_1 = "https://wa.me/settings/linked_devices#2@first,BBBB,CCCC,DDDD,1"
CODE_2 = "https://wa.me/settings/linked_devices#2@second,BBBB,CCCC,DDDD,1"


async def attempt_of(api: RunningApi, account_id: str) -> str:
    attempt = (await api.services.dispatch.load(account_id)).account.attempt
    assert attempt is not None
    return attempt.id


async def read_code(page: Page) -> str:
    return code_in(await page.locator("img.code").screenshot())


async def start(page: Page, api: RunningApi, account_id: str) -> str:
    await page.goto(f"/accounts/{account_id}/link")
    await page.get_by_role("button", name="Show the QR code").click()
    await expect(page.get_by_role("heading", name="Opening WhatsApp")).to_be_visible()
    return await attempt_of(api, account_id)


async def test_from_the_first_code_to_ready(operator: Page, api: RunningApi) -> None:
    account_id = await api.register(label="Front desk")
    attempt = await start(operator, api, account_id)
    fingerprint = await api.show_code(account_id, attempt, text=CODE_1)
    stage = operator.locator(".stage")
    await expect(stage).to_have_attribute("data-code", fingerprint)
    assert await read_code(operator) == CODE_1
    await expect(operator.locator(".left")).to_contain_text("good for")
    await expect(operator.locator("[aria-current=step]")).to_have_text("Scan")
    await expect(operator.get_by_role("status")).to_contain_text("The code is shown")

    fingerprint = await api.show_code(account_id, attempt, text=CODE_2)
    await expect(stage).to_have_attribute("data-code", fingerprint)
    assert await read_code(operator) == CODE_2

    await api.scan(account_id, attempt)
    await expect(operator.get_by_role("heading", name="Phone found")).to_be_visible()
    await api.see(account_id, RecordSyncProgress(at=clock.now(), attempt=attempt, percent=40))
    await expect(stage).to_contain_text("Syncing: 40 %")
    await api.become_ready(account_id, attempt)
    await expect(operator.get_by_role("heading", name="Front desk is linked")).to_be_visible()
    await expect(stage).to_contain_text(f"+{PHONE}")
    await expect(operator.get_by_role("status")).to_contain_text("Linked with")
    await expect(stage).not_to_contain_text("null")


async def test_an_expired_code_is_dimmed_and_said_so(operator: Page, api: RunningApi) -> None:
    account_id = await api.register()
    attempt = await start(operator, api, account_id)
    await api.show_code(account_id, attempt, text=CODE_1, lives_s=1.5)
    await expect(operator.locator(".left")).to_contain_text("good for")
    await expect(operator.locator(".left")).to_contain_text("on its way")
    await expect(operator.locator(".stage")).to_have_attribute("data-over", "")
    await api.show_code(account_id, attempt, text=CODE_2)
    await expect(operator.locator(".left")).to_contain_text("good for")
    assert await read_code(operator) == CODE_2


async def test_a_failure_shows_its_cause_and_the_next_try_works(
    operator: Page, api: RunningApi
) -> None:
    account_id = await api.register()
    attempt = await start(operator, api, account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.SCAN_REJECTED)
    )
    cause = operator.locator("[data-reason=scan_rejected]")
    await expect(cause).to_contain_text("WhatsApp refused to link it")
    await expect(operator.locator(".stage")).to_contain_text("Update WhatsApp on the phone")
    await operator.get_by_role("button", name="Try again").click()
    await expect(operator.get_by_role("heading", name="Opening WhatsApp")).to_be_visible()
    again = await attempt_of(api, account_id)
    assert again != attempt
    await api.show_code(account_id, again, text=CODE_2)
    await expect(operator.locator(".left")).to_contain_text("good for")
    assert await read_code(operator) == CODE_2


async def test_a_code_to_type_instead_of_a_camera(operator: Page, api: RunningApi) -> None:
    account_id = await api.register()
    await operator.goto(f"/accounts/{account_id}/link")
    await operator.get_by_text("The camera cannot be used?").click()
    await operator.get_by_label("Phone number").fill("+49 151 12345678")
    await operator.get_by_role("button", name="Show a code to type").click()
    await expect(operator.get_by_role("heading", name="Opening WhatsApp")).to_be_visible()
    attempt = await attempt_of(api, account_id)
    now = clock.now()
    expires_at = now.replace(year=now.year + 1)
    await api.services.vault.put(
        account=account_id,
        attempt=attempt,
        fingerprint="keyed",
        text="ABCD1234",
        expires_at=expires_at,
        now=now,
        kind="pairing_code",
    )
    await api.see(
        account_id,
        RecordPairingCode(at=now, attempt=attempt, fingerprint="keyed", expires_at=expires_at),
    )
    await expect(operator.get_by_label("Pairing code")).to_have_text("ABCD-1234")
    demanded = RecordActionRequired(at=clock.now(), attempt=attempt, action="passkey")
    await api.scan(account_id, attempt)
    await api.see(account_id, demanded)
    await expect(operator.get_by_role("heading", name="Confirm on the phone")).to_be_visible()


async def test_an_end_user_links_by_a_one_time_link(page: Page, api: RunningApi) -> None:
    account_id = await api.register(label="Shop", site="sandbox")
    made = (await api.client.post(f"/v1/accounts/{account_id}/link-pages")).json()
    await page.goto(made["url"])
    await page.get_by_role("button", name="Show the QR code").click()
    assert page.url.endswith("/link")  # the token is out of the address
    await expect(page.get_by_role("heading", name="Opening WhatsApp")).to_be_visible()
    await expect(page.get_by_text("Sandbox phone")).to_be_hidden()
    attempt = await attempt_of(api, account_id)
    await api.show_code(account_id, attempt, text=CODE_1)
    await expect(page.locator(".left")).to_contain_text("good for")
    assert await read_code(page) == CODE_1
    await page.reload()
    await expect(page.locator(".left")).to_contain_text("good for")
    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)
    await expect(page.get_by_text("You can close this page.")).to_be_visible()


async def test_a_used_link_says_what_to_do(page: Page, api: RunningApi) -> None:
    account_id = await api.register()
    made = (await api.client.post(f"/v1/accounts/{account_id}/link-pages")).json()
    token = made["url"].split("#")[1]
    await api.client.post("/link/session", json={"token": token})
    await page.goto(made["url"])
    await expect(page.get_by_role("alert")).to_contain_text("Ask whoever sent the link")


async def test_the_sandbox_phone_is_one_click_away(operator: Page, api: RunningApi) -> None:
    account_id = await api.register(site="sandbox")
    attempt = await start(operator, api, account_id)
    await operator.get_by_text("Rehearse a failure").click()
    await operator.get_by_label("What the next attempt meets").select_option("scan_rejected")
    await operator.get_by_role("button", name="Choose").click()
    phone = operator.locator(".sandbox")
    await expect(phone.get_by_role("status")).to_have_text("Done.")
    await api.show_code(account_id, attempt, text=CODE_1)
    await operator.get_by_role("button", name="Scan the code").click()
    # No browser shows this code here, so the phone finds that nobody knows it.
    await expect(phone.get_by_role("status")).not_to_be_empty()
    await expect(phone.get_by_role("status")).not_to_have_text("Done.")


async def test_a_live_page_comes_back_after_its_stream_was_cut(
    operator: Page, api: RunningApi
) -> None:
    account_id = await api.register()
    attempt = await start(operator, api, account_id)
    await until(lambda: api.hub.readers > 0)
    api.hub.close()  # every stream ends, as when a proxy or the service is restarted
    await api.show_code(account_id, attempt, text=CODE_1)
    await expect(operator.locator(".left")).to_contain_text("good for")


async def test_the_code_is_in_no_place_that_outlives_it(operator: Page, api: RunningApi) -> None:
    account_id = await api.register()
    attempt = await start(operator, api, account_id)
    await api.show_code(account_id, attempt, text=CODE_1)
    await expect(operator.locator(".left")).to_contain_text("good for")
    content = await operator.content()
    stored = await operator.evaluate("JSON.stringify([localStorage, sessionStorage, caches])")
    assert "2@first" not in content + stored
    assert base64.b64encode(b"2@first").decode() not in content


async def test_the_backup_is_set_up_by_the_way(operator: Page, api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    await operator.goto(f"/accounts/{account_id}/link")
    stage = operator.locator(".stage")
    await expect(stage).to_contain_text("Messages can be sent.")
    await api.prepare_standby(account_id, attempt)
    await expect(stage).to_contain_text("The backup is ready too.")
    await operator.goto(f"/accounts/{account_id}")
    await expect(operator.locator("[data-standby=ready]")).to_have_text("The backup is ready too.")
    gone = RecordStandby(at=clock.now(), attempt=attempt, stage="failed", reason=Reason.WORKER_LOST)
    await api.see(account_id, gone)
    told = operator.locator("[data-standby=failed]")
    await expect(told).to_have_text("No backup is kept at the moment.")
