"""Start, rest and end a link: link, cancel, retry, reconnect, promote-standby, stop, logout."""

import asyncio
from contextlib import suppress
from typing import Annotated

from litestar import Response, Router, post
from litestar.params import JSONBody, QueryParameter
from msgspec.structs import replace

from adapters import clock
from app.feed_hub import TooManyReaders
from app.held import Held
from app.http.documented import documented
from app.http.parts import AccountId, AnyRequest, Api, ApiParts
from app.http.requests import Link
from app.http.shown_code import client_leaves
from app.http.views import CommandAnswer
from app.http.wishes import Granted, answer_wish, grant
from app.identifiers import new_id
from app.retelling import Told, retell_at
from domain.status import LINKING, Status
from domain.wishes import (
    CancelLink,
    PromoteStandby,
    RequestLink,
    RequestLogout,
    RequestReconnect,
    RequestStop,
)

LONGEST_WAIT_S = 60
"""A first code takes seconds; clients and proxies commonly give up after 60 s."""

Wait = Annotated[
    float,
    QueryParameter(
        ge=0,
        le=LONGEST_WAIT_S,
        description="Hold the answer until a code is on show, the account is READY or the attempt"
        " is over, for at most so many seconds. 0 answers at once.",
    ),
]


@post("/link", status_code=202, opt=documented("link", access="link"))
async def link(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[Link | None] = None,
    wait: Wait = 0,
) -> Response[CommandAnswer]:
    """Start linking the account by a QR code or a pairing code."""
    return await _start(account_id, request, api, data or Link(), wait, retry=False)


@post("/retry", status_code=202, opt=documented("retry", access="link"))
async def retry(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[Link | None] = None,
    wait: Wait = 0,
) -> Response[CommandAnswer]:
    """Start the next attempt after a failed or lost one."""
    return await _start(account_id, request, api, data or Link(), wait, retry=True)


@post("/cancel", status_code=200, opt=documented("cancel"))
async def cancel(account_id: AccountId, request: AnyRequest, api: Api) -> Response[CommandAnswer]:
    """End the running attempt."""
    return answer_wish(await grant(api, request, account_id, CancelLink(at=api.now())), 200)


@post("/reconnect", status_code=202, opt=documented("reconnect"))
async def reconnect(
    account_id: AccountId, request: AnyRequest, api: Api
) -> Response[CommandAnswer]:
    """Bring a lost link back from its kept session now, before the next appointment."""
    now = api.now()
    command = RequestReconnect(
        at=now, attempt=new_id("att", now), policy=api.services.settings.policy
    )
    return answer_wish(await grant(api, request, account_id, command), 202)


@post("/promote-standby", status_code=202, opt=documented("promote_standby"))
async def promote_standby(
    account_id: AccountId, request: AnyRequest, api: Api
) -> Response[CommandAnswer]:
    """Let the standby take the session over from the primary. No scan is needed."""
    now = api.now()
    command = PromoteStandby(
        at=now, attempt=new_id("att", now), policy=api.services.settings.policy
    )
    return answer_wish(await grant(api, request, account_id, command), 202)


@post("/stop", status_code=200, opt=documented("stop"))
async def stop(account_id: AccountId, request: AnyRequest, api: Api) -> Response[CommandAnswer]:
    """Close the account's page and keep its session, until `reconnect` or `link` opens it again."""
    return answer_wish(await grant(api, request, account_id, RequestStop(at=api.now())), 200)


@post("/logout", status_code=202, opt=documented("logout"))
async def logout(account_id: AccountId, request: AnyRequest, api: Api) -> Response[CommandAnswer]:
    """Unlink the account from its phone. The feed's `logged_out` item says when it is done."""
    return answer_wish(await grant(api, request, account_id, RequestLogout(at=api.now())), 202)


async def _start(
    account_id: str, request: AnyRequest, api: ApiParts, data: Link, wait: float, *, retry: bool
) -> Response[CommandAnswer]:
    now = api.now()
    command = RequestLink(
        at=now,
        attempt=new_id("att", now),
        method=data.method,
        policy=api.services.settings.policy,
        pairing_phone=data.phone.lstrip("+") if data.phone else None,
        retry=retry,
    )
    granted = await grant(api, request, account_id, command)
    if wait and granted.told.outcome == "accepted":
        granted = replace(granted, told=await _told_when_shown(api, request, granted, wait))
    return answer_wish(granted, 202)


async def _told_when_shown(
    api: ApiParts, request: AnyRequest, granted: Granted, limit_s: float
) -> Told:
    """Wait, and tell of the account then. With a key a repetition is told of the same version."""
    told, kept = granted.told, granted.kept
    if kept is None:
        stayed = await _wait_for_code(api, request, told, limit_s)
        position = max(told.position, api.hub.reached)
        held = await api.services.dispatch.load(told.account_id)
        if granted.claim is None or not stayed:
            return replace(told, held=held, position=position)
        kept = await api.idempotency.keep(granted.claim, b"%d" % held.version)
    return await retell_at(api.services.log, api.services.dispatch.as_of, told, int(kept))


async def _wait_for_code(api: ApiParts, request: AnyRequest, told: Told, limit_s: float) -> bool:
    """Hold until the attempt shows something; False as soon as the client has left."""
    if not isinstance(told.command, RequestLink):
        return True  # a newer build's: what its attempt shows is not known here
    waiting = asyncio.create_task(
        _attempt_shows(api, told.account_id, told.command.attempt, limit_s)
    )
    leaving = asyncio.create_task(client_leaves(request))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return not leaving.done()
    finally:
        waiting.cancel()
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        with suppress(asyncio.CancelledError):
            await leaving


async def _attempt_shows(api: ApiParts, account_id: str, attempt: str, limit_s: float) -> None:
    until_s = clock.monotonic_s() + limit_s
    # The attempt has begun: without a free place to wait the answer just comes at once.
    with suppress(TooManyReaders), api.hub.watch(account_id) as reader:
        while not reader.let_go:
            reader.take()
            if _shows(await api.services.dispatch.load(account_id), attempt):
                return
            left_s = until_s - clock.monotonic_s()
            if left_s <= 0:
                return
            await reader.news(left_s)


def _shows(held: Held, attempt: str) -> bool:
    account = held.account
    if account.attempt is None or account.attempt.id != attempt:
        return True  # another attempt has followed, or the account was destroyed
    return account.status not in LINKING or account.status is Status.WAITING_QR


ROUTES = Router(
    "/v1/accounts/{account_id:str}",
    route_handlers=[link, retry, cancel, reconnect, promote_standby, stop, logout],
)
