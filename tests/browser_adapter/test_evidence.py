"""What is kept of a failure holds no code, no session, no name and no number, in every scene."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from adapters import qr_image
from adapters.browser.host import BrowserHost
from adapters.browser.spec import Evidence, SendFailed, SessionSpec, SpecFile
from adapters.browser.witness import Circumstances
from adapters.sandbox.scenes import SCENES
from domain.observations import (
    Observation,
    RecordActionRequired,
    RecordCodesExhausted,
    RecordPage,
    RecordPairingCode,
    RecordProblem,
    RecordQr,
    RecordReady,
    RecordScan,
    RecordSynced,
    RecordSyncProgress,
)
from domain.reasons import Reason
from tests.browser_adapter.conftest import Drive
from tests.browser_adapter.driven import NUMBER, Driven, Phone, quick
from tests.browser_adapter.own_page import serve
from tests.phone_camera import codes_in
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
NAME = "Аюна O'Brien Canary"
WORDS = "the words of a canary"
QR = "https://wa.me/settings/linked_devices#2@canary-of-a-reference,noise,identity,secret,1"
HASTY = quick(goto_s=1.0, missing_after_s=1.0, heartbeat_s=0.2, hang_after_s=1.5, screenshot_s=2.0)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When a scene is looked at, and what the phone does before."""

    kind: type[Observation]
    scans: bool = False
    pairing: bool = False
    linked_before: bool = False
    times: int | None = 1
    params: dict[str, Any] = {}
    seen: bool = True
    """A picture may be taken at that moment."""
    hasty: bool = False
    """It is a limit that brings the moment. Any other page of a busy machine is given its time."""


MOMENTS = {
    "normal": Moment(kind=RecordQr),
    "page_unreachable": Moment(kind=RecordProblem),
    "page_never_answers": Moment(kind=RecordProblem, hasty=True, seen=False),
    "bundles_unreachable": Moment(kind=RecordProblem, hasty=True),
    "page_changed": Moment(kind=RecordProblem, hasty=True),
    "late_bundles": Moment(kind=RecordQr),
    "already_synced": Moment(kind=RecordReady, linked_before=True, seen=False),
    "qr_never_shown": Moment(kind=RecordPage),
    "codes_run_out": Moment(kind=RecordCodesExhausted, params={"always": True}),
    "scan_rejected": Moment(kind=RecordProblem, scans=True),
    "no_pairing_code": Moment(kind=RecordProblem, pairing=True),
    "passkey": Moment(kind=RecordActionRequired, scans=True),
    "authentication_hangs": Moment(kind=RecordScan, scans=True),
    "banned": Moment(kind=RecordProblem, scans=True),
    "outdated": Moment(kind=RecordProblem),
    "slow_sync": Moment(kind=RecordSyncProgress, scans=True, params={"sync_s": 200.0}),
    "sync_hangs": Moment(kind=RecordSyncProgress, scans=True),
    "phone_number_late": Moment(kind=RecordReady, scans=True, seen=False),
    "phone_number_never": Moment(kind=RecordSynced, scans=True, seen=False),
    "session_dead": Moment(kind=RecordQr, linked_before=True),
    "open_elsewhere": Moment(kind=RecordProblem, linked_before=True),
    "logout": Moment(kind=RecordReady, scans=True, seen=False),
    "conflict": Moment(kind=RecordProblem, scans=True, params={"after_s": 20.0}, seen=False),
    "crash": Moment(kind=RecordProblem, params={"at": "qr"}, seen=False),
    "page_hangs": Moment(
        kind=RecordProblem, hasty=True, params={"at": "qr"}, times=None, seen=False
    ),
    "page_falls_silent": Moment(kind=RecordReady, scans=True, seen=False),
}


OF_MESSAGES = {"send_fails", "send_hangs", "acks_late", "acks_out_of_order"}


async def test_every_scene_has_its_moment():
    assert MOMENTS.keys() | OF_MESSAGES == SCENES.keys()


async def test_messages_leave_nothing_in_the_evidence(drive: Drive, phone: Phone):
    await phone.plays("send_fails")
    driven = drive()
    await driven.links(phone)
    bill = SpecFile(name="bill of Канарейка.pdf", media_type="a/b", content=b"?", caption=WORDS)
    for file in (None, bill):
        with pytest.raises(SendFailed):
            await driven.sends(WORDS, to="491701112223", file=file)
    await phone.does("/phone/message", **{"from": "491703334445"}, text=WORDS, name=NAME)
    (message,) = await driven.receives()
    assert message.text == WORDS
    secrets = [WORDS, NAME, bill.name, "491701112223", "491703334445"]
    assert_bare(await driven.session.evidence(), secrets)


@pytest.mark.parametrize("scene", MOMENTS)
async def test_no_scene_leaves_a_secret_in_the_evidence(drive: Drive, phone: Phone, scene: str):
    moment = MOMENTS[scene]
    if moment.linked_before:
        before = drive()
        await before.links(phone)
        await before.session.stop()
    await phone.plays(scene, moment.times, **moment.params)
    pairing = {"method": "pairing_code", "pairing_phone": NUMBER} if moment.pairing else {}
    limits = {"limits": HASTY} if moment.hasty else {}
    driven = drive(attempt_id="attempt-2", **limits, **pairing)
    await driven.session.start()
    if moment.scans:
        await scans(driven, phone)
    await driven.hears(moment.kind)
    if moment.kind is RecordProblem:
        await eventually(lambda: has_looked(driven))
    evidence = await driven.session.evidence()
    assert_bare(evidence, secrets_of(driven))
    assert (evidence.screenshot is not None) == moment.seen, circumstances(evidence)
    await driven.session.stop()
    assert_bare(await driven.session.evidence(), secrets_of(driven))


async def scans(driven: Driven, phone: Phone) -> None:
    async def scanned() -> bool:
        body = {"phone_number": NUMBER, "qr": await driven.code(), "name": NAME}
        await phone.does("/phone/scan", **body)
        return True

    try:
        await scanned()
    except AssertionError:  # the phone says that it was refused, or the code rotated just then
        if not any(isinstance(one, RecordScan | RecordProblem) for one in driven.heard):
            await eventually(scanned)


async def has_looked(driven: Driven) -> bool:
    """An attempt that ended by itself looks at the page before it closes."""
    return bool((await driven.session.evidence()).records)


def secrets_of(driven: Driven) -> list[str]:
    words = [word for text in driven.codes.values() for word in text.partition("#")[2].split(",")]
    return [word for word in words if len(word) > 15] + [*driven.codes.values(), NUMBER, NAME]


def assert_bare(evidence: Evidence, secrets: Iterable[str]) -> None:
    """See that no piece holds one of these texts, in its own letters or as JSON writes them."""
    if evidence.screenshot is not None:
        assert codes_in(evidence.screenshot) == []
        assert len(evidence.screenshot) < 256 * 1024
    kept = evidence.records + evidence.browser
    for secret in secrets:
        assert secret.encode() not in kept
        assert msgspec.json.encode(secret)[1:-1] not in kept
    assert msgspec.json.decode(evidence.records)
    assert len(evidence.records) <= 64 * 1024
    assert len(evidence.browser) <= 4 * 1024


def circumstances(evidence: Evidence) -> Circumstances:
    return msgspec.json.decode(evidence.browser, type=Circumstances)


async def test_a_picture_is_the_same_whatever_code_is_on_show(drive: Drive):
    driven = drive()
    assert await driven.session.start()
    await driven.hears(RecordQr)
    first, seen = (await driven.session.evidence()).screenshot, len(driven.heard)
    await driven.hears(RecordQr, after=seen)
    assert first is not None
    assert (await driven.session.evidence()).screenshot == first, "the pictures differ"


async def test_a_picture_is_the_same_whatever_pairing_code_is_on_show(drive: Drive):
    pictures: set[bytes | None] = set()
    codes: set[str] = set()
    for attempt in ("attempt-1", "attempt-2"):
        driven = drive(method="pairing_code", pairing_phone=NUMBER, attempt_id=attempt)
        assert await driven.session.start()
        await driven.hears(RecordPairingCode)
        evidence = await driven.session.evidence()
        await driven.session.stop()
        assert_bare(evidence, [NUMBER, *driven.codes.values()])
        pictures.add(evidence.screenshot)
        codes |= set(driven.codes.values())
    assert len(codes) > 1
    assert len(pictures) == 1, "the pictures differ"
    assert None not in pictures


CODES = f"""<body style="background:#fff;font-family:monospace"><h1>Link a device</h1>
<div id="image" style="width:300px;height:300px"></div>{qr_image.svg(QR)}
<p>Linking account +%s (edit)</p><p>%s</p>
<script>
  const blob = new Blob([document.querySelector("svg").outerHTML], {{ type: "image/svg+xml" }});
  document.getElementById("image").style.background = `url(${{URL.createObjectURL(blob)}})`;
  console.error("number +%s of {NAME}, code %s, key " + "k".repeat(44));
  console.warn("https://example.org/path?token=canary-of-a-query");
  console.log("canary-of-a-plain-line");
  setTimeout(() => {{ throw new Error("from 0170 123-4567 %s canary.of.an.error"); }});
</script>"""


async def test_codes_and_numbers_that_the_page_shows_and_says_in_other_ways_are_covered(
    drive: Drive,
):
    pictures: set[bytes | None] = set()
    for number, code in (("49 170 1234567", "ABCD-1234"), ("62 811 7654321", "WXYZ-9876")):
        html = CODES % (number, code, number, code, code)
        async with serve(html) as own:
            address = f"http://127.0.0.1:{own.port}/x?token=canary-of-an-address"
            driven = drive(url=address, account_id=f"acc_{own.port}")
            assert await driven.session.start()
            await eventually(lambda driven=driven: has_said(driven, b"canary.of.an.error"))
            evidence = await driven.session.evidence()
            secrets = [number, number.partition(" ")[2], code, QR, "k" * 16, "0170 123"]
            canaries = ["canary-of-a-query", "canary-of-a-plain-line", "canary-of-an-address"]
            assert_bare(evidence, secrets + canaries)
            assert circumstances(evidence).url == f"http://127.0.0.1:{own.port}/x"
            pictures.add(evidence.screenshot)
            await driven.session.stop()
    assert len(pictures) == 1, "they differ"
    assert None not in pictures


async def has_said(driven: Driven, text: bytes) -> bool:
    return text in (await driven.session.evidence()).records


async def test_a_page_that_shows_chats_is_not_pictured(drive: Drive):
    async with serve("<ul id='pane-side'><li>Ayu: see you at nine</li></ul>") as own:
        driven = drive(url=f"http://127.0.0.1:{own.port}/")
        assert await driven.session.start()
        evidence = await driven.session.evidence()
    assert evidence.screenshot is None
    assert circumstances(evidence).screenshot == "not_drawn"


async def test_a_picture_larger_than_what_is_kept_is_none_and_said_to_be(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
):
    async with serve("<p>Steps to log in</p>") as own:
        driven = drive(url=f"http://127.0.0.1:{own.port}/")
        assert await driven.session.start()
        picture = (await driven.session.evidence()).screenshot
        assert picture is not None
        monkeypatch.setattr("adapters.browser.witness.LARGEST_PICTURE", len(picture) - 1)
        evidence = await driven.session.evidence()
    assert evidence.screenshot is None
    assert circumstances(evidence).screenshot == "too_large"


async def test_a_changed_page_with_a_kept_session_is_not_pictured(drive: Drive, phone: Phone):
    before = drive()
    await before.links(phone)
    await before.session.stop()
    await phone.plays("page_changed")
    driven = drive(limits=HASTY, attempt_id="attempt-2")
    assert await driven.session.start()
    assert (await driven.problem()).reason is Reason.PAGE_CHANGED
    evidence = await driven.session.evidence()
    assert evidence.screenshot is None
    assert circumstances(evidence).screenshot == "may_show_chats"


async def test_what_an_attempt_ran_on(drive: Drive, host: BrowserHost, spec: SessionSpec):
    driven = drive()
    assert await driven.session.start()
    await driven.hears(RecordQr)
    told = circumstances(await driven.session.evidence())
    assert host.browser is not None
    shared = host.sharing is not None
    assert told.flavour == ("qt_webengine" if shared else host.browser.flavour)
    assert told.browser_version is not None
    assert told.user_agent is not None
    assert told.browser_version.split(".")[0] in told.user_agent
    assert "Headless" not in told.user_agent
    assert told.wa_js == told.wa_js_in_page != ""
    assert (told.sandboxed, told.screenshot) == (host.sandboxed, "taken")
    assert told.url == f"{spec.url.partition('/acc_')[0]}/…/"
    assert told.memory_available_mb is None or told.memory_available_mb > 0


async def test_without_a_browser_there_is_still_evidence(spec: SessionSpec, tmp_path: Any):  # noqa: ANN401
    async with BrowserHost(None, "", profiles=tmp_path) as host:
        driven = Driven(host, spec, tmp_path)
        assert not await driven.session.start()
        assert (await driven.problem()).reason is Reason.BROWSER_MISSING
        told = circumstances(await driven.session.evidence())
    assert (told.screenshot, told.flavour, told.wa_js) == ("no_page", None, None)


async def test_an_attempt_that_ends_by_itself_is_pictured_before_its_page_closes(
    drive: Drive, phone: Phone
):
    await phone.plays("page_unreachable")
    driven = drive()
    assert not await driven.session.start()
    await driven.is_over()
    evidence = await driven.session.evidence()
    assert evidence.screenshot is not None
    assert circumstances(evidence).url.endswith("/a/…/")
    assert b"net::ERR_EMPTY_RESPONSE" in evidence.records


async def test_looking_at_a_page_that_hangs_has_a_limit(drive: Drive, phone: Phone):
    driven = drive(limits=quick(screenshot_s=0.3))
    assert await driven.session.start()
    await driven.hears(RecordQr)
    await phone.does("/server/event", kind="misbehave", how="hang")
    await eventually(lambda: is_not_drawn(driven))


async def test_stopping_does_not_wait_for_a_look(drive: Drive, phone: Phone):
    driven = drive(limits=quick(screenshot_s=600.0))
    assert await driven.session.start()
    await driven.hears(RecordQr)
    await phone.does("/server/event", kind="misbehave", how="hang")
    looking = asyncio.create_task(driven.session.evidence())
    await asyncio.wait([looking], timeout=0.1)
    await driven.session.stop()
    assert_bare(await looking, driven.codes.values())
    assert driven.processes.running() == set()


async def is_not_drawn(driven: Driven) -> bool:
    return circumstances(await driven.session.evidence()).screenshot == "not_drawn"
