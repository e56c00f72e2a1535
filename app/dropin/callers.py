"""Turns away callers who ask too often, by the limits of app/http/rate_limit.py."""

from adapters import clock
from app.http.parts import AnyRequest, ApiParts
from app.http.rate_limit import RateLimit
from app.problems import ProblemFound


def admit(api: ApiParts, request: AnyRequest) -> None:
    """Count a request; the problem `too_many_requests` beyond the limit of its address."""
    _count(api.limits.calls, request, "requests")


def admit_to_codes(api: ApiParts, request: AnyRequest) -> None:
    """Count a request for a code, which may open a browser."""
    admit(api, request)
    _count(api.limits.codes, request, "requests for a code")


def _count(limit: RateLimit, request: AnyRequest, what: str) -> None:
    address = request.client.host if request.client else ""
    if not limit.admits(address, clock.monotonic_s()):
        raise ProblemFound("too_many_requests", f"More than {limit.most} {what} in a minute.")
