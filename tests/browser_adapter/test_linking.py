"""From a launch to READY, on the sandbox's real page in a real browser."""

import asyncio

import pytest

from domain.observations import (
    RecordActionRequired,
    RecordCodesExhausted,
    RecordPairingCode,
    RecordQr,
    RecordReady,
    RecordScan,
    RecordSynced,
)
from domain.reasons import Reason
from tests.browser_adapter.conftest import Drive, PhoneOf
from tests.browser_adapter.driven import NUMBER, Phone, quick
from tests.waiting import LIMIT_S, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_happy_path_with_rotation(drive: Drive, phone: Phone):
    driven = drive()
    assert await driven.session.start()
    first = await driven.hears(RecordQr)
    second = await driven.hears(RecordQr, after=driven.heard.index(first) + 1)
    assert first.fingerprint != second.fingerprint
    assert (first.source, second.source) == ("page", "page")
    assert (first.expires_at - first.at).total_seconds() == pytest.approx(3, abs=0.1)
    assert (second.expires_at - second.at).total_seconds() == pytest.approx(1, abs=0.1)
    ready = await driven.links_now(phone)
    assert (ready.phone, ready.name, ready.platform) == (NUMBER, "Sandbox phone", "android")
    assert driven.kinds()[:3] == ["RecordPage"] * 3
    after_codes = [kind for kind in driven.kinds() if kind not in ("RecordPage", "RecordQr")]
    assert after_codes[0] == "RecordScan"
    assert set(after_codes[1:-1]) == {"RecordSyncProgress"}
    assert after_codes[-1] == "RecordReady"
    assert {one.attempt for one in driven.heard} == {"attempt-1"}


async def test_a_code_with_a_new_secret_can_be_scanned(drive: Drive, phone: Phone):
    driven = drive()
    assert await driven.session.start()
    old = await driven.hears(RecordQr)
    await phone.does("/server/event", kind="companion_reg_refresh")
    new = await driven.hears(RecordQr, after=driven.heard.index(old) + 1)
    texts = driven.codes[old.fingerprint], driven.codes[new.fingerprint]
    refs = [text.partition("#")[2].split(",")[0] for text in texts]
    if refs[0] == refs[1]:  # else it rotated just then, and the secret with it
        assert new.expires_at == old.expires_at
    await driven.links_now(phone)


async def test_a_screen_that_lags_behind_is_not_believed(drive: Drive, phone: Phone):
    driven = drive()
    assert await driven.session.start()
    painted = await driven.hears(RecordQr)
    tab = driven.session._browser.tab  # noqa: SLF001  no phone or server can do this to a page
    assert tab is not None
    await tab.page.evaluate(
        """() => {
          const holder = document.querySelector("[data-ref]");
          const fields = holder.getAttribute("data-ref").split(",");
          fields[3] = "a-secret-of-the-past";
          const spoil = () => holder.setAttribute("data-ref", fields.join(","));
          new MutationObserver((_, observer) => {
            observer.disconnect();
            spoil();
            observer.observe(holder, { attributes: true });
          }).observe(holder, { attributes: true });
          spoil();
        }"""
    )
    read = await driven.hears(RecordQr, after=driven.heard.index(painted) + 1)
    assert read.source == "bridge"
    assert "a-secret-of-the-past" not in driven.codes[read.fingerprint]
    await driven.links_now(phone)


async def test_a_rejected_scan_ends_the_attempt_by_name(drive: Drive, phone: Phone):
    await phone.plays("scan_rejected")
    driven = drive()
    assert await driven.session.start()
    assert not (await phone.scan(await driven.code())).is_success
    assert (await driven.problem()).reason is Reason.SCAN_REJECTED


async def test_nothing_is_lost_when_the_page_s_modules_come_late(drive: Drive, phone: Phone):
    await phone.plays("late_bundles", gap_s=1.6)
    await drive().links(phone)


async def test_a_page_that_runs_out_of_codes_is_asked_for_new_ones(drive: Drive, phone: Phone):
    await phone.plays("codes_run_out")
    driven = drive()
    assert await driven.session.start()
    await driven.hears(RecordCodesExhausted)
    assert "RecordQr" not in driven.kinds()
    await driven.session.refresh_codes()
    await driven.links_now(phone)


async def test_the_number_comes_late(drive: Drive, phone: Phone):
    await phone.plays("phone_number_late", after_s=10)
    driven = drive()
    await driven.links(phone)
    kinds = driven.kinds()
    assert kinds.index("RecordSynced") < kinds.index("RecordReady")
    await driven.hears(RecordSynced)


async def test_a_passkey_is_noticed(drive: Drive, phone: Phone):
    await phone.plays("passkey")
    driven = drive()
    assert await driven.session.start()
    scanning = asyncio.create_task(phone.scan(await driven.code()))
    await driven.hears(RecordActionRequired, action="passkey")
    await driven.hears(RecordScan)
    await phone.does("/phone/passkey", answer="approve")
    assert (await scanning).is_success
    await driven.hears(RecordReady)


async def test_a_pairing_code_links(drive: Drive, phone: Phone):
    driven = drive(method="pairing_code", pairing_phone=NUMBER)
    assert await driven.session.start()
    shown = await driven.hears(RecordPairingCode)
    code = driven.codes[shown.fingerprint]
    assert len(code) == 8
    await phone.does("/phone/enter-pairing-code", code=code, phone_number=NUMBER)
    await driven.hears(RecordReady)
    assert "RecordQr" not in driven.kinds()
    assert driven.kinds().count("RecordPairingCode") == 1


@pytest.mark.parametrize(
    ("because", "reason"),
    [("limited", Reason.PAIRING_CODE_LIMITED), ("refused", Reason.PAIRING_CODE_REFUSED)],
)
async def test_a_pairing_code_is_refused(drive: Drive, phone: Phone, because: str, reason: Reason):
    await phone.plays("no_pairing_code", because=because)
    driven = drive(method="pairing_code", pairing_phone=NUMBER)
    assert await driven.session.start()
    problem = await driven.problem()
    assert problem.reason is reason
    assert "IQError" in problem.detail
    assert driven.codes == {}


async def test_an_idle_page_is_asked_for_codes_before_it_gives_a_pairing_code(
    drive: Drive, phone: Phone
):
    await phone.plays("codes_run_out")
    driven = drive(method="pairing_code", pairing_phone=NUMBER)
    assert await driven.session.start()
    await driven.hears(RecordCodesExhausted)
    await driven.session.refresh_codes()
    await driven.hears(RecordPairingCode)


async def test_a_pairing_code_is_renewed_when_its_connection_was_dropped(
    drive: Drive, phone: Phone
):
    driven = drive(method="pairing_code", pairing_phone=NUMBER)
    assert await driven.session.start()
    first = await driven.hears(RecordPairingCode)
    await phone.does("/server/event", kind="drop")
    renewed = await driven.hears(RecordPairingCode, after=driven.heard.index(first) + 1)
    assert renewed.at < first.expires_at, "not in its usual turn"

    async def entered() -> bool:  # the server may hear of the code a moment after us
        return (await phone.enters(driven.codes[renewed.fingerprint])).is_success

    await eventually(entered)
    await driven.hears(RecordReady)


async def test_a_page_that_cannot_give_pairing_codes_any_more_has_changed(
    drive: Drive, phone: Phone
):
    await phone.plays("page_changed", modules=["WAWebAltDeviceLinkingApi"])
    driven = drive(method="pairing_code", pairing_phone=NUMBER)
    assert await driven.session.start()
    assert (await driven.problem()).reason is Reason.PAGE_CHANGED


async def test_a_page_that_hangs_as_it_is_asked_for_a_pairing_code_is_asked_anew(
    drive: Drive, phone: Phone
):
    await phone.plays("page_hangs", at="qr", after_s=0)
    watchful = quick(hang_after_s=1.5, heartbeat_s=0.2)
    driven = drive(method="pairing_code", pairing_phone=NUMBER, limits=watchful)
    assert await driven.session.start()
    await driven.hears(RecordPairingCode)
    assert "RecordProblem" not in driven.kinds()


async def test_a_pairing_code_is_renewed_and_the_new_one_links(drive: Drive, phone: Phone):
    driven = drive(method="pairing_code", pairing_phone=NUMBER)
    assert await driven.session.start()
    first = await driven.hears(RecordPairingCode)
    renewed = await driven.hears(RecordPairingCode, after=driven.heard.index(first) + 1)
    stale = await phone.enters(driven.codes[first.fingerprint])
    assert stale.json()["cause"] == "wrong_pairing_code"
    assert (await phone.enters(driven.codes[renewed.fingerprint])).is_success
    await driven.hears(RecordReady)


async def test_two_accounts_at_once(drive: Drive, phone: Phone, phone_of: PhoneOf):
    other = phone_of(phone.account + "b")
    one = drive()
    two = drive(
        account_id=other.account,
        url=one.spec.url.replace(phone.account, other.account),
        attempt_id="attempt-2",
    )
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(one.links(phone), two.links(other))
    assert {seen.attempt for seen in two.heard} == {"attempt-2"}
