"""The control API: who may use it, what it refuses and how it says so."""

from pathlib import Path

import httpx
import pytest
from playwright.async_api import BrowserContext

from adapters.sandbox import RunningSandbox, SandboxSettings, run_sandbox
from adapters.sandbox.accounts import MOST_ACCOUNTS, Accounts
from adapters.sandbox.linked_devices import Device, LinkedDevices, UnreadableState, digest
from adapters.sandbox.refusals import TooManyAccounts
from adapters.sandbox.scenes import TABLE
from adapters.sandbox.server import phone_token
from tests.plain_http import NO_TLS
from tests.sandbox_page.stand_in import NUMBER, TOKEN, Phone, WhatsAppPage

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROUTES = [
    ("GET", "/control/scenes"),
    ("GET", "/control/accounts/x"),
    ("DELETE", "/control/accounts/x"),
    ("PUT", "/control/accounts/x/scene"),
    ("POST", "/control/accounts/x/phone/scan"),
    ("POST", "/control/accounts/x/phone/reject"),
    ("POST", "/control/accounts/x/phone/logout"),
    ("POST", "/control/accounts/x/phone/offline"),
    ("POST", "/control/accounts/x/phone/online"),
    ("POST", "/control/accounts/x/phone/message"),
    ("POST", "/control/accounts/x/phone/deliver"),
    ("POST", "/control/accounts/x/phone/read"),
    ("POST", "/control/accounts/x/phone/passkey"),
    ("POST", "/control/accounts/x/phone/enter-pairing-code"),
    ("POST", "/control/accounts/x/server/event"),
]
KEY = "A" * 43 + "="


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", ["", "wrong", phone_token(TOKEN, "another")])
async def test_without_its_token_nothing_is_told(
    sandbox: RunningSandbox, method: str, path: str, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=sandbox.url, headers=headers, verify=NO_TLS) as stranger:
        answer = await stranger.request(method, path)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:linkwright:sandbox:unauthorized"


async def test_a_phones_token_opens_its_own_account(
    sandbox: RunningSandbox, phone: Phone, account: str
) -> None:
    await phone.plays("normal")
    headers = {"Authorization": f"Bearer {phone_token(TOKEN, account)}"}
    async with httpx.AsyncClient(base_url=sandbox.url, headers=headers, verify=NO_TLS) as person:
        assert (await person.get(f"/control/accounts/{account}")).status_code == 200
        assert (await person.get("/control/scenes")).status_code == 401


async def test_scenes_are_listed_with_their_parameters(control: httpx.AsyncClient) -> None:
    scenes = (await control.get("/control/scenes")).json()["scenes"]
    assert [one["name"] for one in scenes] == [scene.name for scene in TABLE]
    assert all(one["sentence"].endswith(".") for one in scenes)
    crash = next(one for one in scenes if one["name"] == "crash")
    assert crash["params"] == [
        {"name": "at", "default": "qr"},
        {"name": "after_s", "default": 1.0},
    ]


@pytest.mark.parametrize(("method", "path"), ROUTES[1:3])
async def test_an_account_that_was_never_seen_is_not_found(
    control: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await control.request(method, path.replace("/x", "/never_seen"))
    assert (answer.status_code, answer.json()["cause"]) == (404, "unknown_account")
    assert "never_seen" in answer.json()["detail"]


async def test_an_unknown_path_is_not_found(control: httpx.AsyncClient) -> None:
    answer = await control.get("/control/nothing")
    assert (answer.status_code, answer.json()["cause"]) == (404, "not_found")


async def test_a_scene_that_does_not_exist(phone: Phone) -> None:
    answer = await phone.client.put(f"{phone.path}/scene", json={"name": "rain"})
    assert (answer.status_code, answer.json()["cause"]) == (404, "unknown_scene")
    assert "slow_sync" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("params", "named"),
    [({"sync_s": -1}, "sync_s"), ({"speed": 1}, "speed"), ({"sync_s": "long"}, "sync_s")],
)
async def test_parameters_that_do_not_fit_the_scene(
    phone: Phone, params: dict[str, object], named: str
) -> None:
    body = {"name": "slow_sync", "params": params}
    answer = await phone.client.put(f"{phone.path}/scene", json=body)
    assert (answer.status_code, answer.json()["cause"]) == (422, "invalid_parameters")
    assert named in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/phone/scan", {"qr": "x", "phone_number": "call me"}, "phone_number"),
        ("/phone/scan", {"qr": "x"}, "phone_number"),
        ("/phone/scan", {"phone_number": NUMBER, "colour": "red"}, "colour"),
        ("/phone/message", {"from": NUMBER}, "text"),
        ("/phone/message", {"from": NUMBER, "text": ""}, "text"),
        ("/phone/read", {"id": 7}, "id"),
        ("/phone/passkey", {"answer": "maybe"}, "maybe"),
        ("/phone/enter-pairing-code", {"code": "short", "phone_number": NUMBER}, "code"),
        ("/server/event", {"kind": "earthquake"}, "earthquake"),
        ("/server/event", {"kind": "drop", "for_s": -1}, "for_s"),
    ],
)
async def test_a_body_of_the_wrong_form_is_named(
    phone: Phone, path: str, body: object, named: str
) -> None:
    await phone.plays("normal")
    answer = await phone.post(path, body)
    assert (answer.status_code, answer.json()["cause"]) == (422, "invalid_request"), answer.text
    assert named in answer.text


async def test_an_account_name_that_is_no_name(control: httpx.AsyncClient) -> None:
    for name in ("a.b", "a%2Fb", "x" * 65):
        answer = await control.get(f"/control/accounts/{name}")
        assert answer.status_code in {404, 422}, answer.text


async def test_a_message_that_was_never_sent_is_not_read(phone: Phone) -> None:
    await phone.plays("normal")
    assert await phone.does("/phone/read") == {"ids": []}
    answer = await phone.post("/phone/deliver", {"id": "3EB0"})
    assert (answer.status_code, answer.json()["cause"]) == (404, "unknown_message")


async def test_only_a_page_may_upload(sandbox: RunningSandbox, phone: Phone) -> None:
    await phone.plays("normal")
    async with httpx.AsyncClient(base_url=sandbox.url) as stranger:
        for account in (phone.account, "never_seen"):
            answer = await stranger.post(f"/media/{account}/x", content=b"a file")
            assert answer.status_code == 404


async def test_without_a_page_nothing_can_happen(phone: Phone) -> None:
    await phone.plays("normal")
    for path, body in (
        ("/phone/message", {"from": NUMBER, "text": "Hello"}),
        ("/phone/passkey", {"answer": "approve"}),
        ("/server/event", {"kind": "drop"}),
    ):
        answer = await phone.post(path, body)
        assert (answer.status_code, answer.json()["cause"]) == (409, "no_page"), path
    for path, body in (
        ("/phone/reject", None),
        ("/phone/scan", {"phone_number": NUMBER}),
        ("/phone/enter-pairing-code", {"code": "ABCD-1234", "phone_number": NUMBER}),
    ):
        answer = await phone.post(path, body)
        assert (answer.status_code, answer.json()["cause"]) == (409, "nothing_on_show"), path


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "not_a_linking_code"),
        ("https://example.org/", "not_a_linking_code"),
        ("undefined,a,b,c,1", "not_a_linking_code"),
        (f"2@abc,{KEY},{KEY}", "truncated"),
        (f"2@abc,{KEY},{KEY},{KEY[:20]}", "truncated"),
        (f"https://wa.me/settings/linked_devices#2@abc,{KEY},{KEY},{KEY},1", "unknown_code"),
        (f"2@abc,{KEY},{KEY},{KEY}", "unknown_code"),
    ],
)
async def test_texts_that_no_page_shows(phone: Phone, text: str, cause: str) -> None:
    await phone.plays("normal")
    answer = await phone.scan(text)
    assert (answer.status_code, answer.json()["cause"]) == (409, cause)
    assert answer.json()["title"] == "Couldn't link device"
    assert KEY not in answer.text


async def test_a_code_is_good_for_its_page_its_time_and_one_phone(
    page: WhatsAppPage, phone: Phone, control: httpx.AsyncClient
) -> None:
    await page.open()
    first = await page.code()
    stranger = Phone(control, "somebody_else")
    await stranger.plays("normal")
    assert (await stranger.scan(first)).json()["cause"] == "other_account"
    second = await page.code(other_than=first)
    assert (await phone.scan(first)).json()["cause"] == "stale"
    fields = second.split(",")
    mixed = ",".join([fields[0], KEY, *fields[2:]])
    assert (await phone.scan(mixed)).json()["cause"] in {"wrong_keys", "stale"}
    await page.asks("() => require('WAWebCmd').Cmd.refreshQR()")
    used = await page.code(other_than=second)
    assert (await phone.scan(used)).json() == {"outcome": "linked"}
    assert (await phone.scan(used)).json()["cause"] == "already_used"


async def test_the_view_of_an_account_never_holds_the_code(
    page: WhatsAppPage, phone: Phone
) -> None:
    await page.open()
    text = await page.code()
    seen = (await phone.client.get(phone.path)).text
    assert '"code_on_show":true' in seen
    assert not any(field in seen for field in text.split(",") if len(field) > 8)


async def test_a_taken_port_is_an_error_at_once(sandbox: RunningSandbox, tmp_path: Path) -> None:
    settings = SandboxSettings(
        control_token=TOKEN, state_file=tmp_path / "state.json", port=sandbox.port
    )
    with pytest.raises(OSError, match="in use"):
        async with run_sandbox(settings):
            pass


async def test_devices_are_kept_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "state.json"
    device = Device(
        device_id="d1", token_digest=digest("secret"), phone_number=NUMBER, lid="1", name="Phone"
    )
    LinkedDevices(file).keep("acc", device)
    again = LinkedDevices(file)
    assert again.of("acc") == [device]
    assert b"secret" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    again.remove("acc", "d1")
    assert LinkedDevices(file).of("acc") == []
    assert [one.name for one in file.parent.iterdir()] == ["state.json"]


async def test_a_damaged_file_of_devices_is_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text('{"acc": {"d1": {')
    with pytest.raises(UnreadableState, match=r"state\.json cannot be read"):
        LinkedDevices(file)


async def test_idle_accounts_make_room_and_keep_their_devices(tmp_path: Path) -> None:
    settings = SandboxSettings(control_token=TOKEN, state_file=tmp_path / "state.json")
    accounts = Accounts(settings)
    first = accounts.open("first")
    first.keep_device(
        Device(device_id="d1", token_digest="x", phone_number=NUMBER, lid="1", name="Phone")
    )
    for number in range(MOST_ACCOUNTS):
        accounts.open(f"other{number}")
    again = accounts.known("first")
    assert again is not None
    assert again is not first
    assert [one.device_id for one in again.devices] == ["d1"]
    for number in range(MOST_ACCOUNTS):
        accounts.choose_scene(f"busy{number}", "normal", {}, None)
    with pytest.raises(TooManyAccounts):
        accounts.open("one_more")


async def test_ballast_is_held_by_the_page(context: BrowserContext, tmp_path: Path) -> None:
    settings = SandboxSettings(control_token=TOKEN, state_file=tmp_path / "s.json", ballast_mb=3)
    async with run_sandbox(settings) as heavy:
        page = await context.new_page()
        await page.goto(heavy.url)
        size = await page.evaluate("() => StandIn.load('StandInBallast').length")
        assert size == 3 * 1024 * 1024
        await page.close()
