"""How long each phase of a request may take, and how much of an answer is read."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from adapters.outgoing.failures import Phase, TooSlow


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Receivers are asked for a quick 2xx: Standard Webhooks and Svix give 15 s for everything."""

    dns_s: float = 5.0
    """As long as a resolver waits for its first name server."""
    connect_s: float = 5.0
    tls_s: float = 5.0
    send_s: float = 10.0
    answer_s: float = 15.0
    """Until the head of the answer is there."""
    body_s: float = 5.0
    """The answer counts once its head is there; what follows is only for the delivery log."""
    total_s: float = 15.0
    head_bytes: int = 16 * 1024
    """As much as nginx and Apache send and take at the most."""
    body_bytes: int = 64 * 1024
    """Read so that the connection can be used again; a longer answer closes it."""
    kept_bytes: int = 2 * 1024
    """Enough for a framework's sentence about what went wrong."""

    def of(self, phase: Phase) -> float:
        """Return the seconds that a phase may take."""
        seconds: float = getattr(self, f"{phase}_s")
        return seconds


class Watch:
    """The time that one request has left."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._ends_at_s = asyncio.get_running_loop().time() + limits.total_s

    @asynccontextmanager
    async def phase(self, phase: Phase) -> AsyncGenerator[None]:
        """Raise TooSlow where what is inside takes longer than its phase or the rest of it all."""
        now_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(now_s + self.limits.of(phase), self._ends_at_s)):
                yield
        except TimeoutError as error:
            raise TooSlow(phase) from error
