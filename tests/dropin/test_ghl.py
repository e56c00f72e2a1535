"""The dashboard's calls for locations of GoHighLevel, with observations in place of a browser.

Words in quotes are the seed's.
"""

import asyncio

from adapters import clock
from domain.observations import RecordLogout
from tests.dropin.scanning import answered_with_code, text_of
from tests.running_api import CODE_TEXT, PHONE, RunningApi
from tests.waiting import eventually

LOCATION = "ve9EPM428h8vShlRW1KT"
SESSION = f"/ghl/location/{LOCATION}/session"


async def test_initializing_then_qr_then_ready(api: RunningApi):
    answered, account_id, attempt = await answered_with_code(api, SESSION, LOCATION)
    told = answered.json()
    assert (told["status"], text_of(told["qr"])) == ("qr", CODE_TEXT)
    assert told["session_id"] == f"location_{LOCATION}_main"

    polled = (await api.client.get(SESSION)).json()
    assert (polled["status"], polled["qr"]) == ("qr", told["qr"])
    await api.scan(account_id, attempt)
    checking = (await api.client.get(SESSION)).json()
    assert (checking["status"], checking["qr"]) == ("qr", None)
    await api.become_ready(account_id, attempt)

    ready = (await api.client.get(SESSION)).json()
    assert (ready["status"], ready["phone_number"]) == ("ready", PHONE)
    assert ready["message"] == "Connected"
    assert ready["monitored_every_s"] == 30.0  # 'Connection monitored every 30 seconds'


async def test_a_connection_is_initializing_while_its_page_opens(api: RunningApi):
    asking = asyncio.create_task(api.client.post(SESSION))

    async def shown() -> dict[str, object]:
        answered = await api.client.get(SESSION)
        return answered.json() if answered.is_success else {}

    async def initializing() -> bool:
        return (await shown()).get("message") == "Preparing WhatsApp session..."

    await eventually(initializing)
    assert (await shown())["status"] == "initializing"
    accounts = (await api.client.get("/v1/accounts")).json()["accounts"]
    await api.show_code(accounts[0]["id"], accounts[0]["attempt"]["id"])
    assert (await asking).json()["status"] == "qr"


async def test_disconnecting_and_connecting_anew(api: RunningApi):
    _, account_id, attempt = await answered_with_code(api, SESSION, LOCATION)
    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)

    ending = asyncio.create_task(api.client.post(f"{SESSION}/logout"))

    async def logging_out() -> bool:
        return (await api.services.dispatch.load(account_id)).account.logout_requested

    await eventually(logging_out)
    await api.see(account_id, RecordLogout(at=clock.now(), attempt=attempt, by="client"))
    assert (await ending).json()["status"] == "disconnected"
    again, same, _ = await answered_with_code(api, SESSION, LOCATION)
    assert (again.json()["status"], same) == ("qr", account_id)


async def test_a_deleted_connection_is_disconnected_and_may_be_created_anew(api: RunningApi):
    _, account_id, _ = await answered_with_code(api, SESSION, LOCATION)

    deleted = (await api.client.delete(SESSION)).json()

    assert (deleted["status"], deleted["qr"]) == ("disconnected", None)
    again, same, _ = await answered_with_code(api, SESSION, LOCATION)
    assert (again.json()["status"], same) == ("qr", account_id)


async def test_sessions_are_listed_and_counted_by_status(api: RunningApi):
    _, ready, attempt = await answered_with_code(api, SESSION, LOCATION)
    await api.scan(ready, attempt)
    await api.become_ready(ready, attempt)
    second = {"params": {"subaccount": "second"}}
    await answered_with_code(api, SESSION, LOCATION, **second)
    await api.register(workspace=LOCATION)  # is not the dashboard's

    told = (await api.client.get("/ghl/sessions")).json()

    assert told["counts"] == {"initializing": 0, "qr": 1, "ready": 1, "disconnected": 0}
    listed = {one["session_id"]: one["status"] for one in told["sessions"]}
    assert listed == {f"location_{LOCATION}_main": "ready", f"location_{LOCATION}_second": "qr"}
    first = (await api.client.get("/ghl/sessions", params={"limit": 1})).json()
    rest = await api.client.get("/ghl/sessions", params={"cursor": first["next_cursor"]})
    assert [*first["sessions"], *rest.json()["sessions"]] == told["sessions"]
