"""A Baileys and whatsapp-web.js pair behind one QR code, answered by Linkwright.

The primary and its standby are the two methods: one scan, one session, two ways to deliver. How the
set-up goes on is told on the socket, single_qr_socket.py. See docs/how-to/move-from-single-qr.md.
"""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from app.dropin.back_end import Asker
from app.dropin.qr_scan import scan
from app.dropin.single_qr_events import (
    BACKUP_SOON,
    BOTH_READY,
    SETUP_COMPLETE,
    Method,
    MethodStatus,
)
from app.http.documented import documented
from app.http.parts import AnyRequest, Api
from app.http.shown_code import data_url, fetch_to_record
from app.problems import ProblemFound
from domain.account import Account
from domain.advice import ADVICE
from domain.status import LINKING, Status

QR_LIMIT_S = 30.0
"""As the other drop-ins: most codes take three seconds."""
MESSAGE = "Scan QR code with WhatsApp"
INSTRUCTIONS = "Open WhatsApp  Settings  Linked Devices  Scan this QR"
"""Two spaces where an arrow once was: a client may compare it."""
STANDBY_WORDS: dict[str, MethodStatus] = {
    "none": "pending",
    "requested": "pending",
    "ready": "active",
    "failed": "failed",
    "promoted": "disconnected",
}
"""Of the standby of an account that the primary holds."""
STATUS_WORDS: dict[Status, MethodStatus] = {
    Status.READY: "active",
    Status.FAILED: "failed",
    Status.DISCONNECTED: "disconnected",
    Status.NOT_CREATED: "disconnected",
}
"""Of the method that has the account's page open."""

Form = Annotated[
    Literal["image", "text"],
    QueryParameter(description="A picture of the code as a data URL, or the text that it holds."),
]


class SetupQr(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The code to scan, and what to do with it."""

    session_id: str
    qr: str
    """A PNG as a data URL, or what it holds. The next code follows on the socket, and here."""
    message: str = MESSAGE
    step: int = 1
    instructions: str = INSTRUCTIONS


class Methods(msgspec.Struct, frozen=True, kw_only=True):
    """The two ways to deliver, as a dashboard shows them."""

    primary: Literal["baileys"] = "baileys"
    fallback: Literal["web_js", "pending"] | None
    """Null: this installation keeps no standby."""
    both_active: bool


class SetupStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where both methods stand, in the words of the replaced system's table."""

    success: bool = True
    session_id: str | None = msgspec.field(name="sessionId")
    """Null while nothing was set up."""
    message: str
    methods: Methods
    baileys_status: MethodStatus
    web_js_status: MethodStatus
    delivery_method: Method | None
    """Which of the two delivers now; null while neither can."""
    phone_number: str | None


@post("/setup-qr", status_code=200, opt=documented("single_qr_setup"))
async def setup_qr(
    request: AnyRequest, api: Api, back_end: Asker, qr: Form = "image"
) -> Response[SetupQr]:
    """Start the set-up, or join the one that goes on, and answer the code to scan."""
    account_id = await back_end.find_or_register()
    scanned = await scan(api, request, account_id, QR_LIMIT_S)
    if scanned.code is None:
        raise ProblemFound("already_linked", "The phone is linked, or comes back without a scan.")
    shown = scanned.code.text or "" if qr == "text" else await data_url(scanned.code)
    return Response(
        SetupQr(session_id=account_id, qr=shown),
        headers={"Cache-Control": "no-store"},
        background=fetch_to_record(api, request, scanned.held, scanned.code),
    )


@get("/setup-status", opt=documented("single_qr_status"))
async def setup_status(api: Api, back_end: Asker) -> SetupStatus:
    """Tell where both methods stand."""
    account_id, held = await back_end.load()
    account = held.account
    has_standby = api.services.settings.standby != "off"
    baileys, web_js = _statuses(account, has_standby=has_standby)
    both = baileys == web_js == "active"
    ready = account.status is Status.READY
    return SetupStatus(
        session_id=account_id or None,
        message=BOTH_READY if both else _words(account, has_standby=has_standby),
        methods=Methods(
            fallback="web_js" if both else "pending" if has_standby else None, both_active=both
        ),
        baileys_status=baileys,
        web_js_status=web_js,
        delivery_method=None if not ready else "web_js" if baileys != "active" else "baileys",
        phone_number=account.phone,
    )


def _statuses(account: Account, *, has_standby: bool) -> tuple[MethodStatus, MethodStatus]:
    """Tell where each method stands; a standby that took over is the one that delivers."""
    holds = STATUS_WORDS.get(account.status, "pending")
    if account.attempt is not None and account.attempt.holder == "standby":
        return "disconnected", holds
    return holds, STANDBY_WORDS[account.standby.stage] if has_standby else "disconnected"


def _words(account: Account, *, has_standby: bool) -> str:
    if account.status is Status.READY:
        return BACKUP_SOON if has_standby else SETUP_COMPLETE
    if account.status in LINKING:
        return MESSAGE
    return ADVICE[account.reason].sentence if account.reason else "Nothing was set up yet."
