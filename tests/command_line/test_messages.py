import json
from pathlib import Path
from typing import Any

from adapters import clock
from app.cli.ending import Exit
from domain.message_observations import RecordMessageFailed, RecordMessageSent
from domain.message_reasons import MessageReason
from tests.command_line.conftest import Run, Service
from tests.waiting import eventually

PHONE = "+62 811-5550-003"
DIGITS = "+628115550003"


def queued(service: Service, account_id: str) -> dict[str, Any]:
    """Wait for a message that is to be sent."""

    async def look() -> list[dict[str, Any]]:
        address = f"/v1/accounts/{account_id}/messages"
        answered = await service.api.client.get(address, params={"status": "queued"})
        return answered.json()["messages"]

    (found,) = service.do(eventually(look))
    return found


def test_a_text_is_accepted_and_listed(use: Run, service: Service):
    account_id, _ = service.do(service.api.ready_account())
    sent = use("send", account_id, PHONE, "hello")
    message = queued(service, account_id)
    assert (sent.exit_code, sent.output) == (
        Exit.DONE,
        f"{message['id']} to {DIGITS}: queued\n",
    )
    listed = use("messages", account_id).output.splitlines()
    assert listed[1].split()[:5] == [message["id"], "to", DIGITS, "text", "queued"]
    assert "no such message" in use("messages", account_id, "--status", "read").output
    told = json.loads(use("messages", account_id, "--limit", "1", "--json").output)
    assert told == {"messages": [message]}


def test_waiting_tells_that_a_file_is_sent(use: Run, service: Service, tmp_path: Path):
    account_id, _ = service.do(service.api.ready_account())
    bill = tmp_path / "bill.pdf"
    bill.write_bytes(b"%PDF-1.4")

    async def send_it() -> None:
        address = f"/v1/accounts/{account_id}/messages"

        async def look() -> list[dict[str, Any]]:
            return (await service.api.client.get(address)).json()["messages"]

        (message,) = await eventually(look)
        sent = RecordMessageSent(at=clock.now(), message=message["id"])
        await service.api.see(account_id, sent)

    sending = service.begin(send_it())
    arguments = ("send", account_id, PHONE, "Invoice 7", "--file", str(bill), "--wait", "--json")
    told = json.loads(use(*arguments).output)
    sending.result()
    assert (told["status"], told["kind"], told["media_type"], told["size_bytes"]) == (
        "sent",
        "file",
        "application/pdf",
        8,
    )


def test_a_message_that_failed_says_why_and_what_to_do(use: Run, service: Service):
    account_id, _ = service.do(service.api.ready_account())

    async def give_up() -> None:
        address = f"/v1/accounts/{account_id}/messages"

        async def look() -> list[dict[str, Any]]:
            return (await service.api.client.get(address)).json()["messages"]

        (message,) = await eventually(look)
        failed = RecordMessageFailed(
            at=clock.now(), message=message["id"], reason=MessageReason.NOT_ON_WHATSAPP
        )
        await service.api.see(account_id, failed)

    giving_up = service.begin(give_up())
    sent = use("send", account_id, PHONE, "hello", "--wait")
    giving_up.result()
    assert sent.exit_code == Exit.FAILED
    assert "not on WhatsApp" in sent.output
    assert "Check the number." in sent.output
    assert "not_on_whatsapp" in use("messages", account_id).output


def test_what_is_wrong_is_said_in_one_sentence(use: Run, service: Service):
    account_id = service.do(service.api.register())
    assert use("send", account_id, PHONE, "hello").exit_code == Exit.REFUSED
    assert use("send", account_id, PHONE, "--value", "x").exit_code == Exit.USAGE
    assert use("send", "acc_nobody", PHONE, "hello").exit_code == Exit.NOT_FOUND
    assert "country code" in use("send", account_id, "0001", "hello").output
