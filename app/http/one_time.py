"""Secrets that work once: tickets for a stream, and links for an end user.

They live in this process only, as digests. A restart makes them void, which costs a new ticket, or
a new link from whoever sent it; a stored one could be used twice after a restore.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec

TICKET_S = 30
"""From asking for a ticket to opening the stream takes a browser milliseconds."""
LINK_S = 3600
LONGEST_LINK_S = 86_400
MOST_HELD = 10_000
"""Unused secrets at once: about 5 MB."""


class TooManyHeld(Exception):
    """So many are unused that no more are made."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a one-time secret is good for."""

    key_id: str
    """The API key that asked for it."""
    account_id: str | None = None
    workspace: str | None = None
    expires_at: datetime


class OneTimeSecrets:
    """Gives secrets out and takes each back once."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._grants: dict[bytes, Grant] = {}

    def give(
        self,
        life_s: float,
        now: datetime,
        *,
        key_id: str,
        account_id: str | None = None,
        workspace: str | None = None,
    ) -> tuple[str, Grant]:
        """Make a secret; TooManyHeld when nobody uses them."""
        if len(self._grants) >= MOST_HELD:
            self._grants = {d: grant for d, grant in self._grants.items() if grant.expires_at > now}
        if len(self._grants) >= MOST_HELD:
            message = f"{MOST_HELD} of them are unused"
            raise TooManyHeld(message)
        secret = f"{self._prefix}_{secrets.token_urlsafe(32)}"
        grant = Grant(
            key_id=key_id,
            account_id=account_id,
            workspace=workspace,
            expires_at=now + timedelta(seconds=life_s),
        )
        self._grants[_digest(secret)] = grant
        return secret, grant

    def redeem(self, secret: str, now: datetime) -> Grant | None:
        """Use a secret up; None when there is no such one, or not any more."""
        grant = self._grants.pop(_digest(secret), None)
        return grant if grant is not None and grant.expires_at > now else None


def _digest(secret: str) -> bytes:
    """Look up by digest: comparing it leaks nothing about the secret."""
    return hashlib.sha256(secret.encode()).digest()
