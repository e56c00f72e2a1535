"""Who asks. The guard finds out once and notes it at the request."""

import re
from typing import Any, Literal

import msgspec
from litestar.connection import ASGIConnection

AnyConnection = ASGIConnection[Any, Any, Any, Any]

_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C, version 00


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and how far that reaches."""

    actor: str
    """As the log names it: `key:<id>`, or `link:<id of the key that made the link>`."""
    key_id: str
    via: Literal["key", "page", "link", "ticket"]
    account_id: str | None = None
    """Not None: this account only."""
    workspace: str | None = None
    """Not None: this workspace's feed only."""


def note_principal(connection: AnyConnection, principal: Principal) -> None:
    """Keep who asks for the rest of the request."""
    connection.scope["state"]["principal"] = principal


def principal_of(connection: AnyConnection) -> Principal:
    """Give who asks; only behind the guard."""
    principal = connection.scope["state"]["principal"]
    assert isinstance(principal, Principal)  # noqa: S101  for the type checker: the guard put it there
    return principal


def note_request_id(connection: AnyConnection, request_id: str) -> None:
    """Keep the request's id; every answer carries it."""
    connection.scope["state"]["request_id"] = request_id


def request_id_of(connection: AnyConnection) -> str:
    """Give the request's id; empty before the guard."""
    return str(connection.scope["state"].get("request_id", ""))


def correlation_id_of(connection: AnyConnection) -> str:
    """Give the client's `X-Correlation-Id` if it sent a usable one, else the request's id."""
    given = connection.headers.get("x-correlation-id", "")
    return given if _CORRELATION_ID.fullmatch(given) else request_id_of(connection)


def trace_parent_of(connection: AnyConnection) -> str:
    """Give the W3C traceparent as received; empty if it is not one."""
    given = connection.headers.get("traceparent", "")
    return given if _TRACE_PARENT.fullmatch(given) else ""
