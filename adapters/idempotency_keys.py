"""What clients' Idempotency-Keys were taken for, and the answers that the log cannot tell.

A request that goes through the log takes its key in the append's transaction, and its answer is
told again from the log. Any other takes it here before it begins; its answer is kept sealed. All
times are the database's, so that processes agree on what is too old.
"""

import secrets
from datetime import timedelta
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.event_log.database import Database
from adapters.event_log.interface import Claim
from adapters.keys import Keys

NONCE_BYTES = 12
"""What GCM is made for (NIST SP 800-38D)."""
SWEPT_AT_ONCE = 500
"""Deleted in one statement: some milliseconds."""


class AnswerUnsealable(Exception):
    """The kept answer was sealed under another master key, or somebody changed it."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a key was taken for."""

    request: str
    stream: str
    """Empty where the request does not go through the log."""
    input_id: int
    answer: bytes | None
    mine: bool = False
    """The caller has just taken it and is to carry the request out."""
    running: bool = False
    """Somebody is carrying the request out, or was a moment ago."""


class IdempotencyKeys:
    """Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, keys: Keys, kept_s: float) -> None:
        self._database = database
        self._cipher = AESGCM(keys.sealing)
        self._kept = timedelta(seconds=kept_s)

    async def find(self, claim: Claim) -> Known | None:
        """Give what a key was taken for; None while it is free. One that is too old becomes so."""
        records = await self._database.fetch(
            "select k.request, k.stream, k.input_id, a.sealed,"
            " k.claimed_at < clock_timestamp() - %s from idempotency_keys k"
            " left join idempotent_answers a on a.owner = k.owner and a.key = k.key"
            " where k.owner = %s and k.key = %s",
            (self._kept, claim.owner, claim.key),
        )
        if not records:
            return None
        request, stream, input_id, sealed, too_old = records[0]
        if too_old:
            await self._forget(claim)
            return None
        return Known(
            request=request, stream=stream, input_id=input_id, answer=self._open(sealed, claim)
        )

    async def begin(self, claim: Claim, runner: UUID, limit_s: float, *, again: bool) -> Known:
        """Take the key for `runner`, or tell what it was taken for.

        Whoever has not answered within `limit_s` has given up; with `again` it is then taken over.
        """
        records = await self._database.fetch(
            "select * from begin_request(%s, %s, %s, %s, %s, %s, %s)",
            (
                claim.owner,
                claim.key,
                claim.request,
                runner,
                self._kept,
                timedelta(seconds=limit_s),
                again,
            ),
        )
        request, stream, input_id, sealed, mine, running = records[0]
        return Known(
            request=request,
            stream=stream,
            input_id=input_id,
            answer=self._open(sealed, claim),
            mine=mine,
            running=running,
        )

    async def keep(self, claim: Claim, answer: bytes) -> bytes:
        """Keep the answer, and give the one that is kept: the first counts."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, answer, _bound_to(claim))
        records = await self._database.fetch(
            "insert into idempotent_answers as a (owner, key, sealed)"
            " select owner, key, %s from idempotency_keys where owner = %s and key = %s"
            " on conflict (owner, key) do update set sealed = coalesce(a.sealed, excluded.sealed)"
            " returning a.sealed",
            (sealed, claim.owner, claim.key),
        )
        kept = self._open(records[0][0], claim) if records else None
        return answer if kept is None else kept  # None: so late that the key is free again

    async def release(self, claim: Claim, runner: UUID) -> None:
        """Free a key whose request has done nothing."""
        await self._database.fetch(
            "delete from idempotency_keys k using idempotent_answers a"
            " where k.owner = %s and k.key = %s and a.owner = k.owner and a.key = k.key"
            " and a.runner = %s and a.sealed is null",
            (claim.owner, claim.key, runner),
        )

    async def sweep(self) -> int:
        """Free keys that are too old, with their answers; gives how many, 0 when none is left."""
        records = await self._database.fetch(
            "delete from idempotency_keys k using ("
            " select owner, key from idempotency_keys"
            " where claimed_at < clock_timestamp() - %s order by claimed_at limit %s"
            ") old where k.owner = old.owner and k.key = old.key returning 1",
            (self._kept, SWEPT_AT_ONCE),
        )
        return len(records)

    async def _forget(self, claim: Claim) -> None:
        await self._database.fetch(
            "delete from idempotency_keys where owner = %s and key = %s"
            " and claimed_at < clock_timestamp() - %s",
            (claim.owner, claim.key, self._kept),
        )

    def _open(self, sealed: bytes | None, claim: Claim) -> bytes | None:
        if sealed is None:
            return None
        try:
            return self._cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(claim)
            )
        except (InvalidTag, ValueError):  # ValueError: cut off before its nonce was complete
            message = "A kept answer does not open under this master key."
            raise AnswerUnsealable(message) from None


def _bound_to(claim: Claim) -> bytes:
    """An answer under another key, or of another owner, opens nothing."""
    return msgspec.json.encode(["idempotent answer", claim.owner, claim.key])
