"""The code on show, as PNG, SVG, terminal text or JSON. A credential: never stored, never late."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, get
from litestar.params import QueryParameter

from adapters import qr_image
from adapters.vault import VaultedCode
from app.held import Held
from app.http.documented import documented
from app.http.parts import (
    POSITION_HEADER,
    AccountId,
    AnyRequest,
    Api,
    ApiParts,
    about_account,
    about_attempt,
    load_registered,
)
from app.http.positions import Position
from app.http.shown_code import current_code, fetch_to_record
from app.problems import ProblemFound
from domain.status import Status

Form = Literal["json", "png", "svg", "txt"]

MEDIA_TYPES: dict[Form, str] = {
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}
ACCEPTED: dict[str, Form] = {
    "application/json": "json",
    "application/*": "json",
    "*/*": "json",
    "image/png": "png",
    "image/*": "png",
    "image/svg+xml": "svg",
    "text/plain": "txt",
    "text/*": "txt",
}
IMAGES: dict[Form, Callable[[str], bytes]] = {
    "png": qr_image.png,
    "svg": lambda text: qr_image.svg(text).encode(),
    "txt": lambda text: qr_image.terminal_text(text).encode(),
}

NO_CODE: dict[Status, tuple[str, str]] = {
    Status.NOT_CREATED: ("not_started", "Nothing is being linked; start with POST …/link."),
    Status.INITIALIZING: ("page_opening", "The page is being opened; its first code is to come."),
    Status.WAITING_QR: ("between_codes", "The code has run out; the next one is to come."),
    Status.AUTHENTICATING: ("code_used", "A phone has used the code; WhatsApp is checking it."),
    Status.READY: ("linked", "The account is linked; no code is needed."),
    Status.FAILED: ("attempt_over", "The attempt is over; start the next with POST …/retry."),
    Status.DISCONNECTED: ("attempt_over", "The link was lost; start with POST …/retry."),
}
"""Status -> cause and sentence, while no valid code is there."""

Code = Annotated[
    str | None,
    QueryParameter(
        name="code",
        max_length=64,
        description="The fingerprint of the code that is wanted; another one on show answers 410.",
    ),
]


class QrAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The code on show. `text` is what a QR image of it holds, or the pairing code as typed."""

    kind: Literal["qr", "pairing_code"]
    text: str
    fingerprint: str
    ordinal: int
    expires_at: datetime
    expires_in_s: float
    attempt: str
    image_url: str | None


@get("/qr", opt=documented("qr", access="link"))
async def qr(
    account_id: AccountId, request: AnyRequest, api: Api, position: Position, code: Code = None
) -> Response[bytes]:
    """Fetch the code on show, in the form that `Accept` asks for; JSON if any will do."""
    return await _serve(account_id, request, api, _negotiate(request), code, position)


@get("/qr.png", opt=documented("qr_png", access="link"), media_type="image/png")
async def qr_png(
    account_id: AccountId, request: AnyRequest, api: Api, position: Position, code: Code = None
) -> Response[bytes]:
    """Fetch the code on show as PNG."""
    return await _serve(account_id, request, api, "png", code, position)


@get("/qr.svg", opt=documented("qr_svg", access="link"), media_type="image/svg+xml")
async def qr_svg(
    account_id: AccountId, request: AnyRequest, api: Api, position: Position, code: Code = None
) -> Response[bytes]:
    """Fetch the code on show as SVG."""
    return await _serve(account_id, request, api, "svg", code, position)


@get("/qr.txt", opt=documented("qr_txt", access="link"), media_type="text/plain")
async def qr_txt(
    account_id: AccountId, request: AnyRequest, api: Api, position: Position, code: Code = None
) -> Response[bytes]:
    """Fetch the code on show as half blocks for a terminal, a pairing code as it is typed."""
    return await _serve(account_id, request, api, "txt", code, position)


@get("/qr.json", opt=documented("qr_json", access="link"))
async def qr_json(
    account_id: AccountId, request: AnyRequest, api: Api, position: Position, code: Code = None
) -> Response[bytes]:
    """Fetch the code on show as text: to draw it yourself, or to enter a pairing code."""
    return await _serve(account_id, request, api, "json", code, position)


async def _serve(
    account_id: str,
    request: AnyRequest,
    api: ApiParts,
    form: Form,
    wanted: str | None,
    position: int,
) -> Response[bytes]:
    held, _ = await load_registered(api, account_id)
    code = await _valid_code(api, account_id, held, wanted)
    text = code.text or ""
    if form in ("png", "svg") and code.kind == "pairing_code":
        sentence = "A pairing code is on show, and is text; see qr.json or qr.txt."
        raise _problem(held, "no_code", "pairing_code", sentence)
    if form == "json":
        body = msgspec.json.encode(_qr_answer(api, account_id, held, code))
    elif code.kind == "pairing_code":
        body = f"{as_typed(text)}\n".encode()
    else:
        body = await asyncio.to_thread(IMAGES[form], text)
    return Response(
        body,
        media_type=MEDIA_TYPES[form],
        headers={
            "Cache-Control": "no-store",
            "Vary": "Accept",
            POSITION_HEADER: str(position),
            "Linkwright-Code": code.fingerprint,
            "Linkwright-Code-Expires": code.expires_at.isoformat().replace("+00:00", "Z"),
        },
        background=fetch_to_record(api, request, held, code),
    )


def as_typed(pairing_code: str) -> str:
    """Group eight characters as WhatsApp shows them, and as a phone asks for them."""
    return f"{pairing_code[:4]}-{pairing_code[4:]}"


async def _valid_code(
    api: ApiParts, account_id: str, held: Held, wanted: str | None
) -> VaultedCode:
    """Give the code that is on show and still valid; a problem that says why there is none."""
    code = await current_code(api, account_id, held)
    if code is None:
        raise no_code(held, wanted)
    if wanted is not None and wanted != code.fingerprint:
        sentence = "Another code has taken the place of the one that is asked for."
        raise _problem(held, "code_gone", "replaced", sentence)
    return code


def no_code(held: Held, wanted: str | None = None) -> ProblemFound:
    """410 when this attempt has had a code, 404 when it has yet to come."""
    cause, sentence = NO_CODE[held.account.status]
    attempt = held.account.attempt
    had_one = attempt is not None and attempt.codes_issued > 0
    return _problem(held, "code_gone" if had_one or wanted else "no_code", cause, sentence)


def _problem(held: Held, code: str, cause: str, sentence: str) -> ProblemFound:
    return ProblemFound(
        code,
        sentence,
        account=about_account(held.row),
        attempt=about_attempt(held.row),
        cause=cause,
    )


def _qr_answer(api: ApiParts, account_id: str, held: Held, code: VaultedCode) -> QrAnswer:
    attempt = held.account.attempt
    shown = attempt.code if attempt else None
    image = f"/v1/accounts/{account_id}/qr.png?code={code.fingerprint}"
    return QrAnswer(
        kind=code.kind,
        text=as_typed(code.text or "") if code.kind == "pairing_code" else code.text or "",
        fingerprint=code.fingerprint,
        ordinal=shown.ordinal if shown else 0,
        expires_at=code.expires_at,
        expires_in_s=round((code.expires_at - api.now()).total_seconds(), 3),
        attempt=code.attempt,
        image_url=image if code.kind == "qr" else None,
    )


def _negotiate(request: AnyRequest) -> Form:
    """Choose by `Accept`: the highest weight wins, then what comes first."""
    offers: list[tuple[float, Form]] = []
    for part in (request.headers.get("accept") or "*/*").split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        form = ACCEPTED.get(name.lower())
        if form is not None:
            offers.append((_weight(parameters), form))
    best = max(offers, key=lambda offer: offer[0], default=None)
    if best is None or best[0] <= 0:
        raise ProblemFound("not_acceptable", "A code comes as JSON, PNG, SVG or plain text.")
    return best[1]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


ROUTES = Router(
    "/v1/accounts/{account_id:str}", route_handlers=[qr, qr_png, qr_svg, qr_txt, qr_json]
)
