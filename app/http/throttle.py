"""Counts the requests of version 1 and the pages; see docs/decisions/rate-limits.md.

Who asks from this machine is not counted: tools, tests and back ends beside us. A proxy beside us
says in `X-Forwarded-For` for whom it asks, and uvicorn believes those on this machine.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from litestar.handlers.base import BaseRouteHandler

from adapters import clock
from app.http.parts import ApiParts
from app.http.principal import Principal
from app.http.rate_limit import RateLimit, Spent
from app.http.traces import AnyConnection
from app.problems import ProblemFound

ONE_HOUSEHOLD = 64
"""Bits of an IPv6 address that a customer is given as one (RFC 6177)."""
CODES = frozenset({"qr", "qr_png", "qr_svg", "qr_txt", "qr_json", "link", "retry"})
"""Routes that bring a code, or start what does."""


def count_address(api: ApiParts, connection: AnyConnection) -> None:
    """Count a request before anybody knows who asks: a guessed key counts too."""
    address = _address(connection)
    if address is not None:
        _count(api.limits.requests, connection, f"address {address}", "requests")


def count_caller(
    api: ApiParts, connection: AnyConnection, handler: BaseRouteHandler, principal: Principal
) -> None:
    """Count a request of a known caller, wherever it comes from; and one for a code."""
    if _address(connection) is None:
        return
    _count(api.limits.requests, connection, f"key {principal.owner}", "requests")
    if handler.opt.get("docs") in CODES:
        account = connection.path_params.get("account_id")
        caller = f"codes {principal.owner} {account}"
        _count(api.limits.account_codes, connection, caller, "requests for an account's code")


def limit_headers(spent: Spent) -> dict[str, str]:
    """Say what is left, as draft-ietf-httpapi-ratelimit-headers words it."""
    return {
        "RateLimit-Policy": f'"minute";q={spent.most};w={spent.window_s}',
        "RateLimit": f'"minute";r={max(0, spent.left)};t={spent.again_in_s}',
    }


def _count(limit: RateLimit, connection: AnyConnection, caller: str, what: str) -> None:
    state = connection.scope["state"]
    spent = limit.count(caller, clock.monotonic_s())
    known = state.get("spent")
    if known is None or spent.left < known.left:
        state["spent"] = spent
    if spent.left < 0:
        raise ProblemFound("too_many_requests", f"More than {limit.most} {what} in a minute.")


def _address(connection: AnyConnection) -> str | None:
    """Name where a request comes from; None: from this machine."""
    return _counted(connection.client.host) if connection.client else None


@lru_cache(maxsize=4096)
def _counted(host: str) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        return str(ip_network((address, ONE_HOUSEHOLD), strict=False))
    return str(address)
