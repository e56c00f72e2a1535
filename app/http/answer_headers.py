"""What every answer carries beside its content, errors too; and the count of it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from adapters import clock
from app.http.parts import ApiParts
from app.http.throttle import limit_headers
from app.http.traces import trace_headers

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Pages load nothing but this service's own files, and nobody may frame them."""
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Unless the answer says otherwise."""


def before_send(api: ApiParts) -> Callable[[Message, Scope], Awaitable[None]]:
    """Build the hook that sees every message of every answer."""

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start" or scope["type"] != "http":
            return
        headers = MutableScopeHeaders.from_message(message)
        for name, value in ALWAYS.items():
            if name not in headers:
                headers[name] = value
        state = scope["state"]
        for name, value in trace_headers(scope).items():
            headers[name] = value
        if (spent := state.get("spent")) is not None:
            for name, value in limit_headers(spent).items():
                headers[name] = value
            if message["status"] == HTTPStatus.TOO_MANY_REQUESTS:
                headers["Retry-After"] = str(spent.again_in_s)
        route = scope.get("path_template") or "none"
        api.metrics.requests.labels(scope["method"], route, str(message["status"])).inc()
        if "started_s" in state:
            seconds = clock.monotonic_s() - float(state["started_s"])
            api.metrics.seconds.labels(route).observe(seconds)

    return add
