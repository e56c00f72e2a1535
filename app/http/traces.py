"""How a request is found again: its own id, the caller's correlation id, and its W3C trace.

All three are noted once, go into every input that the request causes and every log line that it
writes, and are answered as headers.
"""

import re
import secrets
from typing import Any

import structlog
from litestar.connection import ASGIConnection
from litestar.types import Scope

REQUEST_HEADER = "Linkwright-Request"
CORRELATION_HEADER = "X-Correlation-Id"
TRACE_HEADER = "traceresponse"
"""As the W3C's Trace Context for responses names it."""

AnyConnection = ASGIConnection[Any, Any, Any, Any]

_GIVEN_IN = ("x-correlation-id", "x-request-id")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_VERSION_0 = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_LATER_VERSION = re.compile(
    r"(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[!-~]{0,200})?"
)
"""Of a version to come only the first four fields are known, and more may follow a dash."""


def note_request(connection: AnyConnection, request_id: str) -> None:
    """Note what the request is known by, for the log lines of this request too."""
    state = connection.scope["state"]
    state["request_id"] = request_id
    state["correlation_id"] = _given_correlation_id(connection) or request_id
    state["trace_parent"] = _given_trace_parent(connection) or _new_trace_parent()
    structlog.contextvars.bind_contextvars(
        request_id=request_id,
        correlation_id=state["correlation_id"],
        trace_parent=state["trace_parent"],
    )


def request_id_of(connection: AnyConnection) -> str:
    """Give the request's id; empty before the guard."""
    return str(connection.scope["state"].get("request_id", ""))


def correlation_id_of(connection: AnyConnection) -> str:
    """Give the client's correlation id if it sent a usable one, else the request's id."""
    return str(connection.scope["state"]["correlation_id"])


def trace_parent_of(connection: AnyConnection) -> str:
    """Give the W3C traceparent as received, or that of a trace which begins here."""
    return str(connection.scope["state"]["trace_parent"])


def trace_headers(scope: Scope) -> dict[str, str]:
    """Give the headers that every answer carries."""
    state = scope["state"]
    if "request_id" not in state:
        return {}
    return {
        REQUEST_HEADER: str(state["request_id"]),
        CORRELATION_HEADER: str(state["correlation_id"]),
        TRACE_HEADER: str(state["trace_parent"]),
    }


def is_trace_parent(given: str) -> bool:
    """Tell whether it is a traceparent by the W3C's rules (Trace Context, 3.2)."""
    found = _VERSION_0.fullmatch(given) or _LATER_VERSION.fullmatch(given)
    return found is not None and all(part.strip("0") for part in found.group(1, 2))


def _given_correlation_id(connection: AnyConnection) -> str:
    for name in _GIVEN_IN:
        given = connection.headers.get(name, "")
        if _CORRELATION_ID.fullmatch(given):
            return given
    return ""


def _given_trace_parent(connection: AnyConnection) -> str:
    """One that is malformed, or given twice, is as good as none: a new trace begins."""
    given = connection.headers.getall("traceparent", [])
    return given[0] if len(given) == 1 and is_trace_parent(given[0]) else ""


def _new_trace_parent() -> str:
    """Begin a trace; its flags promise nobody that it is sampled."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
