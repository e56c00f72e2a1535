"""Messages of an account: send one, list them, show one, read what one says."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters.phone_numbers import LONGEST_TYPED, UnreadablePhone
from app.http.documented import documented
from app.http.idempotency import REPLAYED
from app.http.message_views import (
    ContentAnswer,
    ContentOfFile,
    MessageAnswer,
    MessageList,
    accepted_row,
    message_view,
)
from app.http.parts import AccountId, AnyRequest, Api, ApiParts, answer, load_registered
from app.http.positions import Position
from app.http.requests import Body
from app.http.templates import template_problems
from app.http.wishes import Granted, grant, granted_before
from app.messages import LONGEST_NAME, LONGEST_TEXT, NewFile, NewMessage, UnfitMessage, message_row
from app.problems import ProblemFound, as_sentence
from domain.refusals import Refused
from projections.messages import MessageRow, MessageStatus

MOST_BODY = 24 * 1024 * 1024
"""A file of 16 MB in base64 has 21.4 MB; the rest is text."""
LONGEST_WAIT_S = 60
"""As for a first code: clients and proxies commonly give up after 60 s."""
MOST_LISTED = 200
MESSAGE_ID = re.compile(r"msg_[0-9a-z]{1,60}")

MessageId = FromPath[str]
Wait = Annotated[
    float,
    QueryParameter(
        ge=0,
        le=LONGEST_WAIT_S,
        description="Hold the answer until the message is sent or has failed, for at most so many"
        " seconds. 0 answers at once.",
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST_LISTED, description="Messages on one page.")]
Cursor = Annotated[
    str,
    QueryParameter(max_length=64, description="`next_cursor` of the page before; empty at first."),
]
WithStatus = Annotated[
    MessageStatus | None, QueryParameter(name="status", description="Only this status.")
]


class FileToSend(Body, frozen=True, kw_only=True):
    """A file; the message's text is its caption."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    media_type: Annotated[str, msgspec.Meta(max_length=255)] = "application/octet-stream"
    content: bytes
    """In base64."""


class Send(Body, frozen=True):
    """Send a text, a file, or a template with its values."""

    to: Annotated[
        str,
        msgspec.Meta(
            max_length=LONGEST_TYPED,
            description="A phone number as people type it; see docs/reference/phone-numbers.md.",
            examples=["+62 811 5550 03"],
        ),
    ]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] = ""
    file: FileToSend | None = None
    template: Annotated[str, msgspec.Meta(max_length=64)] = ""
    values: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    """What the template is filled with."""
    queue: bool = False
    """True: if it cannot go now, it waits until it can, for as long as the setting says."""


@post(
    "/messages",
    status_code=202,
    opt=documented("send_message"),
    request_max_body_size=MOST_BODY,
)
async def send_message(
    account_id: AccountId, data: JSONBody[Send], request: AnyRequest, api: Api, wait: Wait = 0
) -> Response[MessageAnswer]:
    """Send a message: it is accepted with an id, and what becomes of it is on the feed."""
    await load_registered(api, account_id)
    granted = await granted_before(api, request)
    if granted is None:
        granted = await _grant(api, request, account_id, data)
    told = await _told_when_sent(api, granted, wait)
    response = answer(told, told.position, 202)
    if granted.replayed:
        response.headers.update(REPLAYED)
    return response


@get("/messages", opt=documented("list_messages"))
async def list_messages(
    account_id: AccountId,
    api: Api,
    position: Position,
    cursor: Cursor = "",
    status: WithStatus = None,
    limit: Limit = 50,
) -> Response[MessageList]:
    """List the account's messages, sent and received, the newest first."""
    await load_registered(api, account_id)
    if cursor and not MESSAGE_ID.fullmatch(cursor):
        raise ProblemFound("invalid_request", "cursor: not a cursor that this list gave.")
    rows = await api.messages.table.page(
        account_id, before_id=cursor, status=status, limit=limit + 1
    )
    listed = tuple(message_view(message_row(row)) for row in rows[:limit])
    more = listed[-1].id if len(rows) > limit else None
    return answer(MessageList(position=position, messages=listed, next_cursor=more), position)


@get("/messages/{message_id:str}", opt=documented("show_message"))
async def show_message(
    account_id: AccountId, message_id: MessageId, api: Api, position: Position, wait: Wait = 0
) -> Response[MessageAnswer]:
    """Show one message, and how far it has come."""
    row = await _load(api, account_id, message_id)
    if wait:
        row = await api.messages.wait_for(account_id, message_id, "sent", wait) or row
        position = api.hub.reached
    return answer(MessageAnswer(position=position, message=message_view(row)), position)


@get("/messages/{message_id:str}/content", opt=documented("message_content"))
async def message_content(
    account_id: AccountId, message_id: MessageId, api: Api
) -> Response[ContentAnswer]:
    """Read what a message says, while that is kept."""
    await _load(api, account_id, message_id)
    content = await api.messages.contents.find(account_id, message_id)
    if content is None:
        raise ProblemFound("content_gone", "What this message says is not kept any more.")
    file = content.file and ContentOfFile(
        name=content.file.name,
        media_type=content.file.media_type,
        content=content.file.content,
    )
    told = ContentAnswer(message=message_id, text=content.text, file=file)
    return Response(told, headers={"Cache-Control": "no-store"})


@contextmanager
def message_problems() -> Generator[None]:
    """Answer what is wrong with a number, a message, or a template's values, as a problem."""
    try:
        with template_problems():
            yield
    except UnreadablePhone as error:
        raise ProblemFound("unreadable_phone", as_sentence(error), cause=error.rule) from error
    except UnfitMessage as error:
        code = "file_too_large" if error.rule == "file_too_large" else "unfit_message"
        raise ProblemFound(code, as_sentence(error)) from error
    except Refused as refused:
        raise ProblemFound(refused.rule, as_sentence(refused.sentence)) from refused


def _new_message(data: Send) -> NewMessage:
    file = data.file and NewFile(
        name=data.file.name, media_type=data.file.media_type, content=data.file.content
    )
    return NewMessage(
        to=data.to, text=data.text, file=file, template=data.template, values=data.values
    )


async def _grant(api: ApiParts, request: AnyRequest, account_id: str, data: Send) -> Granted:
    with message_problems():
        command = await api.messages.prepare(account_id, _new_message(data), queue=data.queue)
    try:
        granted = await grant(api, request, account_id, command)
    except ProblemFound:
        await api.messages.forget(account_id, command)
        raise
    if granted.replayed:  # another one under the same key came in between, and its content counts
        await api.messages.forget(account_id, command)
    return granted


async def _told_when_sent(api: ApiParts, granted: Granted, wait: float) -> MessageAnswer:
    """Tell of the message as it was accepted, or after the wait; a repetition hears the same."""
    if granted.kept is not None:
        return msgspec.json.decode(granted.kept, type=MessageAnswer)
    told = granted.told
    accepted = MessageAnswer(position=told.position, message=message_view(accepted_row(told)))
    if not wait:
        return accepted
    message = accepted.message.id
    row = await api.messages.wait_for(told.account_id, message, "sent", wait)
    if row is None:
        return accepted
    position = max(told.position, api.hub.reached)
    waited = MessageAnswer(position=position, message=message_view(row))
    if granted.claim is None:
        return waited
    kept = await api.idempotency.keep(granted.claim, msgspec.json.encode(waited))
    return msgspec.json.decode(kept, type=MessageAnswer)


async def _load(api: ApiParts, account_id: str, message_id: str) -> MessageRow:
    await load_registered(api, account_id)
    row = None
    if MESSAGE_ID.fullmatch(message_id):
        row = await api.messages.load(account_id, message_id)
    if row is None:
        raise ProblemFound("no_such_message", "The account has no message with this id.")
    return row


ROUTES = Router(
    "/v1/accounts/{account_id:str}",
    route_handlers=[send_message, list_messages, show_message, message_content],
)
