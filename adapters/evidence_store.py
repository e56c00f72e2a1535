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

KEEP: LiteralString = """
    with kept as (
        insert into evidence (account_id, digest, kind, attempt, sealed, kept_at)
        values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning digest
    )
    delete from evidence where (account_id, digest) in (
        select account_id, digest from evidence where account_id = %s
        order by kept_at desc, digest offset %s
    )
"""
FIND: LiteralString = (
    "select kind, attempt, sealed, kept_at from evidence where account_id = %s and digest = %s"
)
SWEEP: LiteralString = """
    with old as (
        delete from evidence where (account_id, digest) in (
            select account_id, digest from evidence where kept_at < %s order by kept_at limit %s
        ) returning 1
    )
    select count(*) from old
"""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence."""

    kind: Kind
    attempt: str
    content: bytes
    """JPEG for a screenshot; JSON for the console and the browser."""
    kept_at: datetime


def digest_of(content: bytes) -> str:
    """Give the name of a piece: the hexadecimal SHA-256 of its content."""
    return hashlib.sha256(content).hexdigest()


class EvidenceStore:
    """Evidence in the database. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, account_keys: AccountKeys) -> None:
        self._database = database
        self._account_keys = account_keys

    async def keep(
        self, account_id: str, attempt: str, kind: Kind, content: bytes, now: datetime
    ) -> str | None:
        """Keep a piece and give its digest; None when it is too large or the account erased."""
        if len(content) > MOST_BYTES[kind]:
            return None
        key = await self._account_keys.of(account_id)
        if key is None or key.broken:
            return None
        digest = digest_of(content)
        sealed = key.seal(content, _context(kind, digest))
        # One is about to come: room for all but one of the others.
        values = (account_id, digest, kind, attempt, sealed, now, account_id, MOST_PIECES - 1)
        await self._database.fetch(KEEP, values)
        return digest

    async def find(self, account_id: str, digest: str) -> Piece | None:
        """Give a piece; None when it is not kept any more, or cannot be opened."""
        found = await self._database.fetch(FIND, (account_id, digest))
        keys = await self._account_keys.of_many([account_id])
        if not found or account_id not in keys:
            return None
        kind, attempt, sealed, kept_at = found[0]
        try:
            content = keys[account_id].open(bytes(sealed), _context(kind, digest))
        except SealBroken:
            return None
        return Piece(kind=kind, attempt=attempt, content=content, kept_at=kept_at)

    async def delete(self, account_id: str) -> None:
        """Delete all of an account's."""
        await self._database.fetch("delete from evidence where account_id = %s", (account_id,))

    async def sweep(self, before: datetime) -> int:
        """Delete what was kept before; give how many, at most SWEPT_AT_ONCE."""
        return (await self._database.fetch(SWEEP, (before, SWEPT_AT_ONCE)))[0][0]


def _context(kind: str, digest: str) -> str:
    return f"evidence:{kind}:{digest}"
