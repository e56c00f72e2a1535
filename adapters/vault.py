"""Where the text of a QR or pairing code lives until it expires: sealed, beside the log.

The text is a credential. It is sealed with AES-256-GCM under a key that is not in the database and
bound to its account, attempt and fingerprint, so that a row moved to another account opens nothing.
"""

import secrets
from datetime import datetime
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.event_log.database import Database
from adapters.keys import Keys

Kind = Literal["qr", "pairing_code"]
NONCE_BYTES = 12
"""What GCM is made for (NIST SP 800-38D). A key may seal 2**32 codes with random ones."""


class CodeUnsealable(Exception):
    """The stored code was sealed under another master key, or somebody changed it."""


class VaultedCode(msgspec.Struct, frozen=True, kw_only=True):
    """The account's newest code; its text is None once it has expired."""

    account: str
    attempt: str
    kind: Kind
    fingerprint: str
    expires_at: datetime
    text: str | None

    def __repr__(self) -> str:
        """Keep the text out of tracebacks and logs."""
        state = "expired" if self.text is None else "valid"
        return f"VaultedCode({self.account}, {self.attempt}, {self.fingerprint}, {state})"


class Vault:
    """At most one code per account. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._cipher = AESGCM(keys.sealing)

    async def put(
        self,
        *,
        account: str,
        attempt: str,
        fingerprint: str,
        text: str,
        expires_at: datetime,
        now: datetime,
        kind: Kind = "qr",
    ) -> None:
        """Keep this code in place of the account's previous one; expired ones are deleted."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        bound = _bound_to(account, attempt, kind, fingerprint)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), bound)
        await self._database.fetch(
            "insert into qr_vault (account_id, attempt, kind, fingerprint, sealed, expires_at)"
            " values (%s, %s, %s, %s, %s, %s)"
            " on conflict (account_id) do update set attempt = excluded.attempt,"
            " kind = excluded.kind, fingerprint = excluded.fingerprint,"
            " sealed = excluded.sealed, expires_at = excluded.expires_at",
            (account, attempt, kind, fingerprint, sealed, expires_at),
        )
        await self.sweep(now)

    async def current(self, account: str, now: datetime) -> VaultedCode | None:
        """Give the account's newest code, without its text if it has expired; None if none.

        Raises CodeUnsealable.
        """
        records = await self._database.fetch(
            "select attempt, kind, fingerprint, sealed, expires_at from qr_vault"
            " where account_id = %s",
            (account,),
        )
        if not records:
            return None
        attempt, kind, fingerprint, sealed, expires_at = records[0]
        text: str | None = None
        if sealed is not None and expires_at > now:
            text = self._unseal(sealed, _bound_to(account, attempt, kind, fingerprint))
        return VaultedCode(
            account=account,
            attempt=attempt,
            kind=kind,
            fingerprint=fingerprint,
            expires_at=expires_at,
            text=text,
        )

    async def clear(self, account: str) -> None:
        """Forget the account's code: it was used, or its attempt is over."""
        await self._database.fetch("delete from qr_vault where account_id = %s", (account,))

    async def sweep(self, now: datetime) -> None:
        """Delete the texts of all codes that have expired; that they have stays known."""
        await self._database.fetch(
            "update qr_vault set sealed = null where expires_at <= %s and sealed is not null",
            (now,),
        )

    def _unseal(self, sealed: bytes, bound: bytes) -> str:
        try:
            opened = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):  # ValueError: cut off before its nonce was complete
            raise CodeUnsealable("A stored code does not open under this master key.") from None
        return opened.decode()


def _bound_to(account: str, attempt: str, kind: str, fingerprint: str) -> bytes:
    return msgspec.json.encode([account, attempt, kind, fingerprint])
