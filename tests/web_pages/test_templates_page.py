"""The templates page: what is typed is shown as the message that it makes."""

import pytest
from playwright.async_api import Page, expect

from tests.running_api import RunningApi

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_template_is_written_seen_saved_and_deleted(
    operator: Page, api: RunningApi
) -> None:
    await operator.get_by_role("link", name="Templates").click()
    bubble, amiss = operator.locator("#bubble"), operator.locator(".amiss")
    await expect(bubble).to_contain_text("Dear Rahul Traders,")
    await expect(bubble.locator("strong").first).to_have_text("Proforma invoice")

    await operator.get_by_role("button", name="New template").click()
    await operator.get_by_label("Name", exact=True).fill("reminder")
    await operator.get_by_label("Text").fill(
        "Dear {{ who | bold }},\n> {{ note }}\n~x~ a_b_c ```m```"
    )
    await expect(amiss).to_have_text("who: is missing")
    await operator.get_by_label("Values").fill('{"who": "<b>Asha</b>", "note": "_now_"}')
    await expect(bubble.locator("strong")).to_have_text("<b>Asha</b>")
    await expect(bubble.locator("q em")).to_have_text("now")
    await expect(bubble.locator("s")).to_have_text("x")
    await expect(bubble.locator("code")).to_have_text("m")
    await expect(bubble).to_contain_text("a_b_c")
    await expect(amiss).to_be_hidden()

    await operator.get_by_role("button", name="Save").click()
    await expect(operator.locator("[aria-current]")).to_contain_text("reminder")
    saved = (await api.client.get("/v1/templates/reminder")).json()
    assert saved["values"] == ["note", "who"]
    await operator.reload()
    await expect(operator.get_by_label("Text")).to_have_value(saved["text"])
    await operator.get_by_role("button", name="Delete").click()
    await expect(operator.locator("[data-template]")).to_have_count(3)

    # A change of somebody else is not written over.
    await api.client.post("/v1/templates", json={"name": "reminder", "text": "Hello"})
    await operator.goto("/templates?template=reminder")
    await expect(bubble).to_have_text("Hello")
    await api.client.patch("/v1/templates/reminder", json={"text": "Hi"})
    await operator.get_by_label("Text").fill("Good day")
    await operator.get_by_role("button", name="Save").click()
    await expect(operator.get_by_role("alert")).to_contain_text("was changed since")
