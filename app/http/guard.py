"""Who may do what. Every route needs a key unless its `access` says otherwise.

key     an API key, or the session of a page that was opened with one (the default)
signed  also a call that a back end has signed, see signed_calls.py
link    also the session of an end user's link page, for its own account only
feed    as link, and also a one-time ticket
open    anybody
"""

import secrets
from collections.abc import Awaitable, Callable

from litestar.handlers.base import BaseRouteHandler

from adapters import clock
from adapters.api_keys import ApiKeyRefused
from app.http.parts import ApiParts
from app.http.principal import Principal, note_principal
from app.http.sealed_sessions import COOKIE_NAMES, Session
from app.http.throttle import count_address, count_caller
from app.http.traces import AnyConnection, note_request
from app.identifiers import new_id
from app.problems import ProblemFound

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LINK_HEADER = "x-linkwright-page"
"""A link page says `link` here: a browser may hold both cookies, and each page uses its own."""

Guard = Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]


def create_guard(api: ApiParts) -> Guard:
    """Build the guard of the whole application."""

    async def guard(connection: AnyConnection, handler: BaseRouteHandler) -> None:
        connection.scope["state"]["started_s"] = clock.monotonic_s()
        note_request(connection, new_id("req", api.now()))
        count_address(api, connection)
        access = handler.opt.get("access", "key")
        if access == "open":
            return
        signed = access == "signed"
        principal = await api.signed_calls.identify(connection, api.now()) if signed else None
        if principal is None or "authorization" in connection.headers:  # a key must be right too
            principal = await identify(api, connection, access)
        if principal.account_id is not None:
            _check_reach(connection, access, principal.account_id)
        note_principal(connection, principal)
        count_caller(api, connection, handler, principal)

    return guard


async def identify(api: ApiParts, connection: AnyConnection, access: str) -> Principal:
    """Find out who asks; a ProblemFound says why it cannot be told."""
    authorization = connection.headers.get("authorization", "")
    ticket = connection.query_params.get("ticket") if access == "feed" else None
    if authorization or ticket is not None:
        return await identify_by(api, authorization=authorization, ticket=str(ticket))
    wants_link = connection.headers.get(LINK_HEADER) == "link" or (
        connection.query_params.get("page") == "link"
    )
    session = session_of(api, connection, "link" if wants_link else "page")
    if session is None:
        raise ProblemFound("unauthorized", "The request carries no valid key and no sign-in.")
    check_csrf(api, connection, session)
    return Principal(
        actor=f"{'link' if session.kind == 'link' else 'key'}:{session.key_id}",
        key_id=session.key_id,
        via=session.kind,
        account_id=session.account_id,
    )


async def identify_by(api: ApiParts, *, authorization: str, ticket: str) -> Principal:
    """Find out who brings a key, or else a ticket; `unauthorized` for neither."""
    if authorization:
        return await _by_key(api, authorization)
    if ticket:
        return _by_ticket(api, ticket)
    raise ProblemFound("unauthorized", "Neither a key nor a ticket is given.")


async def _by_key(api: ApiParts, authorization: str) -> Principal:
    scheme, _, presented = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise ProblemFound("unauthorized", "Only keys are taken: `Authorization: Bearer lw_…`.")
    if secrets.compare_digest(presented.strip().encode(), api.services.keys.operator.encode()):
        return Principal(actor="key:operator", key_id="operator", via="key")
    try:
        key = await api.services.api_keys.verify(presented.strip(), api.now())
    except ApiKeyRefused as refused:
        raise ProblemFound("unauthorized", str(refused)) from refused
    return Principal(actor=f"key:{key.id}", key_id=key.id, via="key")


def _by_ticket(api: ApiParts, ticket: str) -> Principal:
    grant = api.tickets.redeem(ticket, api.now())
    if grant is None:
        raise ProblemFound("ticket_spent", "The ticket was used, is too old, or never was.")
    return Principal(
        actor=f"key:{grant.key_id}",
        key_id=grant.key_id,
        via="ticket",
        account_id=grant.account_id,
        workspace=grant.workspace,
    )


def session_of(api: ApiParts, connection: AnyConnection, kind: str) -> Session | None:
    """Read the page session from its cookie."""
    kind_of_session = "link" if kind == "link" else "page"
    cookie = connection.cookies.get(COOKIE_NAMES[kind_of_session], "")
    return api.sessions.read(cookie, kind_of_session, api.now()) if cookie else None


def check_csrf(api: ApiParts, connection: AnyConnection, session: Session) -> None:
    """A cookie travels by itself, so whatever changes something must bring the page's token too."""
    scope = connection.scope
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
        return
    if not api.sessions.csrf_matches(session, connection.headers.get("x-csrf-token", "")):
        raise ProblemFound("cross_site_request", "The request lacks the page's own token.")
    check_same_site(connection)


def check_same_site(connection: AnyConnection) -> None:
    """Browsers say where a request comes from; another site's is refused."""
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ProblemFound("cross_site_request", "The request comes from another site.")


def _check_reach(connection: AnyConnection, access: str, account_id: str) -> None:
    """Keep whoever is bound to one account at it; another one is as unknown to them as none."""
    if access not in ("link", "feed"):
        raise ProblemFound("forbidden", "This sign-in reaches one account's link page only.")
    asked = connection.path_params.get("account_id")
    if asked is not None and not secrets.compare_digest(str(asked).encode(), account_id.encode()):
        raise ProblemFound("not_registered", "No account with this id is registered.")
