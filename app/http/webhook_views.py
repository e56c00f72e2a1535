"""What the API answers about webhooks. An address is shown, a secret only when it is made."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from adapters.webhook_endpoints import Disabled, Endpoint, Secret
from adapters.webhook_outbox import Held, LoggedTry, Outcome, Redelivery
from app.webhooks.sending import message_id
from domain.status import Status

DISABLED_SENTENCES: dict[Disabled, str] = {
    "asked": "It was disabled by somebody.",
    "gone": "It answered 410 Gone, which means that it wants no more.",
    "failing": "It took nothing for five days.",
}
"""What to say of an endpoint that is disabled."""


class DisabledView(msgspec.Struct, frozen=True, kw_only=True):
    """Why and since when nothing is delivered. Its place in the log is kept."""

    reason: Literal["asked", "gone", "failing"]
    sentence: str
    since: datetime


class SecretView(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that signs now, without its text."""

    id: str
    created_at: datetime
    expires_at: datetime | None


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint."""

    id: str
    workspace: str
    url: str
    description: str
    profile: str
    account: str | None
    types: tuple[str, ...] | None
    statuses: tuple[Status, ...] | None
    enabled: bool
    disabled: DisabledView | None
    position: int
    """Up to here it has been told everything, but for accounts that are held up."""
    behind: int
    """Positions of the log that it has not come to yet."""
    held_up: int
    """Accounts whose next item did not arrive and is tried again; others go on meanwhile."""
    set_aside: int
    """Items that were given up, and can be sent again."""
    delivered: int
    failed_tries: int
    delivered_at: datetime | None
    failing_since: datetime | None
    """Nothing has arrived since."""
    last_error: str
    created_at: datetime
    updated_at: datetime


class HeldUpView(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is held up at one endpoint."""

    account: str
    position: int
    tries: int
    next_at: datetime
    error: str


class RedeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asked to be sent again."""

    id: str
    asked_at: datetime
    only: Literal["set_aside", "everything"]
    position: int
    """The first position that is still to be sent."""
    until: int
    delivered: int
    failed: int
    done_at: datetime | None


class WebhookDetail(WebhookView, frozen=True, kw_only=True):
    """One endpoint by itself."""

    secrets: tuple[SecretView, ...]
    held_up_first: tuple[HeldUpView, ...]
    """Those whose turn comes first."""
    redeliveries: tuple[RedeliveryView, ...]
    """The newest first."""


class WebhookAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint; the secret only in the answer that made it, and never again."""

    webhook: WebhookDetail
    secret: str | None = None


class WebhookList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the endpoints, oldest first."""

    webhooks: tuple[WebhookView, ...]
    next_cursor: str | None


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """One try. Nothing that was sent or answered is kept."""

    id: int
    message_id: str
    """The `webhook-id`: the same on every try of an item."""
    position: int
    account: str
    type: str
    at: datetime
    try_number: int
    outcome: Outcome
    status: int | None
    error: str
    duration_ms: int
    next_at: datetime | None
    redelivery: str | None


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the delivery log, newest first."""

    deliveries: tuple[DeliveryView, ...]
    next_cursor: int | None


class TestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How the test went."""

    message_id: str
    delivered: bool
    status: int | None
    error: str
    duration_ms: int


class RedeliveryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What will be sent again."""

    redelivery: RedeliveryView


def webhook_view(endpoint: Endpoint, head: int) -> WebhookView:
    """Show an endpoint beside the end of the log."""
    return msgspec.convert(_shown(endpoint, head), WebhookView)


def webhook_detail(
    endpoint: Endpoint,
    head: int,
    *,
    secrets: Sequence[Secret],
    held: Sequence[Held],
    redeliveries: Sequence[Redelivery],
) -> WebhookDetail:
    """Show an endpoint with all that is known of it."""
    more = {
        "secrets": [
            SecretView(id=one.id, created_at=one.created_at, expires_at=one.expires_at)
            for one in secrets
        ],
        "held_up_first": [
            HeldUpView(
                account=one.account_id,
                position=one.position,
                tries=one.tries,
                next_at=one.next_at,
                error=one.error,
            )
            for one in held
        ],
        "redeliveries": [redelivery_view(one) for one in redeliveries],
    }
    return msgspec.convert(_shown(endpoint, head) | more, WebhookDetail)


def redelivery_view(one: Redelivery) -> RedeliveryView:
    """Show what is sent again."""
    return RedeliveryView(
        id=one.id,
        asked_at=one.asked_at,
        only="set_aside" if one.only_set_aside else "everything",
        position=one.position,
        until=one.until,
        delivered=one.delivered,
        failed=one.failed,
        done_at=one.done_at,
    )


def delivery_view(endpoint_id: str, one: LoggedTry) -> DeliveryView:
    """Show a line of the delivery log."""
    return DeliveryView(
        id=one.id,
        message_id=message_id(endpoint_id, one.position),
        position=one.position,
        account=one.account_id,
        type=one.type,
        at=one.at,
        try_number=one.number,
        outcome=one.outcome,
        status=one.status,
        error=one.error,
        duration_ms=one.duration_ms,
        next_at=one.next_at,
        redelivery=one.redelivery,
    )


def _shown(endpoint: Endpoint, head: int) -> dict[str, object]:
    names = set(WebhookView.__struct_fields__) & set(Endpoint.__struct_fields__) - {"disabled"}
    disabled = None
    if endpoint.disabled and endpoint.disabled_at is not None:
        sentence = DISABLED_SENTENCES[endpoint.disabled]
        disabled = DisabledView(
            reason=endpoint.disabled, sentence=sentence, since=endpoint.disabled_at
        )
    shown: dict[str, object] = {name: getattr(endpoint, name) for name in names}
    return shown | {
        "account": endpoint.account_id,
        "enabled": not endpoint.disabled,
        "disabled": disabled,
        "behind": max(0, head - endpoint.position),
        "held_up": endpoint.held,
    }
