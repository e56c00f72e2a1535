"""Signing in at the pages: by an API key, or for an end user by a one-time link."""

from datetime import datetime
from functools import partial
from typing import Literal

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from adapters.api_keys import ApiKeyRefused
from app.http.documented import documented
from app.http.feed_filter import FEED_TYPES
from app.http.guard import check_csrf, check_same_site, session_of
from app.http.idempotency import once
from app.http.one_time import TooManyHeld
from app.http.parts import AccountId, AnyRequest, Api, ApiParts, load_registered
from app.http.principal import principal_of
from app.http.requests import LinkPageWanted, OpenLink, SignIn
from app.http.sealed_sessions import COOKIE_NAMES, Session
from app.problems import ProblemFound, as_sentence


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a page is signed in, and what it needs to work."""

    signed_in: bool
    csrf_token: str = ""
    """Send it as `X-CSRF-Token` with everything that changes something."""
    expires_at: datetime | None = None
    account_id: str | None = None
    feed_types: tuple[str, ...] = ()


class LinkPageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A link that opens an account's link page once, without a key."""

    url: str
    """The token is behind `#`: browsers send that part to nobody, so no log holds it."""
    expires_at: datetime


@post("/session", status_code=201, opt=documented("sign_in", access="open"))
async def sign_in(data: JSONBody[SignIn], request: AnyRequest, api: Api) -> Response[SessionView]:
    """Sign in at the pages with an API key; the cookie is kept by the browser, the key is not."""
    check_same_site(request)
    try:
        key = await api.services.api_keys.verify(data.key.strip(), api.now())
    except ApiKeyRefused as refused:
        raise ProblemFound("unauthorized", str(refused)) from refused

    async def open_session() -> Response[SessionView]:
        session, sealed = api.sessions.open("page", key.id, api.now())
        return _signed_in(api, request, session, sealed)

    return await once(api, request, open_session, repeatable=True, owner=key.id)


@get("/session", opt=documented("session", access="open"))
async def show_session(request: AnyRequest, api: Api) -> SessionView:
    """Tell whether this browser is signed in."""
    return _view(api, session_of(api, request, "page"))


@delete("/session", status_code=200, opt=documented("sign_out", access="open"))
async def sign_out(request: AnyRequest, api: Api) -> Response[SessionView]:
    """Sign out: the cookie is worthless from here on."""
    session = session_of(api, request, "page")
    if session is not None:
        check_csrf(api, request, session)
        api.sessions.end(session, api.now())
    return Response(SessionView(signed_in=False), cookies=[_cookie(request, "page", "", 0)])


@post("/v1/accounts/{account_id:str}/link-pages", status_code=201, opt=documented("link_page"))
async def make_link_page(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[LinkPageWanted | None] = None,
) -> Response[LinkPageAnswer]:
    """Make a one-time link to the account's link page, for an end user who has no key."""
    wanted = data or LinkPageWanted()
    make = partial(_make_link_page, api, request, account_id, wanted.expires_in_s)
    return await once(api, request, make, repeatable=True)


async def _make_link_page(
    api: ApiParts, request: AnyRequest, account_id: str, expires_in_s: int
) -> Response[LinkPageAnswer]:
    await load_registered(api, account_id)
    try:
        token, grant = api.links.give(
            expires_in_s,
            api.now(),
            key_id=principal_of(request).key_id,
            account_id=account_id,
        )
    except TooManyHeld as error:
        raise ProblemFound("too_many_tickets", as_sentence(error)) from error
    url = f"{str(request.base_url).rstrip('/')}/link#{token}"
    return Response(LinkPageAnswer(url=url, expires_at=grant.expires_at), status_code=201)


@post("/link/session", status_code=201, opt=documented("open_link", access="open"))
async def open_link(
    data: JSONBody[OpenLink], request: AnyRequest, api: Api
) -> Response[SessionView]:
    """Use a one-time link up: its account's link page is signed in from here on."""
    check_same_site(request)

    async def open_session() -> Response[SessionView]:
        grant = api.links.redeem(data.token, api.now())
        if grant is None:
            raise ProblemFound("link_spent", "This link was used, is too old, or never was.")
        session, sealed = api.sessions.open(
            "link", grant.key_id, api.now(), account_id=grant.account_id
        )
        return _signed_in(api, request, session, sealed)

    owner = f"link:{api.services.keys.fingerprint(data.token)}"  # who has the link, and nobody else
    return await once(api, request, open_session, repeatable=True, owner=owner)


@get("/link/session", opt=documented("link_session", access="open"))
async def show_link_session(request: AnyRequest, api: Api) -> SessionView:
    """Tell whether this browser has opened a one-time link, and for which account."""
    return _view(api, session_of(api, request, "link"))


def _signed_in(
    api: ApiParts, request: AnyRequest, session: Session, sealed: str
) -> Response[SessionView]:
    life_s = int((session.expires_at - api.now()).total_seconds())
    return Response(
        _view(api, session),
        status_code=201,
        cookies=[_cookie(request, session.kind, sealed, life_s)],
    )


def _view(api: ApiParts, session: Session | None) -> SessionView:
    if session is None:
        return SessionView(signed_in=False)
    return SessionView(
        signed_in=True,
        csrf_token=api.sessions.csrf_token(session),
        expires_at=session.expires_at,
        account_id=session.account_id,
        feed_types=tuple(sorted(FEED_TYPES)),
    )


def _cookie(request: AnyRequest, kind: Literal["page", "link"], value: str, life_s: int) -> Cookie:
    return Cookie(
        key=COOKIE_NAMES[kind],
        value=value,
        max_age=life_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.scope["scheme"] == "https",
    )


ROUTES = Router(
    "/",
    route_handlers=[
        sign_in,
        show_session,
        sign_out,
        make_link_page,
        open_link,
        show_link_session,
    ],
)
