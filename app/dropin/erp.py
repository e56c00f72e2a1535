"""An Express back end with one whatsapp-web.js client, answered by Linkwright: its client's life.

What its settings page and its scripts call: initialize, status, events, logout, destroy. Messages
are in erp_sending.py. See docs/how-to/move-from-erp-system-flow.md.
"""

from functools import partial

import msgspec
from litestar import Response, get, post

from app.dropin.back_end import Asker
from app.dropin.disconnecting import logged_out
from app.dropin.erp_events import ClientStatus, status_of
from app.dropin.erp_stream import ErpWire
from app.dropin.followed_client import FollowedClient
from app.held import Held
from app.http.documented import documented
from app.http.feed import LastEventId, parse_position
from app.http.feed_stream import FeedResponse, FeedStream
from app.http.parts import AnyRequest, Api, ApiParts
from app.http.shown_code import current_code
from app.identifiers import new_id
from app.problems import ProblemFound, as_sentence
from domain.commands import AnyCommand
from domain.log import Origin
from domain.refusals import Refused
from domain.wishes import DestroyAccount, RequestLink, RequestLogout

STARTED = "WhatsApp client initialization started"
STARTED_BEFORE = ("attempt_in_progress", "already_linked")


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """It was done."""

    success: bool
    message: str


class Initialized(Done, frozen=True, kw_only=True):
    """The client is being started, or was so already."""

    status: ClientStatus


class StatusAnswer(ClientStatus, frozen=True, kw_only=True, rename="camel"):
    """Where the client stands."""

    success: bool


@post("/initialize", status_code=200, opt=documented("erp_initialize"))
async def initialize(api: Api, back_end: Asker) -> Initialized:
    """Start the client: from its kept session, or with a QR code that the events bring."""
    account_id = await back_end.find_or_register()
    now = api.now()
    command = RequestLink(at=now, attempt=new_id("att", now), policy=api.services.settings.policy)
    try:
        held = await submit(api, account_id, command, back_end.origin)
    except ProblemFound as problem:
        if problem.code not in STARTED_BEFORE:
            raise
        held = await api.services.dispatch.load(account_id)
    return Initialized(
        success=True, message=STARTED, status=await client_status(api, account_id, held)
    )


@get("/status", opt=documented("erp_status"))
async def status(api: Api, back_end: Asker) -> StatusAnswer:
    """Tell where the client stands."""
    account_id, held = await back_end.load()
    told = await client_status(api, account_id, held)
    return StatusAnswer(success=True, **msgspec.structs.asdict(told))


@get(
    "/events",
    opt=documented("erp_events", access="feed"),
    media_type="text/event-stream",
)
async def events(
    request: AnyRequest, api: Api, back_end: Asker, last_event_id: LastEventId = None
) -> Response[bytes]:
    """Follow the client live, as Server-Sent Events."""
    after = parse_position(last_event_id) if last_event_id else None
    if after is not None and after > await api.services.log.head():
        after = None  # not of this log; where things stand comes first in any case
    client = FollowedClient(api, request, back_end, resumes=after is not None)
    wire = partial(ErpWire, client)
    return FeedResponse(FeedStream(api.hub, client.wanted, after=after, reset=None, wire=wire))


@post("/logout", status_code=200, opt=documented("erp_logout"))
async def logout(api: Api, back_end: Asker) -> Done:
    """Unlink the phone, and wait until WhatsApp knows."""
    account_id, _ = await back_end.load()
    if not account_id:
        raise ProblemFound("not_linked", "The account is not linked.")
    await submit(api, account_id, RequestLogout(at=api.now()), back_end.origin)
    await logged_out(api, account_id)
    return Done(success=True, message="Logged out successfully")


@post("/destroy", status_code=200, opt=documented("erp_destroy"))
async def destroy(api: Api, back_end: Asker) -> Done:
    """End the client and delete its session; the next start shows a QR code."""
    account_id, held = await back_end.load()
    if held.account.registered:
        await submit(api, account_id, DestroyAccount(at=api.now()), back_end.origin)
    return Done(success=True, message="WhatsApp client destroyed")


async def submit(api: ApiParts, account_id: str, command: AnyCommand, origin: Origin) -> Held:
    """Send a wish through the one door; a refusal becomes its problem."""
    try:
        given = await api.services.dispatch.submit(account_id, command, origin)
    except Refused as refused:
        raise ProblemFound(refused.rule, as_sentence(refused.sentence)) from refused
    api.hub.reach(given.position)
    return given.held


async def client_status(api: ApiParts, account_id: str, held: Held) -> ClientStatus:
    """Tell where an account stands, with a look at whether a code is on show."""
    code = await current_code(api, account_id, held)
    return status_of(held, shows_qr=code is not None and code.kind == "qr")
