"""Evidence of failures: found by the hash of its content, sealed, limited in size and age."""

import hashlib
from datetime import datetime
from typing import Literal, LiteralString

import msgspec

from adapters.account_keys import AccountKeys, SealBroken
from adapters.event_log.database import Database

Kind = Literal["screenshot", "console", "browser"]

MOST_BYTES: dict[Kind, int] = {"screenshot": 256 * 1024, "console": 64 * 1024, "browser": 4 * 1024}
"""A covered JPEG of a page takes 20 to 60 kB, the records of an attempt 20 to 50 kB
(browser-findings 6)."""
MOST_PIECES = 60
"""Of one account, the newest: twenty failures with three pieces each."""
SWEPT_AT_ONCE = 1000
SEAL_BYTES = 12 + 16
"""By how much AES-GCM's nonce and tag make a sealed piece longer (account_keys.py)."""

# The same content again is the same piece, and as old as its last sight. A process that has not
# heard that the account was erased still holds its key: the table knows better.
KEEP: LiteralString = """
    with kept as (
        insert into evidence (account_id, digest, kind, attempt, sealed, kept_at)
        select k.account_id, %(digest)s, %(kind)s, %(attempt)s, %(sealed)s, %(now)s
        from account_keys k where k.account_id = %(account)s and k.wrapped is not null
        on conflict (account_id, digest) do update
            set attempt = excluded.attempt, kept_at = excluded.kept_at
        returning 1
    ), most as (
        delete from evidence where (account_id, digest) in (
            select account_id, digest from evidence
            where account_id = %(account)s and digest <> %(digest)s
            order by kept_at desc, digest offset %(others)s
        )
    )
    select count(*) from kept
"""
FIND: LiteralString = """
    select kind, attempt, sealed, kept_at from evidence
    join account_keys using (account_id)
    where account_id = %s and digest = %s and wrapped is not null
"""
LIST: LiteralString = """
    select digest, kind, attempt, kept_at, octet_length(sealed) from evidence
    join account_keys using (account_id)
    where account_id = %s and wrapped is not null order by kept_at, digest
"""
SWEEP: LiteralString = """
    with gone as (
        delete from evidence where (account_id, digest) in (
            select account_id, digest from evidence where kept_at < %(before)s
            union
            select account_id, digest from evidence join account_keys using (account_id)
            where wrapped is null
            limit %(most)s
        ) returning 1
    )
    select count(*) from gone
"""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence."""

    kind: Kind
    attempt: str
    content: bytes
    """JPEG for a screenshot; JSON for the console and the browser."""
    kept_at: datetime


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A piece that is there, without its content."""

    digest: str
    kind: Kind
    attempt: str
    """The last one that it was seen in."""
    size_bytes: int
    kept_at: datetime


def digest_of(content: bytes) -> str:
    """Give the name of a piece: the hexadecimal SHA-256 of its content."""
    return hashlib.sha256(content).hexdigest()


class EvidenceStore:
    """Evidence in the database. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, account_keys: AccountKeys) -> None:
        self._database = database
        self.account_keys = account_keys

    async def keep(
        self, account_id: str, attempt: str, kind: Kind, content: bytes, now: datetime
    ) -> str | None:
        """Keep a piece and give its digest; None when it is too large or the account erased."""
        if len(content) > MOST_BYTES[kind]:
            return None
        key = await self.account_keys.of(account_id)
        if key is None or key.broken:
            return None
        digest = digest_of(content)
        sealed = key.seal(content, _context(kind, digest))
        values = {
            "account": account_id,
            "digest": digest,
            "kind": kind,
            "attempt": attempt,
            "sealed": sealed,
            "now": now,
            "others": MOST_PIECES - 1,
        }
        kept = (await self._database.fetch(KEEP, values))[0][0]
        return digest if kept else None

    async def find(self, account_id: str, digest: str) -> Piece | None:
        """Give a piece; None when it is not kept any more, or cannot be opened."""
        found = await self._database.fetch(FIND, (account_id, digest))
        keys = await self.account_keys.of_many([account_id])
        if not found or account_id not in keys:
            return None
        kind, attempt, sealed, kept_at = found[0]
        try:
            content = keys[account_id].open(bytes(sealed), _context(kind, digest))
        except SealBroken:
            return None
        return Piece(kind=kind, attempt=attempt, content=content, kept_at=kept_at)

    async def of_account(self, account_id: str) -> tuple[Kept, ...]:
        """List what is kept of an account, oldest first."""
        return tuple(
            Kept(
                digest=digest,
                kind=kind,
                attempt=attempt,
                size_bytes=sealed_bytes - SEAL_BYTES,
                kept_at=kept_at,
            )
            for digest, kind, attempt, kept_at, sealed_bytes in await self._database.fetch(
                LIST, (account_id,)
            )
        )

    async def sweep(self, before: datetime) -> int:
        """Delete what was kept before, and what is left of erased accounts.

        Gives how many, at most SWEPT_AT_ONCE.
        """
        values = {"before": before, "most": SWEPT_AT_ONCE}
        return (await self._database.fetch(SWEEP, values))[0][0]


def _context(kind: str, digest: str) -> str:
    return f"evidence:{kind}:{digest}"
