"""Messages over HTTP: somebody writes to the account, or receives and reads what it sent."""

from typing import Annotated

import msgspec
from litestar import Controller, post
from litestar.params import JSONBody

from adapters import clock
from adapters.sandbox import phone_messages
from adapters.sandbox.page import AccountName, AllAccounts
from adapters.sandbox.phone_messages import Mark
from adapters.sandbox.protocol import File
from adapters.sandbox.requests import Body, Name, PhoneNumber, known_account


class IncomingMessage(Body, frozen=True):
    """`text` is the caption of a file, and may be empty then. Of a file only its facts are sent."""

    sender: PhoneNumber = msgspec.field(name="from")
    text: Annotated[str, msgspec.Meta(max_length=65536)]
    name: Name = "Somebody"
    file: File | None = None

    def __post_init__(self) -> None:
        if not self.text and self.file is None:
            raise ValueError("text: a message without a file has one")


class Marked(Body, frozen=True):
    """Which message, by WhatsApp's id; all of them without one."""

    id: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class MessageId(msgspec.Struct, frozen=True):
    id: str


class MessageIds(msgspec.Struct, frozen=True):
    ids: list[str]


class MessageControl(Controller):
    path = "/control/accounts/{account:str}/phone"

    @post("/message", status_code=201)
    async def write(
        self,
        account: AccountName,
        data: JSONBody[IncomingMessage],
        accounts: AllAccounts,
    ) -> MessageId:
        written = phone_messages.write(
            known_account(accounts, account),
            sender=data.sender.lstrip("+"),
            name=data.name,
            text=data.text,
            file=data.file,
            at=int(clock.now().timestamp()),
        )
        return MessageId(written)

    @post("/deliver", status_code=200)
    async def deliver(
        self, account: AccountName, accounts: AllAccounts, data: JSONBody[Marked | None] = None
    ) -> MessageIds:
        return _mark(accounts, account, "deliver", data)

    @post("/read", status_code=200)
    async def read(
        self, account: AccountName, accounts: AllAccounts, data: JSONBody[Marked | None] = None
    ) -> MessageIds:
        return _mark(accounts, account, "read", data)


def _mark(accounts: AllAccounts, account: str, how: Mark, data: Marked | None) -> MessageIds:
    message_id = data.id if data is not None else None
    return MessageIds(phone_messages.mark(known_account(accounts, account), how, message_id))
