"""The bodies of the webhooks' routes."""

from typing import Annotated, Literal

import msgspec

from adapters.outgoing.destination import LONGEST
from app.http.requests import Body, Workspace
from domain.status import Status

MOST_TYPES = 100
LONGEST_OVERLAP_S = 30 * 24 * 3600
OVERLAP_S = 24 * 3600
"""As Stripe and Svix let an old secret live on."""

Url = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=LONGEST,
        description="https, on a public address: docs/reference/outgoing-requests.md.",
        examples=["https://erp.example/linkwright"],
    ),
]
Description = Annotated[
    str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=120, description="For people.")
]
ProfileName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=32,
        description="In which form it is told: docs/reference/webhooks.md.",
    ),
]
AccountFilter = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9_]{1,64}$", max_length=64, description="Only of this account."
    ),
]
Types = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], ...],
    msgspec.Meta(
        min_length=1, max_length=MOST_TYPES, description="Only these types of the feed's items."
    ),
]
Statuses = Annotated[
    tuple[Status, ...],
    msgspec.Meta(min_length=1, description="Only items that leave the account in one of these."),
]
OwnSecret = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[!-~]{16,128}$",
        max_length=128,
        description="A secret of yours. Left out, one is made, which is better.",
    ),
]
Position = Annotated[int, msgspec.Meta(ge=0, lt=10**18)]


class NewWebhook(Body, frozen=True):
    """Make an endpoint."""

    url: Url
    workspace: Workspace = "default"
    description: Description = ""
    profile: ProfileName = "standard"
    account: AccountFilter | None = None
    types: Types | None = None
    statuses: Statuses | None = None
    after: Position | None = None
    """Tell it everything behind this position of the log; null: what happens from now on."""
    secret: OwnSecret | None = None


class WebhookChange(Body, frozen=True):
    """What is left out stays as it is; null takes a filter away."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    profile: ProfileName | msgspec.UnsetType = msgspec.UNSET
    account: AccountFilter | msgspec.UnsetType | None = msgspec.UNSET
    types: Types | msgspec.UnsetType | None = msgspec.UNSET
    statuses: Statuses | msgspec.UnsetType | None = msgspec.UNSET


class SecretRotation(Body, frozen=True):
    """Let a new secret sign; the old one signs beside it for a while."""

    overlap_s: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_OVERLAP_S)] = OVERLAP_S
    secret: OwnSecret | None = None


class RedeliveryWanted(Body, frozen=True):
    """Send again what the log has from `first` to `until`; or all that was set aside there."""

    first: Position = 0
    until: Position | None = None
    """Null: up to the end of the log as it is now."""
    only: Literal["set_aside", "everything"] = "set_aside"
    """everything: whether it has arrived before or not."""
