"""Where kept sessions lie: sealed under their account's key, one for each account, the newest.

Only whoever opened the account last may write (`claim`): a worker that was cut off from the
database and comes back cannot put an old session over a newer one.
"""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import LiteralString, Protocol

import msgspec

from adapters.account_keys import SealBroken
from adapters.event_log.database import Database

CLAIM: LiteralString = """
    insert into sealed_sessions as kept (account_id, holder) values (%(account)s, %(holder)s)
    on conflict (account_id) do update set
        -- Asked twice, it answers the same: the statement may have been sent again.
        earlier_holder = case when kept.holder = excluded.holder
            then kept.earlier_holder else kept.holder end,
        holder = excluded.holder
    returning earlier_holder
"""
READ: LiteralString = """
    select kept.attempt, copy.sealed from sealed_sessions kept
    left join session_copies copy on copy.copy_id = kept.copy_id
    where kept.account_id = %s and kept.copy_id is not null
"""
ADD: LiteralString = """
    insert into session_copies (copy_id, account_id, sealed)
    values (%(copy)s, %(account)s, %(sealed)s) on conflict do nothing
"""
CHOOSE: LiteralString = """
    update sealed_sessions
    set copy_id = %(copy)s, attempt = %(attempt)s, digest = %(digest)s, size_bytes = %(size)s,
        sealed_at = %(at)s
    where account_id = %(account)s and holder = %(holder)s
        -- A session that has ended meanwhile took the copy with it.
        and exists (select from session_copies where copy_id = %(copy)s)
    returning account_id
"""
DROP_OTHERS: LiteralString = """
    delete from session_copies other using sealed_sessions kept
    where kept.account_id = %(account)s and kept.holder = %(holder)s
        and other.account_id = kept.account_id and other.copy_id <> kept.copy_id
"""
DROP: LiteralString = "delete from session_copies where copy_id = %s"
FORGET: LiteralString = """
    with ended as (
        update sealed_sessions
        set copy_id = null, attempt = null, digest = null, size_bytes = null, sealed_at = null,
            earlier_holder = null, holder = 'forgotten'
        where account_id = %(account)s
    )
    delete from session_copies where account_id = %(account)s
"""
HOLDERS: LiteralString = "select account_id, holder from sealed_sessions where account_id = any(%s)"
KEPT: LiteralString = "select account_id from sealed_sessions where copy_id is not null"


class NotHeld(Exception):
    """Somebody else has opened the account since, or its session was ended; nothing was written."""


class Seal(Protocol):
    """An account's key."""

    def seal(self, plain: bytes, context: str) -> bytes:
        """Seal; it opens only with the same context."""
        ...

    def open(self, sealed: bytes, context: str) -> bytes:
        """Open; raises SealBroken."""
        ...


KeyOf = Callable[[str], Awaitable[Seal | None]]
"""Gives an account's key; None once it was destroyed."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What the one before has left."""

    earlier_holder: str | None
    """Under which word it was opened before; None: never."""
    packed: bytes | None = None
    unreadable: bool = False
    """There is one, and it does not open: it was damaged or its key is gone."""

    def __repr__(self) -> str:
        """Keep the session out of tracebacks and logs."""
        return f"Claimed({self.earlier_holder}, unreadable={self.unreadable})"


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """A session that was sealed: digest of the sealed bytes, and how many they are."""

    digest: str
    size_bytes: int


class KeptSessions:
    """Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, key_of: KeyOf) -> None:
        self._database = database
        self._key_of = key_of

    async def claim(self, account: str, holder: str) -> Claimed:
        """Become the only one who may write the account's session; give the newest one.

        `holder` is a random word. Nobody can write under an earlier one from now on.
        """
        rows = await self._database.fetch(CLAIM, {"account": account, "holder": holder})
        earlier: str | None = rows[0][0]
        try:
            packed = await self.read(account)
        except SealBroken:
            return Claimed(earlier_holder=earlier, unreadable=True)
        return Claimed(earlier_holder=earlier, packed=packed)

    async def read(self, account: str) -> bytes | None:
        """Give the newest session without becoming its holder; None when none is kept.

        Raises SealBroken when it does not open.
        """
        rows = await self._database.fetch(READ, (account,))
        if not rows:
            return None
        attempt, sealed = rows[0]
        key = await self._key_of(account)
        if key is None or sealed is None:
            raise SealBroken
        return key.open(sealed, _context(account, attempt))

    async def put(
        self, account: str, holder: str, attempt: str, packed: bytes, at: datetime
    ) -> Put:
        """Seal a session in place of the one before. Raises NotHeld."""
        key = await self._key_of(account)
        if key is None:
            raise NotHeld("the account was erased")
        sealed = key.seal(packed, _context(account, attempt))
        digest = hashlib.sha256(sealed).hexdigest()
        copy = uuid.uuid4()
        values = {
            "account": account,
            "holder": holder,
            "copy": copy,
            "attempt": attempt,
            "digest": digest,
            "size": len(sealed),
            "sealed": sealed,
            "at": at,
        }
        await self._database.fetch(ADD, values)
        if not await self._database.fetch(CHOOSE, values):
            await self._database.fetch(DROP, (copy,))
            raise NotHeld("somebody else has opened the account since")
        await self._database.fetch(DROP_OTHERS, values)
        return Put(digest=digest, size_bytes=len(sealed))

    async def forget(self, account: str) -> None:
        """Delete the account's session; whoever held it cannot bring it back."""
        await self._database.fetch(FORGET, {"account": account})

    async def holders(self, accounts: Sequence[str]) -> dict[str, str]:
        """Tell who holds these accounts; those that nobody has opened are missing."""
        return dict(await self._database.fetch(HOLDERS, (list(accounts),)))

    async def kept(self) -> list[str]:
        """Name the accounts that have a session here."""
        return [account for (account,) in await self._database.fetch(KEPT)]


def _context(account: str, attempt: str) -> str:
    """A row that was moved to another account, or to another attempt, opens nothing."""
    return f"session/1 {account} {attempt}"
