"""Turns away back ends that ask for codes too often, by the limits of app/http/rate_limit.py."""

from adapters import clock
from app.http.parts import AnyRequest, ApiParts
from app.problems import ProblemFound


def admit_to_codes(api: ApiParts, request: AnyRequest, workspace: str) -> None:
    """Count a request for a code, which may open a browser, by address and workspace.

    The problem `too_many_requests` beyond the limit, from this machine too.
    """
    address = request.client.host if request.client else ""
    limit = api.limits.codes
    if not limit.admits(f"{address} {workspace}", clock.monotonic_s()):
        raise ProblemFound(
            "too_many_requests",
            f"More than {limit.most} requests for a code of this workspace in a minute.",
        )
