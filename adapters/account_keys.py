"""A key of its own for every account, wrapped by the master key.

What tells of a person is sealed under it: destroying the key makes that unreadable at once,
wherever a copy of it lies. Both seals are AES-256-GCM with random nonces; a wrapped key is bound to
its account, and what is sealed to its context (docs/decisions/erasure.md).
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import LiteralString

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.event_log.database import Database
from adapters.event_log.errors import LogBusy, StorageUnavailable
from adapters.keys import Keys, KeyUnusable

KEY_BYTES = 32
NONCE_BYTES = 12
"""What GCM is made for (NIST SP 800-38D): random ones are good for 2**32 accounts, and for as many
texts of one account."""
MOST_ASKED = 4096
"""As many as may wait for an append: beyond that a caller is told at once to come back."""
TOO_LATE = "The database cannot be reached, or does not answer in time."
MOST_KEYS = 8192
"""Unwrapped keys in memory, about 1 kB each: twice the accounts that are kept folded."""

WRAPPED: LiteralString = "select account_id, wrapped from account_keys where account_id = any(%s)"
WRAPPED_OR_MADE: LiteralString = """
    with asked as (select * from unnest(%s::text[], %s::bytea[]) as a (account_id, wrapped)),
    made as (
        insert into account_keys (account_id, wrapped)
        select account_id, wrapped from asked a
        where not exists (select from account_keys k where k.account_id = a.account_id)
        order by account_id
        on conflict do nothing
        returning account_id, wrapped
    )
    select account_id, wrapped from made
    union all
    select account_id, k.wrapped from account_keys k join asked using (account_id)
"""
"""Writes nothing when all are there. Gives no row where another process was faster by a hair."""
ANY: LiteralString = (
    "select account_id, wrapped from account_keys where wrapped is not null limit 1"
)


class SealBroken(Exception):
    """It was changed, moved to another place, or sealed under another key."""


class AccountKey:
    """Seals and opens for one account; never printed."""

    def __init__(self, key: bytes | None) -> None:
        self._cipher = AESGCM(key) if key else None
        self.sealed_last: dict[str, tuple[str, str]] = {}
        """Context -> the text that was sealed there last, and what became of it: for whoever seals
        the same again. It ends with the key."""

    @property
    def broken(self) -> bool:
        """True when the stored key did not open under this master key."""
        return self._cipher is None

    def __repr__(self) -> str:
        """Keep the key out of tracebacks and logs."""
        return "AccountKey()"

    def seal(self, plain: bytes, context: str) -> bytes:
        """Seal; SealBroken under a broken key.

        It opens only with the same context: say there what it is.
        """
        if self._cipher is None:
            raise SealBroken
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Open what `seal` gave; raises SealBroken."""
        if self._cipher is None:
            raise SealBroken
        try:
            return self._cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode()
            )
        except (InvalidTag, ValueError):  # ValueError: too short to be sealed
            raise SealBroken from None


class KeyRing:
    """The unwrapped keys of the accounts that were used last. A destroyed one is None."""

    def __init__(self, keys: Keys, most: int = MOST_KEYS) -> None:
        self._wrapping = AESGCM(keys.wrapping_account_keys)
        self._most = most
        self._held: OrderedDict[str, AccountKey | None] = OrderedDict()

    def __contains__(self, account_id: str) -> bool:
        return account_id in self._held

    def get(self, account_id: str) -> AccountKey | None:
        """Give the key; None too when it is not at hand, which `in` tells apart."""
        if account_id in self._held:
            self._held.move_to_end(account_id)
        return self._held.get(account_id)

    def make(self, account_id: str) -> bytes:
        """Make a new key, as it may be stored."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = secrets.token_bytes(KEY_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, account_id.encode())

    def add(self, account_id: str, wrapped: bytes | None) -> AccountKey | None:
        """Take a stored key in and give it.

        One that is known to be destroyed stays so: a look at the table may be older than that.
        """
        if account_id in self._held and self._held[account_id] is None:
            return None
        key = None if wrapped is None else self._unwrap(account_id, wrapped)
        self._keep(account_id, key)
        return key

    def drop(self, account_id: str) -> None:
        """Hear that the account was erased: its key opens nothing here any more."""
        self._keep(account_id, None)

    def _keep(self, account_id: str, key: AccountKey | None) -> None:
        self._held[account_id] = key
        self._held.move_to_end(account_id)
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def _unwrap(self, account_id: str, wrapped: bytes) -> AccountKey:
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return AccountKey(self._wrapping.decrypt(nonce, sealed, account_id.encode()))
        except (InvalidTag, ValueError):
            return AccountKey(None)


class AccountKeys:
    """The keys in the database. Every method that waits may raise StorageUnavailable."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        # Keys are made on the way to an append, which must not wait behind readers.
        self._writing = database.separate(size=1)
        self._ring = KeyRing(keys)
        self._turn = asyncio.Lock()
        self._asked: set[str] = set()

    async def close(self) -> None:
        """Close the connection; the database that was handed in stays open."""
        await self._writing.close()

    async def of(self, account_id: str) -> AccountKey | None:
        """Give the account's key, made when it is first needed; None for ever once destroyed.

        Whoever asks while others are being looked up shares one statement and one commit with all
        that do. LogBusy when too many ask.
        """
        if account_id in self._ring:
            return self._ring.get(account_id)
        if len(self._asked) >= MOST_ASKED:
            raise LogBusy
        self._asked.add(account_id)
        try:
            async with asyncio.timeout(self._writing.limit_s), self._turn:
                while account_id not in self._ring:
                    asked, self._asked = self._asked | {account_id}, set()
                    await self._take_in(sorted(asked))
        except TimeoutError:
            raise StorageUnavailable(TOO_LATE) from None
        return self._ring.get(account_id)

    async def of_many(self, account_ids: Iterable[str]) -> Mapping[str, AccountKey]:
        """Give those that exist, with one query for all that are not at hand."""
        wanted = set(account_ids)
        missing = [account_id for account_id in wanted if account_id not in self._ring]
        found = {account_id: self._ring.get(account_id) for account_id in wanted}
        if missing:
            for account_id, wrapped in await self._database.fetch(WRAPPED, (missing,)):
                found[account_id] = self._ring.add(account_id, wrapped)
        return {account_id: key for account_id, key in found.items() if key is not None}

    async def _take_in(self, account_ids: Sequence[str]) -> None:
        made = [self._ring.make(account_id) for account_id in account_ids]
        values = (list(account_ids), made)
        for account_id, wrapped in await self._writing.fetch(WRAPPED_OR_MADE, values):
            self._ring.add(account_id, wrapped)

    def drop(self, account_id: str) -> None:
        """Hear that the account was erased: its key opens nothing here any more."""
        self._ring.drop(account_id)


async def check_master_key(database: Database, keys: Keys) -> None:
    """See that this master key is the one that the accounts are sealed under.

    Raises KeyUnusable or StorageUnavailable.
    """
    for account_id, wrapped in await database.fetch(ANY):
        key = KeyRing(keys).add(account_id, wrapped)
        if key is not None and key.broken:
            raise KeyUnusable(
                "The accounts in this database were sealed under another master key. Start with"
                " that one; without it phone numbers, names and labels stay unreadable."
            )


class MemoryAccountKeys:
    """The keys in memory, for the log in memory; nothing waits."""

    def __init__(self) -> None:
        self._keys: dict[str, AccountKey | None] = {}

    async def of(self, account_id: str) -> AccountKey | None:
        """Give the account's key, made when it is first needed; None for ever once destroyed."""
        if account_id not in self._keys:
            self._keys[account_id] = AccountKey(secrets.token_bytes(KEY_BYTES))
        return self._keys[account_id]

    async def of_many(self, account_ids: Iterable[str]) -> Mapping[str, AccountKey]:
        """Give those that exist."""
        found = {account_id: self._keys.get(account_id) for account_id in account_ids}
        return {account_id: key for account_id, key in found.items() if key is not None}

    def drop(self, account_id: str) -> None:
        """Destroy the key: nothing but this held it."""
        self._keys[account_id] = None
