"""Sends one item to one endpoint, and says in a word how that went.

Nothing that a receiver answers is kept or shown but its status: what an address inside somebody's
network says is not for whoever may name the address (docs/decisions/outgoing-requests.md).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import msgspec

from adapters import clock
from adapters.outgoing.client import OutgoingClient
from adapters.outgoing.failures import OutgoingFailed
from adapters.webhook_endpoints import Endpoint, Secret
from app.webhooks.profile import Fill, Signing
from app.webhooks.profiles import PROFILES
from projections.feed import FeedItem

USER_AGENT = "Linkwright-Webhooks/1"
_SUCCESS = range(200, 300)
_MOST_DIGITS = 9


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How one request went. An empty error: it arrived."""

    error: str
    status: int | None
    duration_ms: int
    retry_after_s: float | None = None


Send = Callable[[FeedItem], Awaitable[Sending]]


class Sender:
    """Sends to one endpoint, signed with the secrets that are valid now."""

    def __init__(
        self,
        client: OutgoingClient,
        endpoint: Endpoint,
        secrets: list[Secret],
        now: Callable[[], datetime],
        fill: Fill | None = None,
    ) -> None:
        self._fill = fill
        self._client = client
        self._endpoint = endpoint
        self._profile = PROFILES[endpoint.profile]
        self._secrets = secrets
        self._now = now

    def tells(self, item: FeedItem) -> bool:
        """Tell whether the endpoint's profile has words for the item."""
        return self._profile.body(item) is not None

    async def send(self, item: FeedItem) -> Sending:
        """Send an item under the id that it has on every try."""
        return await self.send_as(message_id(self._endpoint.id, item.id), item)

    async def send_as(self, message: str, item: FeedItem) -> Sending:
        """Send an item under this id; one that the profile has no words for is passed over."""
        told = self._profile.body(item)
        if told is None:
            return Sending(error="", status=None, duration_ms=0)
        body, headers = told
        if self._fill is not None:
            body = await self._fill(item)
        return await self._post(message, body, headers)

    async def _post(self, message: str, body: bytes, headers: Mapping[str, str]) -> Sending:
        now = self._now()
        valid = [one for one in self._secrets if one.expires_at is None or one.expires_at > now]
        signing = Signing(
            message_id=message, at=now, body=body, secrets=[one.text for one in valid]
        )
        given = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            **headers,
            **self._profile.signed(signing),
        }
        began_s = clock.monotonic_s()
        try:
            answer = await self._client.post(self._endpoint.url, headers=given, body=body)
        except OutgoingFailed as failed:
            return Sending(error=failed.name, status=None, duration_ms=_since_ms(began_s))
        if answer.status in _SUCCESS:
            return Sending(error="", status=answer.status, duration_ms=_since_ms(began_s))
        return Sending(
            error=f"answered_{answer.status}",
            status=answer.status,
            duration_ms=_since_ms(began_s),
            retry_after_s=retry_after_s(answer.headers.get("retry-after", ""), self._now()),
        )


def message_id(endpoint_id: str, position: int) -> str:
    """Name an item for one receiver: the same on every try, so that doubles can be dropped."""
    return f"{endpoint_id.replace('whk_', 'evt_', 1)}_{position}"


def retry_after_s(given: str, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date (RFC 9110, 10.2.3); None if it is neither."""
    text = given.strip()
    if text.isascii() and text.isdecimal():
        return float(text) if len(text) <= _MOST_DIGITS else None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - now).total_seconds())


def _since_ms(began_s: float) -> int:
    return round((clock.monotonic_s() - began_s) * 1000)
