"""The simulated phones at the other end: they write to the account, receive and read.

Only for accounts with `site: sandbox`; see sandbox.py.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from app.http.documented import documented
from app.http.parts import AccountId, AnyRequest, Api
from app.http.requests import Body, PhoneNumber
from app.http.sandbox_control import PhoneDone, ask, control_path, phone_does

MarkStatus = Literal["sending", "sent", "delivered", "read"]
STATUSES: tuple[MarkStatus, ...] = ("sending", "sent", "delivered", "read")


class IncomingText(Body, frozen=True):
    """Have somebody write to the linked phone."""

    sender: PhoneNumber
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "Somebody"
    """What the sender calls itself."""


class MessageMarked(Body, frozen=True):
    """Choose one message by its `whatsapp_id`; without it, all that the account has sent."""

    whatsapp_id: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class PhoneFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the sandbox keeps of a file."""

    name: str
    media_type: str
    size: int
    sha256: str


class PhoneMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the phone at the other end has it."""

    whatsapp_id: str
    direction: Literal["in", "out"]
    """`out`: sent by the account."""
    phone: str
    """Of the other end."""
    text: str
    file: PhoneFile | None
    status: MarkStatus
    at: datetime


class PhoneMessages(msgspec.Struct, frozen=True):
    """The last messages of the account, oldest first."""

    messages: tuple[PhoneMessage, ...]


class MessagesMarked(msgspec.Struct, frozen=True):
    """Those that were not so far before."""

    whatsapp_ids: tuple[str, ...]


class _Told(msgspec.Struct, frozen=True):
    """A message as the sandbox says it."""

    id: str
    direction: Literal["in", "out"]
    peer: str
    text: str
    ack: int
    at: int
    file: PhoneFile | None = None


class _Look(msgspec.Struct, frozen=True):
    messages: tuple[_Told, ...]


class _Ids(msgspec.Struct, frozen=True):
    ids: tuple[str, ...]


@get("/accounts/{account_id:str}/messages", opt=documented("phone_messages"))
async def messages(account_id: AccountId, api: Api) -> PhoneMessages:
    """List the last messages that the account has sent and received."""
    path = await control_path(api, account_id, "")
    seen = await ask(api, "GET", path.rstrip("/"), answered=_Look)
    return PhoneMessages(tuple(_message(one) for one in seen.messages))


def _message(told: _Told) -> PhoneMessage:
    return PhoneMessage(
        whatsapp_id=told.id,
        direction=told.direction,
        phone=told.peer.partition("@")[0],
        text=told.text,
        file=told.file,
        status=STATUSES[max(0, min(told.ack, len(STATUSES) - 1))],
        at=datetime.fromtimestamp(told.at, UTC),
    )


@post("/accounts/{account_id:str}/message", status_code=200, opt=documented("phone_message"))
async def message(
    account_id: AccountId, request: AnyRequest, data: JSONBody[IncomingText], api: Api
) -> Response[PhoneDone]:
    """Have somebody write a text to the phone."""

    async def use() -> PhoneDone:
        path = await control_path(api, account_id, "phone/message")
        body = {"from": data.sender, "text": data.text, "name": data.name}
        await ask(api, "POST", path, body, answered=dict[str, str])
        return PhoneDone("received")

    return await phone_does(api, request, use)


@post("/accounts/{account_id:str}/deliver", status_code=200, opt=documented("phone_deliver"))
async def deliver(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[MessageMarked | None] = None,
) -> Response[MessagesMarked]:
    """Have the recipient's phone receive what the account has sent."""
    return await phone_does(api, request, partial(_mark, api, account_id, "deliver", data))


@post("/accounts/{account_id:str}/read", status_code=200, opt=documented("phone_read"))
async def read(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[MessageMarked | None] = None,
) -> Response[MessagesMarked]:
    """Have the recipient read what the account has sent."""
    return await phone_does(api, request, partial(_mark, api, account_id, "read", data))


async def _mark(api: Api, account_id: str, how: str, data: MessageMarked | None) -> MessagesMarked:
    path = await control_path(api, account_id, f"phone/{how}")
    body = {"id": data.whatsapp_id} if data is not None else None
    return MessagesMarked((await ask(api, "POST", path, body, answered=_Ids)).ids)


MESSAGE_ROUTES = (messages, message, deliver, read)
