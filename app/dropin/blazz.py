"""Drop-in API of seeds qr-scan-failure-flow and qr-integration-final: a Laravel back end's scan.

There, a column of statuses under a unique constraint failed half of all scans. Here a status is a
fold of the account's events, so a scan that was left behind is nothing that could be in the way.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, post
from litestar.params import JSONBody, PathParameter

from adapters.foreign_names import Named
from app.dropin.back_end import OnSite
from app.dropin.blazz_words import SYSTEM, ids_of
from app.dropin.callers import admit_to_codes
from app.dropin.disconnecting import disconnect
from app.dropin.named_accounts import NamedAccounts
from app.dropin.problem_answers import in_seed_words
from app.dropin.qr_scan import Scan, scan
from app.dropin.status_words import BlazzStatus, blazz_status
from app.held import Held
from app.http.documented import documented
from app.http.parts import AnyRequest, Api, ApiParts, origin_of
from app.http.requests import WORKSPACE
from app.http.shown_code import data_url, fetch_to_record
from app.problems import FieldError, ProblemFound

QR_LIMIT_S = 30.0
"""Seed qr-integration-final: PUPPETEER_TIMEOUT=30000. Its aim is 10 s; here most take three."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
LONGEST_NAME = 128

TheirId = (
    Annotated[int, msgspec.Meta(ge=0)]
    | Annotated[str, msgspec.Meta(pattern=rf"{NAME}|^$", max_length=LONGEST_NAME)]
    | None
)
WorkspaceId = (
    Annotated[int, msgspec.Meta(ge=0)]
    | Annotated[str, msgspec.Meta(pattern=rf"{WORKSPACE}|^$", max_length=64)]
    | None
)
SessionId = Annotated[
    str,
    PathParameter(pattern=NAME, max_length=LONGEST_NAME, description="As given to generate-qr."),
]


class QrWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for a QR code. All three are needed; other fields are passed over."""

    session_id: TheirId = None
    """Needed: the session's id."""
    workspace_id: WorkspaceId = None
    """Needed: whose account it is."""
    account_id: TheirId = None
    """Needed: the account's id in its own back end."""


class Disconnection(msgspec.Struct, frozen=True, kw_only=True):
    """What the back end knows of it; other fields are passed over."""

    workspace_id: WorkspaceId = None
    reason: str | None = None


class SessionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session stands, under the back end's own ids."""

    success: bool
    message: str
    session_id: int | str
    workspace_id: int | str
    account_id: int | str
    status: BlazzStatus
    phone_number: str | None
    is_primary: bool
    """The first account of a workspace that is connected becomes its primary."""
    linkwright_account: str
    """The account's id in version 1 of the API."""


class QrCodeAnswer(SessionAnswer, frozen=True, kw_only=True):
    """The code to scan."""

    qr_code: str | None
    """A PNG as a data URL; null when no scan is needed."""
    expires_in: int | None
    """Whole seconds that this code is valid for; the next one follows by itself."""
    expires_at: datetime | None


@post(
    "/sessions/generate-qr", status_code=200, opt=documented("blazz_generate_qr", access="signed")
)
async def generate_qr(
    request: AnyRequest, api: Api, data: JSONBody[QrWanted], site: OnSite = None
) -> Response[QrCodeAnswer]:
    """Start linking an account and answer its QR code, or the one that is on show already."""
    admit_to_codes(api, request, str(data.workspace_id))
    wanted = _complete(data)
    accounts = NamedAccounts(api, SYSTEM, origin_of(request))
    account_id, _ = await accounts.find_or_register(
        wanted, site or api.services.settings.drop_ins_site
    )
    scanned = await scan(api, request, account_id, QR_LIMIT_S)
    return Response(
        await _qr_answer(api, wanted, account_id, scanned),
        headers={"Cache-Control": "no-store"},
        background=fetch_to_record(api, request, scanned.held, scanned.code)
        if scanned.code
        else None,
    )


@post(
    "/whatsapp/sessions/{session_id:str}/mark-disconnected",
    status_code=200,
    opt=documented("blazz_mark_disconnected", access="signed"),
)
async def mark_disconnected(
    session_id: SessionId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[Disconnection | None] = None,
) -> SessionAnswer:
    """End what the session does, and its link; one that ended or was replaced changes nothing."""
    workspace = data.workspace_id if data else None
    accounts = NamedAccounts(api, SYSTEM, origin_of(request))
    named = await accounts.find(session_id, None if workspace is None else str(workspace))
    if named.session != session_id:
        held = await api.services.dispatch.load(named.account_id)
        message = "The session was replaced by a newer one, which goes on"
    else:
        held = await disconnect(api, named.account_id, origin_of(request))
        message = "Session marked as disconnected"
    return SessionAnswer(**_session(named, named.account_id, held), message=message)


def _complete(data: QrWanted) -> Named:
    """Take the ids; the problem names every one that is missing."""
    given = msgspec.structs.asdict(data)
    missing = [name for name, value in given.items() if value in (None, "")]
    if missing:
        raise ProblemFound(
            "invalid_request",
            f"Missing: {', '.join(missing)}.",
            errors=tuple(FieldError(name, f"{name} parameter is required") for name in missing),
        )
    return Named(
        account_id="",
        workspace=str(data.workspace_id),
        name=str(data.account_id),
        session=str(data.session_id),
    )


async def _qr_answer(api: ApiParts, named: Named, account_id: str, scanned: Scan) -> QrCodeAnswer:
    code = scanned.code
    left_s = (code.expires_at - api.now()).total_seconds() if code else None
    return QrCodeAnswer(
        **_session(named, account_id, scanned.held),
        message="Scan the QR code" if code else "No scan is needed",
        qr_code=await data_url(code) if code else None,
        expires_in=None if left_s is None else max(0, int(left_s)),
        expires_at=code.expires_at if code else None,
    )


def _session(named: Named, account_id: str, held: Held) -> dict[str, Any]:
    account = held.account
    return ids_of(named) | {
        "success": True,
        "status": blazz_status(held.row),
        "phone_number": account.phone,
        "is_primary": account.primary,
        "linkwright_account": account_id,
    }


def routes(api: ApiParts) -> Router:
    """Give the routes, with errors that the back end can read."""
    return Router(
        "/api",
        route_handlers=[generate_qr, mark_disconnected],
        exception_handlers=in_seed_words(api),
    )
