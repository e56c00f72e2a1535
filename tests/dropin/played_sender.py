"""What sends messages, played: says of the next one that waits what a worker would say."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from adapters import clock
from adapters.message_contents import MessageContents
from domain.account import Holder
from domain.commands import AnyCommand
from domain.message_observations import (
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason
from tests.running_api import RunningApi
from tests.waiting import eventually


async def linked_client(api: RunningApi, workspace: str = "default") -> str:
    """Bring the workspace's one client to READY; give its account."""
    headers = {"Linkwright-Workspace": workspace}
    await api.client.post("/api/whatsapp/initialize", headers=headers)
    listed = await api.client.get("/v1/accounts", params={"workspace": workspace})
    account = listed.json()["accounts"][-1]
    await api.show_code(account["id"], account["attempt"]["id"])
    await api.become_ready(account["id"], account["attempt"]["id"])
    return account["id"]


Said = Callable[[str], AnyCommand]
"""Of the message with this id."""


def sent(by: Holder = "primary") -> Said:
    return lambda message: RecordMessageSent(at=clock.now(), message=message, by=by)


def not_sent(reason: MessageReason = MessageReason.CONNECTION_LOST) -> Said:
    return lambda message: RecordMessageNotSent(at=clock.now(), message=message, reason=reason)


def failed(reason: MessageReason = MessageReason.NOT_ON_WHATSAPP) -> Said:
    return lambda message: RecordMessageFailed(at=clock.now(), message=message, reason=reason)


async def post(
    api: RunningApi, account: str, path: str, body: dict[str, Any], *said: Said
) -> httpx.Response:
    """Ask to send something, and have the sender say this of it."""
    answered, _ = await post_and_read(api, account, path, body, *said)
    return answered


async def post_and_read(
    api: RunningApi, account: str, path: str, body: dict[str, Any], *said: Said
) -> tuple[httpx.Response, str]:
    """As `post`; give the text that was to be sent as well."""
    asking = asyncio.create_task(api.client.post(f"/api/whatsapp/{path}", json=body))

    async def waiting() -> list[str]:
        held = await api.services.dispatch.load(account)
        return [one.id for one in held.account.messages.queued] or ["refused"] * asking.done()

    [message] = await eventually(waiting)
    contents = MessageContents(api.services.database, api.services.evidence.account_keys)
    content = await contents.find(account, message)
    for one in said:
        await api.see(account, one(message))
    return await asking, content.text if content else ""
