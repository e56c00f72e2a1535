"""Which of the two methods delivered, with the senders played."""

from domain.message_reasons import MessageReason
from tests.dropin.played_sender import failed, linked_client, not_sent, post, sent
from tests.running_api import RunningApi

HELLO = {"phoneNumber": "919876543210", "message": "Hello!"}


async def test_baileys_delivers_as_a_rule(api: RunningApi) -> None:
    account = await linked_client(api)
    told = (await post(api, account, "messages", HELLO, sent())).json()
    message = told.pop("messageId")
    assert told == {
        "success": True,
        "status": "sent",
        "fallback_used": False,
        "delivery_method": "baileys",
        "delivery_attempts": 1,
    }
    shown = await api.client.get(f"/api/whatsapp/messages/{message}")
    assert shown.json() == {**told, "messageId": message}


async def test_what_it_cannot_send_the_backup_does(api: RunningApi) -> None:
    account = await linked_client(api)
    told = (await post(api, account, "messages", HELLO, not_sent(), sent("standby"))).json()
    assert (told["success"], told["fallback_used"]) == (True, True)
    assert (told["delivery_method"], told["delivery_attempts"]) == ("web_js", 2)


async def test_what_neither_can_send_is_an_error(api: RunningApi) -> None:
    account = await linked_client(api)
    gone = failed(MessageReason.CONNECTION_LOST)
    answered = await post(api, account, "messages", HELLO, not_sent(), gone)
    assert answered.status_code == 502
    assert answered.json()["error"] == "Message delivery failed"


async def test_a_message_of_nobody_is_not_found(api: RunningApi) -> None:
    for _ in range(2):
        for message in ("msg_01", "not a name", "x" * 64):
            shown = await api.client.get(f"/api/whatsapp/messages/{message}")
            assert shown.status_code == 404
        await linked_client(api)


async def test_a_message_of_another_workspace_is_not_found(api: RunningApi) -> None:
    account = await linked_client(api)
    told = (await post(api, account, "messages", HELLO, sent())).json()
    await linked_client(api, "acme")
    elsewhere = await api.client.get(
        f"/api/whatsapp/messages/{told['messageId']}", headers={"Linkwright-Workspace": "acme"}
    )
    assert elsewhere.status_code == 404
    assert elsewhere.json()["success"] is False
