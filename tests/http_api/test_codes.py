"""The code on show, in every form, and what is said when there is none."""

from adapters import clock
from domain.observations import RecordPairingCode
from tests.phone_camera import code_in
from tests.running_api import CODE_TEXT, RunningApi, parse_time
from tests.waiting import eventually

BY_ACCEPT = {
    "": "application/json",
    "*/*": "application/json",
    "application/json": "application/json",
    "image/avif,image/webp,image/*,*/*;q=0.8": "image/png",
    "image/svg+xml": "image/svg+xml",
    "text/plain;q=0.5, image/png;q=0.4": "text/plain; charset=utf-8",
    "image/png;q=0, text/plain": "text/plain; charset=utf-8",
}


async def waiting_account(api: RunningApi) -> tuple[str, str]:
    account_id = await api.register()
    return account_id, await api.link(account_id)


def read(image: bytes) -> str:
    return code_in(image)


async def test_the_form_follows_accept(api: RunningApi) -> None:
    account_id, attempt = await waiting_account(api)
    await api.show_code(account_id, attempt)
    for accept, media_type in BY_ACCEPT.items():
        headers = {"Accept": accept}
        answered = await api.client.get(f"/v1/accounts/{account_id}/qr", headers=headers)
        assert answered.headers["content-type"] == media_type, accept
        assert answered.headers["vary"] == "Accept"


async def test_every_form_is_of_the_code_on_show_and_is_never_stored(api: RunningApi) -> None:
    account_id, attempt = await waiting_account(api)
    fingerprint = await api.show_code(account_id, attempt)
    here = f"/v1/accounts/{account_id}/qr"
    forms = {form: await api.client.get(f"{here}.{form}") for form in ("png", "svg", "txt", "json")}
    for answered in forms.values():
        assert answered.headers["cache-control"] == "no-store"
        assert answered.headers["linkwright-code"] == fingerprint
        assert parse_time(answered.headers["linkwright-code-expires"]) > clock.now()
    assert read(forms["png"].content) == CODE_TEXT
    told = forms["json"].json()
    assert (told["text"], told["kind"], told["ordinal"]) == (CODE_TEXT, "qr", 1)
    assert 0 < told["expires_in_s"] <= 60


async def test_a_new_code_takes_the_place_of_the_one_that_is_asked_for(api: RunningApi) -> None:
    account_id, attempt = await waiting_account(api)
    first = await api.show_code(account_id, attempt, text="2@first,a,b,c")
    second = await api.show_code(account_id, attempt, text="2@second,a,b,c")
    here = f"/v1/accounts/{account_id}/qr.png?code="
    gone = await api.client.get(here + first)
    assert (gone.status_code, gone.json()["cause"]) == (410, "replaced")
    assert read((await api.client.get(here + second)).content) == "2@second,a,b,c"


async def test_an_expired_code_is_gone(api: RunningApi) -> None:
    account_id, attempt = await waiting_account(api)
    await api.show_code(account_id, attempt, lives_s=-1)
    answered = await api.client.get(f"/v1/accounts/{account_id}/qr.png")
    assert (answered.status_code, answered.json()["cause"]) == (410, "between_codes")


async def test_why_there_is_no_code(api: RunningApi) -> None:
    account_id = await api.register()
    here = f"/v1/accounts/{account_id}/qr"

    async def cause() -> tuple[int, str]:
        answered = await api.client.get(here)
        return answered.status_code, answered.json()["cause"]

    assert await cause() == (404, "not_started")
    attempt = await api.link(account_id)
    assert await cause() == (404, "page_opening")
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    assert await cause() == (410, "code_used")
    await api.become_ready(account_id, attempt)
    assert await cause() == (410, "linked")


async def test_the_first_fetch_of_each_code_is_recorded_once(api: RunningApi) -> None:
    account_id, attempt = await waiting_account(api)

    async def fetch(text: str) -> None:
        fingerprint = await api.show_code(account_id, attempt, text=text)
        for _ in range(3):
            await api.client.get(f"/v1/accounts/{account_id}/qr.png?code={fingerprint}")

    async def fetches() -> int:
        story = await api.services.log.load(account_id)
        return sum(recorded.topic == "QrFetched" for recorded in story)

    await fetch("2@first,a,b,c")
    await fetch("2@second,a,b,c")

    async def both_are_recorded() -> bool:  # after the answer has left
        return await fetches() >= 2

    await eventually(both_are_recorded)
    await api.scan(account_id, attempt)
    assert await fetches() == 2


async def test_a_pairing_code_comes_as_it_is_typed(api: RunningApi) -> None:
    account_id = await api.register()
    attempt = await api.link(account_id, method="pairing_code", phone="+4915112345678")
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
    told = (await api.client.get(f"/v1/accounts/{account_id}/qr")).json()
    assert (told["kind"], told["text"], told["image_url"]) == ("pairing_code", "ABCD-1234", None)
    assert (await api.client.get(f"/v1/accounts/{account_id}/qr.txt")).text == "ABCD-1234\n"
    image = await api.client.get(f"/v1/accounts/{account_id}/qr.png")
    assert (image.status_code, image.json()["cause"]) == (404, "pairing_code")
