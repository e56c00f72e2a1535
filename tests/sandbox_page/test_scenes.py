"""Every scene up to READY does what its sentence says, and the load after it is normal again."""

from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.sandbox_page.plain_page import MY_NUMBER, SOCKET, STREAM, PlainPage
from tests.sandbox_page.stand_in import NUMBER, Phone, WhatsAppPage
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
WATCH_PASSKEYS = """
window.asked = 0;
const get = navigator.credentials.get.bind(navigator.credentials);
navigator.credentials.get = (options) => { window.asked += 1; return get(options); };
"""


NOTICE_PUBLICATION = """
Object.defineProperty(window, "__d", { configurable: true, set(value) {
  Object.defineProperty(window, "__d", { value });
  queueMicrotask(() => {
    window.synced_first = StandIn.load("WAWebSocketModel").Socket.hasSynced;
  });
}});
"""


async def _only_page(phone: Phone) -> dict[str, Any]:
    async def look() -> list[dict[str, Any]]:
        return (await phone.sees())["pages"]

    (page,) = await eventually(look)
    return page


async def test_scene_normal_is_what_an_account_gets(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("normal", times=None)
    await plain.open()
    await plain.link(phone)
    assert (await phone.sees())["scene"] == {"name": "normal", "params": {}, "times_left": None}


async def test_scene_page_unreachable(
    context: BrowserContext, plain: PlainPage, phone: Phone
) -> None:
    await plain.open()  # so that the browser has a connection that it might use again
    await phone.plays("page_unreachable", times=2)

    async def fails(times_left: int) -> bool:
        failing = PlainPage(await context.new_page(), plain.url)
        with pytest.raises(PlaywrightError, match="ERR_EMPTY_RESPONSE"):
            await failing.open()
        scene = (await phone.sees())["scene"]
        return (scene["times_left"] or 0) == times_left

    assert await fails(times_left=1)
    await eventually(lambda: fails(times_left=0))

    async def comes_back() -> bool:
        try:
            await plain.open()
        except PlaywrightError:
            return False
        return True

    await eventually(comes_back)
    await plain.code()


async def test_a_page_that_was_dropped_is_dropped_when_the_browser_asks_again_by_itself(
    plain: PlainPage, phone: Phone
) -> None:
    """The full Chromium does, where it had opened the connection in advance."""
    await phone.plays("page_unreachable")
    async with httpx.AsyncClient() as browser:
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                await browser.get(plain.url)
        await phone.plays("normal")
        assert (await browser.get(plain.url)).is_success


async def test_scene_page_never_answers(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("page_never_answers")
    with pytest.raises(PlaywrightTimeout):
        await plain.page.goto(plain.url, timeout=500)
    # While the request is open, Chromium lets another one for the same address wait for 20 s.
    await plain.page.close()
    again = PlainPage(await plain.page.context.new_page(), plain.url)
    await again.open()
    await again.code()


async def test_scene_bundles_unreachable(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("bundles_unreachable")
    lost: list[str] = []
    plain.page.on("requestfailed", lambda asked: lost.append(asked.failure or ""))
    await plain.page.goto(plain.url, wait_until="load")
    assert set(lost) == {"net::ERR_EMPTY_RESPONSE"}
    assert await plain.asks("() => typeof require === 'function'"), "its loader has come"
    assert not await plain.asks("() => 'WAWebConnModel' in require('__debug').modulesMap")


async def test_scene_page_changed(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("page_changed", modules=["WAWebSocketModel", "WAWebCmd"])
    await plain.open()
    await plain.code()
    map_ = "require('__debug').modulesMap"
    assert await plain.asks(f"() => 'WAWebStreamModel' in {map_}")
    assert not await plain.asks(f"() => 'WAWebSocketModel' in {map_}")
    assert not await plain.asks(f"() => Object.keys({map_}).includes('WAWebCmd')")
    with pytest.raises(PlaywrightError, match="unknown module"):
        await plain.asks("() => { importNamespace('WAWebCmd'); }")


async def test_scene_page_changed_without_a_member(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("page_changed", modules=[], members=["WAWebCmd.Cmd"])
    await plain.open()
    await plain.code()
    assert await plain.asks("() => Object.keys(importNamespace('WAWebCmd')).join()") == "CmdImpl"


async def test_scene_page_changed_without_its_loader(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("page_changed", modules=["*"])
    await plain.open()
    await plain.page.wait_for_selector("[data-ref]")
    assert await plain.asks("() => [typeof __d, typeof require].join()") == "undefined,undefined"


@pytest.mark.parametrize(
    ("because", "word"), [("limited", "IQErrorRateOverlimit"), ("refused", "IQErrorBadRequest")]
)
async def test_scene_no_pairing_code(
    plain: PlainPage, phone: Phone, because: str, word: str
) -> None:
    await phone.plays("no_pairing_code", because=because)
    await plain.open()
    await plain.code()
    asked = "importNamespace('WAWebAltDeviceLinkingApi').startAltLinkingFlow('491701234567')"
    assert await plain.asks(f"() => {asked}.catch((problem) => problem.type.name)") == word


async def test_scene_late_bundles_leave_wa_js_deaf(page: WhatsAppPage, phone: Phone) -> None:
    await phone.plays("late_bundles", gap_s=1.6)
    await page.open()
    assert await page.asks("() => 'WAWebEventEmitter' in require('__debug').modulesMap")
    assert not await page.asks("() => 'WAWebConnModel' in require('__debug').modulesMap")
    await page.code()
    assert await page.asks("() => WPP.conn.getAuthCode().then((code) => code.fullCode)")
    assert await page.heard("conn.stream_mode_changed") == []


async def test_scene_already_synced(plain: PlainPage, phone: Phone) -> None:
    await plain.page.add_init_script(NOTICE_PUBLICATION)
    await phone.plays("already_synced", times=None)
    await plain.open()
    await plain.link(phone)
    assert await plain.asks("() => window.synced_first") is not True
    await plain.open()
    await plain.until("window.synced_first !== undefined")
    assert await plain.asks("() => window.synced_first") is True


async def test_scene_qr_never_shown(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("qr_never_shown")
    await plain.open()
    await eventually(lambda: _scene_of(phone, "qr_never_shown"))
    await plain.asks("() => require('WAWebCmd').Cmd.refreshQR()")
    seen = await _only_page(phone)
    assert (seen["code_on_show"], seen["socket"]) == (False, "OPENING")
    assert await plain.page.locator("[data-ref]").count() == 0
    assert (await phone.scan(None)).json()["cause"] == "nothing_on_show"
    await plain.open()
    await plain.code()


async def _scene_of(phone: Phone, name: str) -> bool:
    return [one["scene"] for one in (await phone.sees())["pages"]] == [name]


async def test_scene_codes_run_out(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("codes_run_out")
    await plain.open()
    await plain.until(f"window.require && {SOCKET}.state === 'UNPAIRED_IDLE'")
    await plain.page.get_by_role("button", name="Click to reload QR code").click()
    await plain.code()


async def test_scene_codes_run_out_always(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("codes_run_out", always=True)
    await plain.open()
    for _ in range(2):
        await plain.page.get_by_role("button", name="Click to reload QR code").click()
        await plain.until(f"{SOCKET}.state === 'UNPAIRED_IDLE'")
    assert not (await _only_page(phone))["code_on_show"]


async def test_scene_scan_rejected(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("scan_rejected")
    await plain.open()
    text = await plain.code()
    answer = await phone.scan(None)
    assert (answer.status_code, answer.json()["cause"]) == (409, "rejected")
    assert answer.json()["title"] == "Couldn't link device"
    new = await plain.code(other_than=text)
    assert new.split(",")[0] != text.split(",")[0]
    assert (await phone.sees())["linked_devices"] == []


async def test_scene_passkey_approved(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("passkey")
    await plain.page.add_init_script(WATCH_PASSKEYS)
    await plain.open()
    await plain.code()
    assert (await phone.scan(None)).json() == {"outcome": "passkey_required"}
    await plain.until("window.asked === 1")
    seen = await _only_page(phone)
    assert (seen["awaits_passkey"], seen["info"]) == (True, "PAIRING")
    await phone.does("/phone/passkey", {"answer": "approve"})
    await plain.mode("MAIN")


async def test_scene_passkey_denied(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("passkey")
    await plain.open()
    text = await plain.code()
    await phone.scan(None)
    await phone.does("/phone/passkey", {"answer": "deny"})
    await plain.code(other_than=text)
    assert (await phone.sees())["linked_devices"] == []


async def test_scene_authentication_hangs(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("authentication_hangs")
    await plain.open()
    await plain.code()
    assert (await phone.scan(None)).is_success
    await plain.until("require('WAWebUserPrefsMultiDevice').isLoggedIn()")
    await plain.until(f"{STREAM}.info === 'CONNECTING'")
    seen = await _only_page(phone)
    assert not seen["logged_in"]
    assert len((await phone.sees())["linked_devices"]) == 1
    assert await plain.asks(f"() => {STREAM}.mode") == "QR"


@pytest.mark.parametrize(
    ("form", "socket", "mode"),
    [
        ("temporary", "UNLAUNCHED", "OFFLINE"),
        ("terms", "TOS_BLOCK", "TOS_BLOCK"),
        ("proxy", "PROXYBLOCK", "PROXYBLOCK"),
    ],
)
async def test_scene_banned(
    plain: PlainPage, phone: Phone, form: str, socket: str, mode: str
) -> None:
    await phone.plays("banned", form=form, expires_in_s=600)
    await plain.open()
    await plain.code()
    await plain.asks(
        """() => {
            const bus = require("WAWebBackendEventBus").BackendEventBus;
            bus.on("account_temporarily_banned", (ban) => (window.ban = ban));
        }"""
    )
    assert (await phone.scan(None)).is_success
    await plain.mode(mode)
    assert await plain.asks(f"() => {SOCKET}.state") == socket
    expected = {"code": 101, "expire": 600} if form == "temporary" else None
    assert await plain.asks("() => window.ban") == expected


async def test_scene_outdated(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("outdated")
    await plain.open()
    await plain.mode("DEPRECATED_VERSION")
    assert await plain.asks(f"() => {STREAM}.needsUpdate")
    assert await plain.asks(f"() => {SOCKET}.state") == "DEPRECATED_VERSION"


async def test_scene_slow_sync(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("slow_sync", sync_s=12)
    await plain.open()
    await plain.code()
    await phone.scan(None)
    progress = "require('WAWebOfflineHandler').OfflineMessageHandler.getOfflineDeliveryProgress()"
    await plain.until(f"{progress} > 0 && {progress} < 100 && {STREAM}.mode === 'SYNCING'")
    await plain.mode("MAIN")


async def test_scene_sync_hangs(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("sync_hangs", percent=50)
    await plain.open()
    await plain.code()
    await phone.scan(None)
    progress = "require('WAWebOfflineHandler').OfflineMessageHandler.getOfflineDeliveryProgress()"
    await plain.until(f"{progress} === 50")
    assert await plain.asks(f"() => {STREAM}.mode") == "SYNCING"
    assert not await plain.asks(f"() => {SOCKET}.hasSynced")


async def test_scene_phone_number_late(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("phone_number_late", after_s=10)
    await plain.open()
    await plain.link(phone)
    assert await plain.asks(f"() => {MY_NUMBER}") is None
    await plain.until(f"{MY_NUMBER} === '{NUMBER}'")


async def test_scene_phone_number_never(plain: PlainPage, phone: Phone) -> None:
    await phone.plays("phone_number_never")
    await plain.open()
    await plain.link(phone)
    assert await plain.asks(f"() => {MY_NUMBER}") is None
    await plain.open()
    await plain.until(f"window.require && {MY_NUMBER} === '{NUMBER}'")
