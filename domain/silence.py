"""Whether what happens in an account reaches the webhooks of its workspace."""

from msgspec.structs import replace

from domain import facts as f
from domain.account import Account
from domain.decision import Decision, Ignored
from domain.observations import RecordWebhookHeard, RecordWebhookSilent
from domain.status import LINKING

MOST_SILENT = 20
"""As many as a workspace may have; of deleted ones, which are never heard again, the oldest go."""


def recorded(account: Account, command: RecordWebhookSilent | RecordWebhookHeard) -> Decision:
    """Decide what is known of a webhook: each outage is told once, each end of one too."""
    silent = command.endpoint in account.silent_webhooks
    if isinstance(command, RecordWebhookHeard):
        if not silent:
            return Ignored("already_so")
        return [f.WebhookHeard(at=command.at, endpoint=command.endpoint)]
    if account.status not in LINKING:
        return Ignored("attempt_over")
    if silent:
        return Ignored("already_so")
    told = f.WebhookSilent(
        at=command.at,
        attempt=command.attempt,
        endpoint=command.endpoint,
        since=command.since,
        error=command.error,
    )
    return [told]


def silent(account: Account, event: f.WebhookSilent) -> Account:
    """Fold an outage."""
    webhooks = (*account.silent_webhooks, event.endpoint)
    return replace(account, silent_webhooks=webhooks[-MOST_SILENT:])


def heard(account: Account, event: f.WebhookHeard) -> Account:
    """Fold the end of an outage."""
    left = tuple(one for one in account.silent_webhooks if one != event.endpoint)
    return replace(account, silent_webhooks=left)
