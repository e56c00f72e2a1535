"""Requests for a QR code that hold until there is one, with the browser played beside them."""

import asyncio
import base64
from typing import Any

import httpx

from tests.phone_camera import code_in
from tests.running_api import RunningApi
from tests.waiting import eventually


async def running_attempt(api: RunningApi, workspace: str) -> tuple[str, str]:
    """Wait until an account of the workspace is being linked; give its id and its attempt's."""

    async def linking() -> list[dict[str, Any]]:
        wanted = {"workspace": workspace, "status": "INITIALIZING"}
        return (await api.client.get("/v1/accounts", params=wanted)).json()["accounts"]

    account = (await eventually(linking))[-1]
    return account["id"], account["attempt"]["id"]


async def answered_with_code(
    api: RunningApi,
    address: str,
    workspace: str,
    **given: Any,  # noqa: ANN401  whatever httpx takes
) -> tuple[httpx.Response, str, str]:
    """Ask for a code, show one, and give the answer with account and attempt."""
    asking = asyncio.create_task(api.client.post(address, **given))
    account_id, attempt = await running_attempt(api, workspace)
    await api.show_code(account_id, attempt)
    return await asking, account_id, attempt


def text_of(data_url: str) -> str:
    """Read the code in a data URL, as a phone's camera does."""
    head, _, content = data_url.partition(",")
    assert head == "data:image/png;base64"
    return code_in(base64.b64decode(content))
