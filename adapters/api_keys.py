"""Keys of API clients: shown once, stored as a keyed hash.

A key is `lw_`, 43 letters and digits (256 random bits), and 6 more that check them: a typo is told
apart from a key that never was, without asking the database.
"""

import hmac
import secrets
import string
import zlib
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from adapters.keys import Keys

PREFIX = "lw_"
KEY_BITS = 256
DIGITS = string.digits + string.ascii_letters
KEY_DIGITS = 43
"""62**43 is the first power of 62 above 2**256."""
CHECK_DIGITS = 6
"""62**6 holds every CRC-32."""
LENGTH = len(PREFIX) + KEY_DIGITS + CHECK_DIGITS
USE_NOTED_EVERY = timedelta(minutes=1)
ADMIN_ID = "key_admin"
ADMIN_LABEL = "admin (first start)"


class ApiKeyRefused(Exception):
    """Common to the three reasons below; the presented text is in none of them."""


class ApiKeyMistyped(ApiKeyRefused):
    """It is no key: its check digits do not fit, or it is cut off."""


class ApiKeyUnknown(ApiKeyRefused):
    """It is well formed, but no such key was ever made here."""


class ApiKeyRevoked(ApiKeyRefused):
    """It was valid until it was revoked."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A stored key, which cannot be turned back into the text that clients send."""

    id: str
    label: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeys:
    """Makes, verifies and revokes keys. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._hashing = keys.hashing_api_keys

    async def create(self, label: str, now: datetime) -> tuple[ApiKey, str]:
        """Make a key; the text is given here and never again."""
        text, key_id = new_key(), f"key_{secrets.token_hex(8)}"
        await self._database.fetch(
            "insert into api_keys (id, keyed_hash, label, created_at) values (%s, %s, %s, %s)"
            " on conflict (id) do nothing",
            (key_id, self._hash(text), label, now),
        )
        made = ApiKey(id=key_id, label=label, created_at=now, last_used_at=None, revoked_at=None)
        return made, text

    async def ensure_admin_key(self, now: datetime) -> str | None:
        """Make the first key of an installation and give its text; None if there ever was one."""
        text = new_key()
        await self._database.fetch(
            "insert into api_keys (id, keyed_hash, label, created_at)"
            " select %s, %s, %s, %s where not exists (select from api_keys)"
            " on conflict (id) do nothing",
            (ADMIN_ID, self._hash(text), ADMIN_LABEL, now),
        )
        # Of two processes the fixed id lets one win. After a lost connection only the table knows.
        return text if await self._find(text) else None

    async def verify(self, presented: str, now: datetime) -> ApiKey:
        """Give the key that was presented; raises ApiKeyRefused."""
        if not is_well_formed(presented):
            raise ApiKeyMistyped("This is not an API key: it is mistyped or cut off.")
        key = await self._find(presented)
        if key is None:
            raise ApiKeyUnknown("There is no such API key.")
        if key.revoked_at is not None:
            raise ApiKeyRevoked("This API key was revoked.")
        if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
            # A database that is full or read-only can still be read.
            with suppress(StorageUnavailable):
                await self._database.fetch(
                    "update api_keys set last_used_at = greatest(last_used_at, %s) where id = %s",
                    (now, key.id),
                )
        return key

    async def revoke(self, key_id: str, now: datetime) -> bool:
        """End a key at once; False if there is none with this id."""
        records = await self._database.fetch(
            "update api_keys set revoked_at = coalesce(revoked_at, %s) where id = %s returning id",
            (now, key_id),
        )
        return bool(records)

    async def all_keys(self) -> list[ApiKey]:
        """Give all keys, oldest first."""
        records = await self._database.fetch(
            "select id, label, created_at, last_used_at, revoked_at from api_keys"
            " order by created_at, id"
        )
        return [_api_key(*record) for record in records]

    async def _find(self, text: str) -> ApiKey | None:
        # What the time of a look-up tells about a keyed hash is of no use without the hashing key.
        keyed_hash = self._hash(text)
        records = await self._database.fetch(
            "select keyed_hash, id, label, created_at, last_used_at, revoked_at from api_keys"
            " where keyed_hash = %s",
            (keyed_hash,),
        )
        for stored, *fields in records:
            if hmac.compare_digest(stored, keyed_hash):
                return _api_key(*fields)
        return None

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._hashing, text.encode(), "sha256")


def new_key() -> str:
    """Make the text of a new key."""
    body = PREFIX + _in_digits(secrets.randbits(KEY_BITS), KEY_DIGITS)
    return body + _check(body)


def is_well_formed(text: str) -> bool:
    """Tell whether this can be a key at all."""
    if len(text) != LENGTH or not text.isascii() or not text.startswith(PREFIX):
        return False
    body, check = text[:-CHECK_DIGITS], text[-CHECK_DIGITS:]
    return hmac.compare_digest(_check(body), check)


def _check(body: str) -> str:
    return _in_digits(zlib.crc32(body.encode()), CHECK_DIGITS)


def _in_digits(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


def _api_key(
    key_id: str,
    label: str,
    created_at: datetime,
    last_used_at: datetime | None,
    revoked_at: datetime | None,
) -> ApiKey:
    return ApiKey(
        id=key_id,
        label=label,
        created_at=created_at,
        last_used_at=last_used_at,
        revoked_at=revoked_at,
    )
