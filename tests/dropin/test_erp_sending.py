"""What the ERP sends, with the sender played: bodies and answers as the seed has them."""

import httpx
import pytest

from adapters import clock
from adapters.event_log.errors import StorageUnavailable
from app.dropin import erp_sending
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.dropin.played_sender import failed, linked_client, post, post_and_read, sent
from tests.running_api import PHONE, RunningApi

TO = "919876543210"
HELLO = {"phoneNumber": TO, "message": "Hello from STEEFE ERP!"}
INVOICE = {
    "phoneNumber": TO,
    "invoiceData": {
        "invoiceNumber": "PI-1042",
        "date": "2023-12-07",
        "customer": {"name": "Asha Steels", "mobile": "9876543210"},
        "items": [{"productName": "MS angle", "qty": 120, "unit": "kg", "rate": 62.5}],
        "bankDetails": {"bankName": "SBI", "accountNumber": "0012", "ifscCode": "SBIN0000001"},
    },
}
DISPATCH = {
    "phoneNumber": TO,
    "dispatchData": {
        "date": "2023-12-07",
        "transporter": "VRL Logistics",
        "lrNumber": "LR-9",
        "items": [{"name": "MS angle", "quantity": 120}],
    },
}
ORDER = {
    "phoneNumber": TO,
    "orderData": {"orderNumber": "SO-77", "items": [{"name": "MS angle", "quantity": 120}]},
}


async def test_a_message_is_answered_as_in_the_seed(api: RunningApi) -> None:
    account = await linked_client(api)
    answered = await post(api, account, "send-message", HELLO, sent())
    assert answered.status_code == 200
    told = answered.json()
    message, timestamp = told["data"].pop("messageId"), told["data"].pop("timestamp")
    assert told == {
        "success": True,
        "message": "Message sent successfully",
        "data": {"to": TO},
    }
    row = await api.services.dispatch.load(account)
    assert row.account.messages.sent[-1].id == message
    assert abs(timestamp - clock.now().timestamp()) < 60


async def test_the_papers_of_an_order_are_laid_out_and_sent(api: RunningApi) -> None:
    account = await linked_client(api)
    for path, body, says in (
        ("send-proforma", INVOICE, ["PI-1042", "Asha Steels", "MS angle", "7,500", "SBIN0000001"]),
        ("send-dispatch", DISPATCH, ["VRL Logistics", "LR-9", "MS angle"]),
        ("send-order", ORDER, ["SO-77", "MS angle"]),
        ("test", {"phoneNumber": TO}, ["WhatsApp"]),
    ):
        answered, text = await post_and_read(api, account, path, body, sent())
        assert answered.json()["success"] is True, answered.text
        assert answered.json()["data"]["to"] == TO
        assert [one for one in says if one not in text] == [], text


async def test_a_test_message_goes_to_the_linked_phone_by_default(api: RunningApi) -> None:
    account = await linked_client(api)
    answered = await post(api, account, "test", {}, sent())
    assert answered.json()["data"]["to"] == PHONE


async def test_numbers_are_taken_as_people_type_them(api: RunningApi) -> None:
    account = await linked_client(api)
    for typed in ("+91 98765 43210", "0091-98765-43210", 919876543210, "919876543210@c.us"):
        body = {"phoneNumber": typed, "message": "Hello"}
        answered = await post(api, account, "send-message", body, sent())
        assert answered.json()["data"]["to"] == TO, typed


async def test_a_client_that_is_not_ready_says_so(api: RunningApi) -> None:
    for _ in range(2):
        refused = await api.client.post("/api/whatsapp/send-message", json=HELLO)
        assert refused.status_code == 409
        assert refused.json()["success"] is False
        assert refused.json()["error"] == refused.json()["message"] == "Client not ready"
        await api.client.post("/api/whatsapp/initialize")


async def test_a_number_that_is_none_is_named(api: RunningApi) -> None:
    await linked_client(api)
    body = {"phoneNumber": "12", "message": "Hello"}
    refused = await api.client.post("/api/whatsapp/send-message", json=body)
    assert refused.status_code == 422
    assert (refused.json()["success"], refused.json()["error"]) == (False, "Invalid phone")
    assert refused.json()["detail"].startswith("The number is too short")


async def test_data_that_make_no_paper_are_named(api: RunningApi) -> None:
    await linked_client(api)
    body = {"phoneNumber": TO, "invoiceData": {"items": []}}
    refused = await api.client.post("/api/whatsapp/send-proforma", json=body)
    assert refused.status_code == 422
    assert refused.json()["success"] is False
    assert "invoice_number" in [one["field"] for one in refused.json()["errors"]]


async def test_a_message_that_whatsapp_does_not_take_is_an_error(api: RunningApi) -> None:
    account = await linked_client(api)
    answered = await post(api, account, "send-message", HELLO, failed())
    assert answered.status_code == 502
    assert answered.json()["success"] is False
    assert answered.json()["error"] == "Message delivery failed"
    assert answered.json()["cause"] == "not_on_whatsapp"


async def test_a_message_that_takes_long_is_accepted_and_goes_on(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erp_sending, "SEND_LIMIT_S", 0)
    account = await linked_client(api)
    answered = await post(api, account, "send-message", HELLO)
    assert answered.status_code == 202
    assert answered.json()["success"] is True
    assert answered.json()["message"] == "Message accepted, and not sent yet"


async def test_a_notice_that_cannot_be_sent_never_fails_its_caller(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(answered: httpx.Response) -> tuple[int, bool, str]:
        assert answered.json()["error"] == answered.json()["message"]
        return answered.status_code, answered.json()["success"], answered.json()["error"]

    async def notice(body: object) -> httpx.Response:
        return await api.client.post("/api/whatsapp/send-dispatch", json=body)

    assert told(await notice(DISPATCH)) == (200, False, "Client not ready")
    account = await linked_client(api)
    assert told(await notice(DISPATCH | {"phoneNumber": "12"})) == (200, False, "Invalid phone")
    assert told(await notice(DISPATCH | {"phoneNumber": None})) == (200, False, "Invalid phone")
    assert told(await notice({})) == (200, False, "Invalid phone")
    unfit = await notice({"phoneNumber": TO, "dispatchData": {}})
    assert told(unfit)[:2] == (200, False)
    delivered = await post(api, account, "send-dispatch", DISPATCH, failed())
    assert told(delivered) == (200, False, "Message delivery failed")
    held = await api.services.dispatch.load(account)
    assert held.account.attempt is not None
    lost = RecordProblem(
        at=clock.now(), attempt=held.account.attempt.id, reason=Reason.NETWORK_LOST
    )
    await api.see(account, lost)
    assert told(await notice(DISPATCH)) == (200, False, "Client not ready")

    async def away(*_: object) -> None:
        raise StorageUnavailable("The database is away")

    monkeypatch.setattr(api.services.dispatch, "load", away)
    assert told(await notice(DISPATCH)) == (200, False, "The database is away")
