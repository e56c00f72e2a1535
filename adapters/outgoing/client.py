"""Sends requests to addresses that strangers gave; see docs/decisions/outgoing-requests.md."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Self

from adapters.outgoing.allow_list import AllowList
from adapters.outgoing.connecting import Connector
from adapters.outgoing.connection import Answer, Connection
from adapters.outgoing.destination import Destination, read_destination
from adapters.outgoing.failures import BrokenAnswer
from adapters.outgoing.idle import IdleConnections
from adapters.outgoing.limits import Limits, Watch
from adapters.outgoing.resolver import Resolve, SystemResolver


class OutgoingClient:
    """Belongs to one event loop. Follows no redirect, asks no proxy, keeps no cookie.

    How many requests run at once is for the caller to limit.
    """

    def __init__(
        self,
        allow: AllowList,
        *,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._allow = allow
        self._limits = limits or Limits()
        self._resolver = SystemResolver()
        self._connector = Connector(
            allow, resolve or self._resolver.resolve, lambda: tls or _usual_authorities()
        )
        self._idle = IdleConnections()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free every connection that waits for a next request."""
        self._idle.close()
        self._resolver.close()

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request once, and return whatever was answered. Raises OutgoingFailed.

        It is sent again only where a kept connection turns out to be closed by the other side,
        which may have read it: a receiver goes by the id of what it receives.
        """
        destination = read_destination(url, self._allow)
        watch = Watch(self._limits)
        kept = self._idle.take(destination.origin)
        if kept is not None:
            try:
                return await self._carry(kept, destination, headers, body, watch)
            except BrokenAnswer:
                if kept.read_bytes > 0:
                    raise
        connection = await self._connector.connect(destination, watch)
        return await self._carry(connection, destination, headers, body, watch)

    async def _carry(
        self,
        connection: Connection,
        destination: Destination,
        headers: Mapping[str, str],
        body: bytes,
        watch: Watch,
    ) -> Answer:
        try:
            answer = await connection.post(destination, headers, body, watch)
        except BaseException:
            connection.abort()
            raise
        self._idle.keep(destination.origin, connection)
        return answer


@cache
def _usual_authorities() -> ssl.SSLContext:
    """Load them once in a process, when TLS is first spoken: it takes 100 ms, httpx included."""
    import httpx  # noqa: PLC0415  as it says

    return httpx.create_ssl_context()
