"""What has happened in a workspace: who holds which phone number, and who is the primary.

A workspace has a stream of its own. The rules of `events` hold here too: names are for ever.
"""

from datetime import datetime
from typing import Literal

import msgspec


class WorkspaceEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common to every event of a workspace."""

    at: datetime
    heard: int = 0
    """Position of the account's event that led to this one."""


class PhoneClaimed(WorkspaceEvent, frozen=True, kw_only=True):
    """The account is READY and holds this number (by keyed fingerprint)."""

    account: str
    phone_fingerprint: str
    link: str = ""
    """The account's link that holds it."""


class PhoneClaimMoved(WorkspaceEvent, frozen=True, kw_only=True):
    """Account `to` linked the number that `account` held: the claim moves, the older one ends."""

    account: str
    to: str
    phone_fingerprint: str
    link: str = ""
    """The older account's link, which lost the number."""
    to_link: str = ""


class PhoneReleased(WorkspaceEvent, frozen=True, kw_only=True):
    """The account holds no number any more."""

    account: str
    because: Literal["logged_out", "destroyed", "other_number"]


class ReadinessLost(WorkspaceEvent, frozen=True, kw_only=True):
    """The account is not READY now, but keeps its number."""

    account: str


class PrimaryAssigned(WorkspaceEvent, frozen=True, kw_only=True):
    """The account is the workspace's primary."""

    account: str
    because: Literal["first_ready", "longest_ready"]
    earlier: str | None = None
    """The account that was the primary until now."""


class PrimaryVacated(WorkspaceEvent, frozen=True, kw_only=True):
    """The primary was destroyed and no account is READY to follow it."""

    account: str


WORKSPACE_EVENTS: dict[str, type[WorkspaceEvent]] = {
    event.__name__: event
    for event in (
        PhoneClaimed,
        PhoneClaimMoved,
        PhoneReleased,
        ReadinessLost,
        PrimaryAssigned,
        PrimaryVacated,
    )
}
"""Topic -> event, for every event of a workspace."""
