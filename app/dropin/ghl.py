"""Drop-in API of seed qr-generation-fix: a dashboard that connects the locations of GoHighLevel.

The seed tells of its dashboard, its statuses and its helper scripts, and of no address. These are
the few that its dashboard needs: a connection for each location, or for each sub-account of one,
under the session's id `location_<location>_<subaccount>`.
"""

from typing import Annotated, Any

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.params import PathParameter, QueryParameter

from adapters.foreign_names import ForeignNames, Named
from adapters.vault import VaultedCode
from app.dropin.back_end import OnSite
from app.dropin.callers import admit_to_codes
from app.dropin.disconnecting import disconnect
from app.dropin.named_accounts import NamedAccounts
from app.dropin.problem_answers import in_seed_words
from app.dropin.qr_scan import scan
from app.dropin.status_words import GhlStatus, ghl_status, ghl_word
from app.held import Held
from app.http.documented import documented
from app.http.parts import ACCOUNT_ID, AnyRequest, Api, ApiParts, origin_of
from app.http.shown_code import current_code, data_url, fetch_to_record
from app.problems import ProblemFound
from domain.status import Status
from domain.wishes import DestroyAccount

SYSTEM = "ghl"
QR_LIMIT_S = 10.0
"""The seed's own test waits for so long; its dashboard expects the code within 2 to 5 s."""
MOST_LISTED = 100
PART = r"^[A-Za-z0-9][A-Za-z0-9-]*$"
"""No underscore: it parts the pieces of a session's id."""

LocationId = Annotated[
    str,
    PathParameter(pattern=PART, max_length=64, description="The location's id at GoHighLevel."),
]
Subaccount = Annotated[
    str,
    QueryParameter(
        pattern=PART,
        max_length=32,
        description="Which of a location's connections, where it has several.",
    ),
]
Cursor = Annotated[
    str, QueryParameter(max_length=64, description="`next_cursor` of the page before.")
]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST_LISTED)]
MESSAGES: dict[GhlStatus, str] = {
    "initializing": "Preparing WhatsApp session...",
    "qr": "Scan the QR code",
    "ready": "Connected",
    "disconnected": "Not connected",
}


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A connection in the list."""

    session_id: str
    location_id: str
    subaccount: str
    status: GhlStatus
    phone_number: str | None
    linkwright_account: str
    """The account's id in version 1 of the API."""


class Connection(Session, frozen=True, kw_only=True):
    """A location's connection to WhatsApp."""

    success: bool = True
    message: str
    qr: str | None
    """The code to scan, a PNG as a data URL; null when none is on show."""
    monitored_every_s: float
    """How often a connection that is ready is looked at; one that is lost comes back by itself."""


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """Connections, and how many there are in each status."""

    success: bool = True
    counts: dict[GhlStatus, int]
    """Of all connections, not of this page only."""
    sessions: tuple[Session, ...]
    next_cursor: str | None


@post("/location/{location_id:str}/session", status_code=200, opt=documented("ghl_connect"))
async def connect(
    location_id: LocationId,
    request: AnyRequest,
    api: Api,
    subaccount: Subaccount = "main",
    site: OnSite = None,
) -> Response[Connection]:
    """Create a location's connection and answer its QR code, or the one that is on show already."""
    admit_to_codes(api, request, location_id)
    wanted = Named(
        account_id="",
        workspace=location_id,
        name=subaccount,
        session=session_of(location_id, subaccount),
    )
    account_id, _ = await NamedAccounts(api, SYSTEM, origin_of(request)).find_or_register(
        wanted, site or api.services.settings.drop_ins_site
    )
    scanned = await scan(api, request, account_id, QR_LIMIT_S)
    named = msgspec.structs.replace(wanted, account_id=account_id)
    return await _connection(api, request, named, scanned.held, scanned.code)


@get("/location/{location_id:str}/session", opt=documented("ghl_connection"))
async def show(
    location_id: LocationId, request: AnyRequest, api: Api, subaccount: Subaccount = "main"
) -> Response[Connection]:
    """Tell where a location's connection stands, with the QR code while one is on show."""
    named = await _find(api, request, location_id, subaccount)
    held = await api.services.dispatch.load(named.account_id)
    code = await current_code(api, named.account_id, held)
    return await _connection(api, request, named, held, code)


@post(
    "/location/{location_id:str}/session/logout",
    status_code=200,
    opt=documented("ghl_disconnect"),
)
async def log_out(
    location_id: LocationId, request: AnyRequest, api: Api, subaccount: Subaccount = "main"
) -> Response[Connection]:
    """Disconnect a location: its phone is unlinked. The connection stays and can be made anew."""
    named = await _find(api, request, location_id, subaccount)
    held = await disconnect(api, named.account_id, origin_of(request))
    return await _connection(api, request, named, held, None)


@delete("/location/{location_id:str}/session", status_code=200, opt=documented("ghl_delete"))
async def destroy(
    location_id: LocationId, request: AnyRequest, api: Api, subaccount: Subaccount = "main"
) -> Response[Connection]:
    """Delete a location's connection with everything that was kept to come back to it."""
    named = await _find(api, request, location_id, subaccount)
    given = await api.services.dispatch.submit(
        named.account_id, DestroyAccount(at=api.now()), origin_of(request)
    )
    api.hub.reach(given.position)
    return await _connection(api, request, named, given.held, None)


@get("/sessions", opt=documented("ghl_sessions"))
async def sessions(api: Api, cursor: Cursor = "", limit: Limit = MOST_LISTED) -> Sessions:
    """List all connections, page by page, and count them by status."""
    if cursor and not ACCOUNT_ID.fullmatch(cursor):
        raise ProblemFound("invalid_request", "cursor: not a cursor that this list gave.")
    names = ForeignNames(api.services.database, SYSTEM)
    counts: dict[GhlStatus, int] = dict.fromkeys(MESSAGES, 0)
    for status, attempt_kind, count in await names.statuses():
        counts[ghl_word(Status(status), attempt_kind)] += count
    page = await names.page(cursor, limit)
    held = [await api.services.dispatch.load(named.account_id) for named in page]
    return Sessions(
        counts=counts,
        sessions=tuple(
            Session(**_session(named, one)) for named, one in zip(page, held, strict=True)
        ),
        next_cursor=page[-1].account_id if len(page) == limit else None,
    )


def session_of(location_id: str, subaccount: str) -> str:
    """Name the session of a connection."""
    return f"location_{location_id}_{subaccount}"


async def _find(api: ApiParts, request: AnyRequest, location_id: str, subaccount: str) -> Named:
    accounts = NamedAccounts(api, SYSTEM, origin_of(request))
    return await accounts.find(session_of(location_id, subaccount))


async def _connection(
    api: ApiParts, request: AnyRequest, named: Named, held: Held, code: VaultedCode | None
) -> Response[Connection]:
    policy = held.account.policy or api.services.settings.policy
    told = Connection(
        **_session(named, held),
        message=MESSAGES[ghl_status(held.row)],
        qr=await data_url(code) if code else None,
        monitored_every_s=policy.health_look_s,
    )
    return Response(
        told,
        headers={"Cache-Control": "no-store"},
        background=fetch_to_record(api, request, held, code) if code else None,
    )


def _session(named: Named, held: Held) -> dict[str, Any]:
    return {
        "session_id": named.session,
        "location_id": named.workspace,
        "subaccount": named.name,
        "status": ghl_status(held.row),
        "phone_number": held.account.phone,
        "linkwright_account": named.account_id,
    }


def routes(api: ApiParts) -> Router:
    """Give the routes, with errors that the dashboard can read."""
    return Router(
        "/ghl",
        route_handlers=[connect, show, log_out, destroy, sessions],
        exception_handlers=in_seed_words(api),
    )
