"""What a browser asks for: the page, its assets, and the socket to the stand-in server."""

import asyncio
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from string import Template
from typing import Annotated, Any, Final, cast

import msgspec
from litestar import MediaType, Request, Response, WebSocket, get, websocket
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, WebSocketDisconnect
from litestar.params import FromPath, PathParameter

from adapters.sandbox.accounts import Account, Accounts, PageVisit, refuses_now
from adapters.sandbox.connection import PageConnection
from adapters.sandbox.protocol import from_page, to_page
from adapters.sandbox.scenes import PairingAnswer
from adapters.sandbox.settings import SandboxSettings

AccountName = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
AllAccounts = NamedDependency[Accounts]
DEFAULT_ACCOUNT = "default"
UNANSWERED_LIMIT_S = 600.0  # no browser waits longer for a document
TRY_AGAIN_LATER = 1013  # WebSocket close code
# Put into the request's scope by our server, see serving.py.
ABORT_EXTENSION: Final = "linkwright.sandbox.abort"

BUNDLES = (
    "events.js",
    "identity.js",
    "link_modules.js",
    "chat_modules.js",
    "media_modules.js",
    "quiet_modules.js",
    "keys.js",
    "screen.js",
    "codes.js",
    "messages.js",
    "client.js",
)
FIRST_BUNDLES = 1  # with late bundles only the first is there at once
DROPPED = "/dropped/"  # where a page asks for its bundles in vain
TYPES = {".js": "text/javascript", ".css": "text/css"}


class PageConfig(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    page_id: str
    qr_prefix: str
    time_scale: float
    ballast_mb: int
    hidden_modules: tuple[str, ...]
    hidden_members: tuple[str, ...]
    pairing_code: PairingAnswer
    modules_after_sync: bool
    bundles_at: str
    bundles: tuple[str, ...]
    late_bundles: tuple[str, ...]
    bundle_gap_s: float


class HungUp(Exception):
    """The server ends the connection."""


@cache
def load_assets() -> dict[str, bytes]:
    folder = Path(__file__).parent / "assets"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@get("/", media_type=MediaType.HTML)
async def show_default_page(
    request: Request[Any, Any, State], accounts: AllAccounts
) -> Response[bytes]:
    """For clients whose address is fixed."""
    return await _answer(request, accounts.open(DEFAULT_ACCOUNT), accounts.settings)


@get("/a/{account:str}", media_type=MediaType.HTML)
async def show_page(
    request: Request[Any, Any, State], account: AccountName, accounts: AllAccounts
) -> Response[bytes]:
    return await _answer(request, accounts.open(account), accounts.settings)


async def _answer(
    request: Request[Any, Any, State], account: Account, settings: SandboxSettings
) -> Response[bytes]:
    visit = account.visit()
    match visit.behaviour.document:
        case "served":
            return _document(account, visit, settings)
        case "dropped":
            await _drop(request)
        case "unanswered":
            await _wait_until_gone(request)
    return Response(b"", status_code=503)


def _document(account: Account, visit: PageVisit, settings: SandboxSettings) -> Response[bytes]:
    nonce = secrets.token_urlsafe(16)
    behaviour = visit.behaviour
    late = BUNDLES[FIRST_BUNDLES:] if behaviour.bundle_gap_s else ()
    config = PageConfig(
        account=account.name,
        page_id=visit.page_id,
        qr_prefix=settings.qr_prefix,
        time_scale=settings.time_scale,
        ballast_mb=settings.ballast_mb,
        hidden_modules=behaviour.hidden_modules,
        hidden_members=behaviour.hidden_members,
        pairing_code=behaviour.pairing_code,
        modules_after_sync=behaviour.modules_after_sync and bool(account.devices),
        bundles_at="/assets/" if behaviour.bundles == "served" else DROPPED,
        bundles=tuple(one for one in BUNDLES if one not in late),
        late_bundles=late,
        bundle_gap_s=behaviour.bundle_gap_s,
    )
    text = msgspec.json.encode(config).decode().replace("<", "\\u003c")
    page = Template(load_assets()["page.html"].decode()).substitute(nonce=nonce, config=text)
    return Response(page.encode(), media_type="text/html; charset=utf-8", headers=_headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    # Inline scripts need the nonce, as on the real page: an adapter that injects a script element
    # or builds code from text must fail here too.
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
            "img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


async def _drop(request: Request[Any, Any, State]) -> None:
    """Ends the TCP connection without a byte; a server without our extension answers 503."""
    extensions = cast("dict[str, dict[str, Any]]", request.scope).get("extensions") or {}
    abort: Callable[[], None] | None = extensions.get(ABORT_EXTENSION)
    if abort is not None:
        abort()
        await _wait_until_gone(request)


async def _wait_until_gone(request: Request[Any, Any, State]) -> None:
    try:
        async with asyncio.timeout(UNANSWERED_LIMIT_S):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


@get("/phone/{account:str}", media_type=MediaType.HTML)
async def show_phone(account: AccountName) -> Response[bytes]:
    page = Template(load_assets()["phone.html"].decode()).substitute(account=account)
    headers = _headers(secrets.token_urlsafe(16))
    return Response(page.encode(), media_type="text/html; charset=utf-8", headers=headers)


@get("/assets/{name:str}")
async def serve_asset(name: FromPath[str]) -> Response[bytes]:
    suffix = Path(name).suffix
    if name not in load_assets() or suffix not in TYPES:
        raise NotFoundException(f"There is no asset {name!r}.")
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(
        load_assets()[name], media_type=f"{TYPES[suffix]}; charset=utf-8", headers=headers
    )


@get(f"{DROPPED}{{name:str}}")
async def drop_asset(request: Request[Any, Any, State], name: FromPath[str]) -> Response[bytes]:
    del name
    await _drop(request)
    return Response(b"", status_code=503)


@get("/favicon.ico")
async def serve_no_icon() -> Response[None]:
    return Response(None, status_code=204)


@websocket("/socket/{account:str}")
async def serve_socket(
    socket: WebSocket[Any, Any, State], account: AccountName, accounts: AllAccounts
) -> None:
    opened = accounts.open(account)
    if refuses_now(opened):
        await socket.close(TRY_AGAIN_LATER)
        return
    await socket.accept()
    try:
        async with asyncio.TaskGroup() as tasks:
            connection = PageConnection(opened, accounts.settings, tasks)
            opened.connections.append(connection)
            try:
                tasks.create_task(_write(socket, connection))
                await _read(socket, connection)
            finally:
                opened.connections.remove(connection)
                connection.closed()
    except* (WebSocketDisconnect, HungUp):
        pass


async def _read(socket: WebSocket[Any, Any, State], connection: PageConnection) -> None:
    while True:
        text = await socket.receive_text()
        try:
            message = from_page(text)
        except msgspec.DecodeError as problem:
            raise HungUp from problem
        await connection.receive(message)


async def _write(socket: WebSocket[Any, Any, State], connection: PageConnection) -> None:
    while (message := await connection.outgoing.get()) is not None:
        await socket.send_text(to_page(message))
    await socket.close()
    raise HungUp
