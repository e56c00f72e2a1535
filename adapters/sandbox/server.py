"""The stand-in as one small web application, and the way to run it."""

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers.base import BaseRouteHandler
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapters.sandbox.accounts import Accounts
from adapters.sandbox.control import AccountControl, SceneList
from adapters.sandbox.message_control import MessageControl
from adapters.sandbox.page import (
    ABORT_EXTENSION,
    drop_asset,
    serve_asset,
    serve_no_icon,
    serve_socket,
    show_default_page,
    show_page,
    show_phone,
)
from adapters.sandbox.problems import answer_http, answer_invalid, answer_refused
from adapters.sandbox.refusals import Refused, Unauthorized
from adapters.sandbox.settings import SandboxSettings
from adapters.sandbox.uploads import take_upload

BODY_LIMIT = 256 * 1024  # the longest message of WhatsApp is 64 k characters
SHUTDOWN_LIMIT_S = 2  # pages that were never answered are cut off then
BACKLOG = 128


class RunningSandbox(msgspec.Struct, frozen=True):
    """`url` without a slash at its end; an account's page is `{url}/a/{account}/`."""

    url: str
    port: int


def create_sandbox(settings: SandboxSettings) -> Litestar:
    accounts = Accounts(settings)

    def provide_accounts() -> Accounts:
        return accounts

    def needs_token(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        given = connection.headers.get("authorization", "").encode()
        accepted = [settings.control_token]
        account: object = connection.path_params.get("account")
        if isinstance(account, str):
            accepted.append(phone_token(settings.control_token, account))
        if not any(hmac.compare_digest(given, f"Bearer {token}".encode()) for token in accepted):
            raise Unauthorized("Send it as: Authorization: Bearer <control token>.")

    control = Router(
        "/", guards=[needs_token], route_handlers=[SceneList, AccountControl, MessageControl]
    )
    return Litestar(
        route_handlers=[
            show_default_page,
            show_page,
            show_phone,
            serve_asset,
            drop_asset,
            serve_no_icon,
            serve_socket,
            take_upload,
            control,
        ],
        dependencies={"accounts": Provide(provide_accounts, sync_to_thread=False)},
        exception_handlers={
            Refused: answer_refused,
            ValidationException: answer_invalid,
            HTTPException: answer_http,
        },
        # A browser silently repeats a request whose reused connection was closed on it, and a scene
        # that closes connections would go unseen. So no connection is used twice.
        response_headers={"Connection": "close"},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=BODY_LIMIT,
    )


def phone_token(control_token: str, account: str) -> str:
    """Opens the control routes of this account alone, so that it may be given to a person."""
    message = f"phone:{account}".encode()
    return hmac.new(control_token.encode(), message, hashlib.sha256).hexdigest()


def phone_link(url: str, control_token: str, account: str) -> str:
    """The phone's page. The token is in the fragment: it reaches no server and no access log."""
    return f"{url}/phone/{account}#token={phone_token(control_token, account)}"


@asynccontextmanager
async def run_sandbox(settings: SandboxSettings) -> AsyncGenerator[RunningSandbox]:
    """Serves until the block is left. Raises OSError when the port is taken."""
    application = create_sandbox(settings)
    listener = _listen(settings)
    port: int = listener.getsockname()[1]
    server = _Server(
        uvicorn.Config(
            application,
            http=_AbortableProtocol,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_LIMIT_S,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        # The socket listens already: whoever connects before the server is up waits in its queue.
        yield RunningSandbox(f"http://{settings.host}:{port}", port)
    finally:
        server.should_exit = True
        await serving
        listener.close()


def _listen(settings: SandboxSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With its protocol named, asyncio sets TCP_NODELAY; without, answers take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """Signals belong to whoever runs us."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _AbortableProtocol(H11Protocol):
    """Lets a request end its connection without an answer, as an unreachable site does."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
            scope.setdefault("extensions", {})[ABORT_EXTENSION] = transport.abort
            await inner(scope, receive, send)

        self.app = app
