"""The webhooks page: one is made, its deliveries are seen, and some are sent again."""

import pytest
from playwright.async_api import Page, expect

from adapters import clock
from adapters.webhook_outbox import Held, Save, SetAside, Try, WebhookOutbox
from tests.running_api import RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def deliveries(api: RunningApi, webhook: str) -> None:
    """Store what the process that delivers would have stored."""
    now = clock.now()
    tried = Try(
        position=1,
        account_id="acc_shop",
        type="ready",
        at=now,
        number=4,
        outcome="set_aside",
        redelivery=None,
        status=400,
        error="answered_400",
        duration_ms=12,
        next_at=None,
    )
    held = Held(account_id="acc_desk", position=2, tries=3, next_at=now, error="connect_failed")
    aside = SetAside(position=1, account_id="acc_shop", at=now, tries=4, error="answered_400")
    save = Save(
        endpoint_id=webhook,
        number=0,
        position=1,
        delivered_at=now,
        failing_since=None,
        last_error="",
        held=[held],
        set_aside=[aside],
        tries=[tried],
    )
    await WebhookOutbox(api.services.database).save(save)


async def test_a_webhook_is_made_seen_and_mended(operator: Page, api: RunningApi) -> None:
    await api.register()
    await operator.get_by_role("link", name="Webhooks").click()
    await expect(operator.get_by_text("No webhook yet")).to_be_visible()

    await operator.get_by_role("button", name="New webhook").click()
    await operator.get_by_label("Address").fill("https://10.0.0.1/hook")
    await operator.get_by_role("button", name="Make it").click()
    await expect(operator.get_by_role("dialog").get_by_role("alert")).to_contain_text("private")
    await operator.get_by_label("Address").fill("https://erp.example/hook")
    await operator.get_by_label("Name").fill("The ERP")
    await operator.get_by_role("button", name="Make it").click()
    await expect(operator.locator(".secret code")).to_contain_text("whsec_")

    (made,) = (await api.client.get("/v1/webhooks")).json()["webhooks"]
    await deliveries(api, made["id"])
    row = operator.locator(f"[data-webhook={made['id']}]")
    await expect(row).to_contain_text("1 held up, 1 set aside")
    await expect(operator.locator("[data-delivery]")).to_contain_text("answered_400")
    await expect(operator.get_by_text("waits at position 2: connect_failed")).to_be_visible()

    await operator.get_by_role("button", name="Send again position 1").click()
    await expect(operator.get_by_text("Being sent again: positions 1 to 1")).to_be_visible()
    await operator.get_by_role("button", name="Disable").click()
    await expect(row).to_contain_text("disabled")
    await operator.get_by_role("button", name="Enable").click()
    await expect(row).to_contain_text("held up")
