"""Unmodified wa-js in a real browser: what it may do on WhatsApp Web it can do here."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Playwright

from adapters.sandbox import RunningSandbox, SandboxSettings, run_sandbox
from tests.phone_camera import code_in
from tests.sandbox_page.stand_in import NUMBER, TOKEN, Phone, WhatsAppPage, browsers, launch_options
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
OTHER = "15550100002"
REMEMBER_CODES = """
window.codes = [];
new MutationObserver(() => {
  const text = document.querySelector("[data-ref]:has(canvas)")?.dataset.ref;
  if (text && text !== window.codes.at(-1)) window.codes.push(text);
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


async def test_the_canvas_shows_the_code_that_wa_js_reads(
    page: WhatsAppPage, tmp_path: Path
) -> None:
    await page.open()
    await page.full_ready()
    text = await page.code()
    await page.page.locator("[data-ref] canvas").screenshot(path=tmp_path / "code.png")
    shown = await page.page.locator("[data-ref]").get_attribute("data-ref")
    assert code_in((tmp_path / "code.png").read_bytes()) in {text, shown}
    fields = (shown or "").removeprefix("https://wa.me/settings/linked_devices#").split(",")
    assert len(fields) == 5
    assert (await page.asks("() => WPP.conn.getAuthCode()"))["fullCode"] == ",".join(fields[:4])
    assert page.complaints == []


async def test_six_codes_are_shown_and_then_none_until_asked(
    context: BrowserContext, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    settings = SandboxSettings(control_token=TOKEN, state_file=state, time_scale=80)
    async with run_sandbox(settings) as quick:
        page = await WhatsAppPage.create(context, f"{quick.url}/")
        await page.page.add_init_script(REMEMBER_CODES)
        await page.open()
        await page.until("window.heard?.some((one) => one.name === 'conn.qrcode_idle')")
        codes = await page.asks("() => window.codes")
        assert len(set(codes)) == 6
        assert await page.asks("() => WPP.conn.isIdle()")
        fresh = await page.asks("() => WPP.conn.refreshQR()")
        assert not any(fresh["ref"] in code for code in codes)
        await page.page.close()


async def test_a_scan_links_the_account(page: WhatsAppPage, phone: Phone) -> None:
    await page.open()
    await page.full_ready()
    await page.link(phone)
    assert await page.asks("() => WPP.conn.getMyUserId().toString()") == f"{NUMBER}@c.us"
    assert (await page.asks("() => WPP.conn.getMyUserLid().toString()")).endswith("@lid")
    assert await page.asks("() => WPP.conn.isAuthenticated()")
    assert await page.heard("conn.authenticated") == [[]]
    modes = [facts[0] for facts in await page.heard("conn.stream_mode_changed")]
    assert modes == ["QR", "SYNCING", "MAIN"]
    seen = await phone.sees()
    assert [one["phone_number"] for one in seen["linked_devices"]] == [NUMBER]
    assert seen["pages"][0]["logged_in"]
    assert page.complaints == []


async def test_a_restart_of_browser_and_sandbox_resumes_without_a_code(
    playwright: Playwright, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    settings = SandboxSettings(control_token=TOKEN, state_file=state, time_scale=20)
    for round_number in (1, 2):
        async with run_sandbox(settings) as running:
            # The session belongs to the origin, so the second one takes the port of the first.
            settings = SandboxSettings(
                control_token=TOKEN, state_file=state, time_scale=20, port=running.port
            )
            opened = await playwright.chromium.launch_persistent_context(
                tmp_path / "profile", **launch_options(browsers()[0])
            )
            page = await WhatsAppPage.create(opened, f"{running.url}/a/kept/")
            await page.open()
            if round_number == 1:
                await _link_over(running, page)
            await page.mode("MAIN")
            await page.full_ready()
            modes = [facts[0] for facts in await page.heard("conn.stream_mode_changed")]
            assert ("QR" in modes) == (round_number == 1)
            assert await page.asks("() => WPP.conn.getMyUserId().user") == NUMBER
            await opened.close()
    assert state.stat().st_mode & 0o777 == 0o600


async def _link_over(running: RunningSandbox, page: WhatsAppPage) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=20) as client:
        await page.full_ready()
        await page.link(Phone(client, "kept"))


async def test_the_phone_logs_the_page_out(page: WhatsAppPage, phone: Phone) -> None:
    await page.open()
    await page.link(phone)
    assert await phone.does("/phone/logout") == {"removed_devices": 1}
    await page.page.wait_for_url("**/?post_logout=1&logout_reason=unknown_companion")
    await page.code()
    assert (await phone.sees())["linked_devices"] == []


async def test_the_page_logs_itself_out(page: WhatsAppPage, phone: Phone) -> None:
    await page.open()
    await page.full_ready()
    await page.link(phone)
    async with page.page.expect_navigation(url="**/?post_logout=1&logout_reason=user_initiated"):
        await page.asks("() => { WPP.conn.logout(); }")
    await page.code()
    assert (await phone.sees())["linked_devices"] == []


async def test_a_second_window_takes_the_account_and_the_first_takes_it_back(
    context: BrowserContext, page: WhatsAppPage, phone: Phone
) -> None:
    await page.open()
    await page.full_ready()
    await page.link(phone)
    second = await WhatsAppPage.create(context, page.url)
    await second.open()
    await second.mode("MAIN")
    await page.mode("CONFLICT")
    assert await page.asks("() => require('WAWebSocketModel').Socket.state") == "CONFLICT"
    await page.asks("() => { require('WAWebSocketModel').Socket.takeover(); }")
    await page.mode("MAIN")
    await second.mode("CONFLICT")


async def test_a_pairing_code_links_the_account(page: WhatsAppPage, phone: Phone) -> None:
    await page.open()
    await page.full_ready()
    await page.code()
    code = await page.asks(f"() => WPP.conn.genLinkDeviceCodeForPhoneNumber('{NUMBER}')")
    assert len(code) == 8
    await eventually(lambda: _pairing_code_on_show(phone))
    entry = {"code": f"{code[:4]}-{code[4:]}", "phone_number": f"+{NUMBER}"}
    wrong = await phone.post("/phone/enter-pairing-code", {**entry, "phone_number": OTHER})
    assert wrong.json()["cause"] == "wrong_pairing_code"
    assert await phone.does("/phone/enter-pairing-code", entry) == {"outcome": "linked"}
    await page.mode("MAIN")


async def _pairing_code_on_show(phone: Phone) -> bool:
    return (await phone.sees())["pages"][0]["pairing_code_on_show"]


async def test_a_text_is_sent_delivered_and_read(page: WhatsAppPage, phone: Phone) -> None:
    await page.open()
    await page.full_ready()
    await page.link(phone)
    answer = await page.asks(
        f"() => WPP.chat.sendTextMessage('{OTHER}@c.us', 'Good morning', {{ linkPreview: false }})"
    )
    assert answer["ack"] == 1
    assert answer["sendMsgResult"]["messageSendResult"] == "OK"

    async def read() -> list[Any]:
        acks = [facts[0]["ack"] for facts in await page.heard("chat.msg_ack_change")]
        return acks if 3 in acks else []

    assert await eventually(read) == [1, 2, 3]
    (message,) = (await phone.sees())["messages"]
    assert (message["text"], message["peer"], message["ack"]) == (
        "Good morning",
        f"{OTHER}@c.us",
        3,
    )
    assert page.complaints == []


async def test_a_page_that_is_loaded_again_finds_what_became_of_its_messages(
    page: WhatsAppPage, phone: Phone
) -> None:
    await page.open()
    await page.full_ready()
    await page.link(phone)
    sent = await page.asks(
        f"() => WPP.chat.sendTextMessage('{OTHER}@c.us', 'Bye', {{ linkPreview: false }})"
    )
    await page.open()
    await page.mode("MAIN")
    message = f"require('WAWebCollections').Msg.get({sent['id']!r})"
    await page.until(f"{message}?.ack === 3")
    assert await page.asks(f"() => {message}.body") == "Bye"


async def test_a_message_comes_in(page: WhatsAppPage, phone: Phone) -> None:
    await page.open()
    await page.full_ready()
    await page.link(phone)
    await phone.does("/phone/message", {"from": f"+{OTHER}", "text": "Hello there"})

    async def arrived() -> list[Any]:
        return await page.heard("chat.new_message")

    ((message,),) = await eventually(arrived)
    assert (message["body"], message["from"], message["id"]["fromMe"]) == (
        "Hello there",
        f"{OTHER}@c.us",
        False,
    )


async def test_a_retired_secret_refuses_the_old_text_and_links_with_the_new(
    page: WhatsAppPage, phone: Phone
) -> None:
    await page.open()
    await page.full_ready()
    old = await page.code()
    await phone.does("/server/event", {"kind": "companion_reg_refresh"})
    new = await page.code(other_than=old)
    assert old.split(",")[0] == new.split(",")[0], "the reference stays"
    refused = await phone.scan(old)
    assert (refused.status_code, refused.json()["cause"]) == (409, "secret_retired")
    await page.link(phone)
