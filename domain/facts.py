"""What has happened beside the lifecycle: these events never change the status.

The rules of `events` hold here too: names and fields are for ever.
"""

from datetime import datetime
from typing import Literal

from domain.events import AccountEvent, AttemptEvent
from domain.reasons import Reason


class PrimaryChosen(AccountEvent, frozen=True, kw_only=True):
    """The workspace made this account its primary, by this version of its own story."""

    workspace_version: int = 0


class PrimaryWithdrawn(AccountEvent, frozen=True, kw_only=True):
    """Another account is the workspace's primary now, by this version of its own story."""

    workspace_version: int = 0


class AccountErased(AccountEvent, frozen=True, kw_only=True):
    """The key of all that tells of a person here is destroyed: number, name and label are gone."""


class ReconnectCalledOff(AttemptEvent, frozen=True, kw_only=True):
    """The account was stopped while it waited for its next reconnect: there is none any more."""


class SessionSealed(AttemptEvent, frozen=True, kw_only=True):
    """The session was packed and sealed; digest of the sealed bytes, and their size."""

    digest: str
    size_bytes: int


class SealingFailed(AttemptEvent, frozen=True, kw_only=True):
    """The session could not be sealed; it is only where the browser has it."""

    reason: Reason
    detail: str = ""


class StandbyRequested(AttemptEvent, frozen=True, kw_only=True):
    """A standby is being prepared from the sealed session."""

    digest: str = ""
    """Of the sealed session; empty in stories from before it was named."""


class StandbyReady(AttemptEvent, frozen=True, kw_only=True):
    """The standby has proved that it can open the sealed session."""

    digest: str = ""
    renewed: bool = False
    """It was ready before, with an older sealed session."""


class StandbyFailed(AttemptEvent, frozen=True, kw_only=True):
    """The standby could not be prepared; it is tried again at `retry_at`."""

    reason: Reason
    retry_at: datetime
    detail: str = ""


class StandbyPromoted(AttemptEvent, frozen=True, kw_only=True):
    """The standby takes the session over from the primary; a ReconnectStarted follows at once."""

    because: Literal["send_failed", "connection_lost", "client"]


class WebhookSilent(AttemptEvent, frozen=True, kw_only=True):
    """What happens in this attempt does not reach a webhook; told once until it does again."""

    endpoint: str
    since: datetime
    """When the first of the tries failed."""
    error: str


class WebhookHeard(AccountEvent, frozen=True, kw_only=True):
    """The webhook takes what it is told of this account again, from where it had stopped."""

    endpoint: str


class EvidenceKept(AttemptEvent, frozen=True, kw_only=True):
    """Evidence of a failure is stored beside the log under its content hash."""

    kind: Literal["screenshot", "console", "browser"]
    digest: str
    size_bytes: int
