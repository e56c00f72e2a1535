"""The phone as a page for people."""

import pytest
from playwright.async_api import Browser, expect

from adapters.sandbox import RunningSandbox, phone_link
from tests.sandbox_page.stand_in import TOKEN, Phone, WhatsAppPage
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect.set_options(timeout=LIMIT_S * 1000)


async def test_a_person_links_writes_and_logs_out(
    page: WhatsAppPage, phone: Phone, browser: Browser, sandbox: RunningSandbox
) -> None:
    await page.open()
    await page.full_ready()
    await page.code()
    person = await browser.new_page()
    addresses: list[str] = []
    person.on("request", lambda request: addresses.append(request.url))
    await person.goto(phone_link(sandbox.url, TOKEN, phone.account))
    state = person.get_by_role("status")
    await expect(state).to_have_text("A QR code is on show.")
    await person.get_by_label("Phone number").fill("+49 nonsense")
    await person.get_by_role("button", name="Scan what is on show").click()
    await expect(state).to_have_text("A QR code is on show.")
    await person.get_by_label("Phone number").fill("+491701112223")
    await person.get_by_role("button", name="Scan what is on show").click()
    await expect(state).to_have_text("Linked as +491701112223.")
    await page.mode("MAIN")
    await person.get_by_label("Text").fill("Hello from a person")
    await person.get_by_role("button", name="Send").click()
    await expect(person.get_by_role("listitem")).to_contain_text("Hello from a person")
    await page.asks("() => WPP.chat.sendTextMessage('15550100002@c.us', 'Hi').then(Boolean)")
    await person.get_by_role("button", name="Read it").click()
    await expect(person.get_by_role("listitem").last).to_contain_text("Hi (read)")
    await person.get_by_role("button", name="Go offline").click()
    await expect(state).to_contain_text("The phone is offline.")
    await person.get_by_role("button", name="Go online").click()
    await page.mode("MAIN")
    await person.get_by_role("button", name="Log out all devices").click()
    await page.page.wait_for_url("**/?post_logout=1*")
    assert addresses
    assert not any("token" in address for address in addresses), "the token stays in the browser"
    await person.close()


async def test_what_could_not_be_done_is_said(
    phone: Phone, browser: Browser, sandbox: RunningSandbox
) -> None:
    await phone.plays("normal")
    person = await browser.new_page()
    await person.goto(phone_link(sandbox.url, TOKEN, phone.account))
    await person.get_by_role("button", name="Refuse").click()
    await expect(person.get_by_role("alert")).to_contain_text("Couldn't link device")
    await person.goto("about:blank")
    await person.goto(f"{sandbox.url}/phone/{phone.account}")
    await expect(person.get_by_role("status")).to_contain_text("This link is incomplete")
    await person.close()


async def test_every_field_and_button_has_a_name(
    phone: Phone, browser: Browser, sandbox: RunningSandbox
) -> None:
    person = await browser.new_page()
    await person.goto(f"{sandbox.url}/phone/{phone.account}")
    nameless = await person.evaluate(
        """() => [...document.querySelectorAll("input, button")].filter(
            (one) => !(one.labels?.length || one.textContent.trim())).length"""
    )
    assert nameless == 0
    assert await person.evaluate("() => document.documentElement.lang") == "en"
    await person.close()
