"""What messages say, beside the log: sealed under the account's key, and deleted when it may be.

A content is written before its message is in the log, so that no message is accepted that cannot
be sent. One that never got its message is deleted after a while.
"""

import hashlib
import re
from datetime import datetime
from typing import LiteralString

import msgspec

from adapters.account_keys import AccountKeys, SealBroken
from adapters.event_log.database import Database
from adapters.keys import Keys

SWEPT_AT_ONCE = 100
"""Each may be a file of many MB."""

ANY_MEDIA_TYPE = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
"""RFC 6838, 4.2."""

# A process that has not heard that the account was erased still holds its key: the table knows.
PUT: LiteralString = """
    insert into message_contents (account_id, message_id, sealed, kept_at)
    select k.account_id, %s, %s, %s from account_keys k
    where k.account_id = %s and k.wrapped is not null
    on conflict do nothing
"""
FIND: LiteralString = (
    "select sealed from message_contents where account_id = %s and message_id = %s"
)
DELETE: LiteralString = "delete from message_contents where account_id = %s and message_id = %s"
SWEEP: LiteralString = """
    with gone as (
        delete from message_contents where (account_id, message_id) in (
            select c.account_id, c.message_id from message_contents c
            left join messages m on m.account_id = c.account_id and m.message_id = c.message_id
            where c.kept_at < %(before)s and m.status <> 'queued'
                or c.kept_at < %(without_message_before)s and m.status is null
            order by c.kept_at limit %(most)s
        ) returning 1
    )
    select count(*) from gone
"""


class FileContent(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was given."""

    name: str
    media_type: str
    content: bytes

    def __repr__(self) -> str:
        """Keep what it is out of tracebacks and logs."""
        return f"FileContent({len(self.content)} bytes)"


class MessageContent(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a message goes to, or comes from, and what it says."""

    peer: str
    text: str = ""
    """Of a file its caption."""
    file: FileContent | None = None

    def __repr__(self) -> str:
        """Keep what it says out of tracebacks and logs."""
        return f"MessageContent({len(self.text)} characters, {self.file})"


class MessageContents(msgspec.Struct, frozen=True):
    """Contents in the database. Every method may raise StorageUnavailable."""

    database: Database
    account_keys: AccountKeys

    async def put(
        self, account_id: str, message_id: str, content: MessageContent, now: datetime
    ) -> bool:
        """Keep a content; False when the account was erased, or has no key."""
        key = await self.account_keys.of(account_id)
        if key is None or key.broken:
            return False
        sealed = key.seal(msgspec.msgpack.encode(content), _context(message_id))
        await self.database.fetch(PUT, (message_id, sealed, now, account_id))
        return True

    async def find(self, account_id: str, message_id: str) -> MessageContent | None:
        """Give a content; None when it is not kept any more, or cannot be opened."""
        found = await self.database.fetch(FIND, (account_id, message_id))
        keys = await self.account_keys.of_many([account_id])
        if not found or account_id not in keys:
            return None
        try:
            plain = keys[account_id].open(bytes(found[0][0]), _context(message_id))
            return msgspec.msgpack.decode(plain, type=MessageContent)
        except (SealBroken, msgspec.MsgspecError):
            return None

    async def delete(self, account_id: str, message_id: str) -> None:
        """Let go of one content."""
        await self.database.fetch(DELETE, (account_id, message_id))

    async def sweep(self, before: datetime, without_message_before: datetime) -> int:
        """Delete what was kept before, but for messages that still wait to be sent.

        Gives how many, at most SWEPT_AT_ONCE.
        """
        values = {
            "before": before,
            "without_message_before": without_message_before,
            "most": SWEPT_AT_ONCE,
        }
        return (await self.database.fetch(SWEEP, values))[0][0]


def content_fingerprint(keys: Keys, content: MessageContent) -> str:
    """Give the keyed fingerprint of what a message says, whoever it goes to."""
    said = hashlib.sha256(content.text.encode())
    if content.file is not None:
        said.update(b"\0" + hashlib.sha256(content.file.content).digest())
    return keys.fingerprint(f"message:{said.hexdigest()}")


def plain_media_type(text: str) -> str:
    """Give a media type without its parameters; that of any bytes for what is none."""
    given = text.partition(";")[0].strip().lower()
    return given if MEDIA_TYPE.fullmatch(given) else ANY_MEDIA_TYPE


def _context(message_id: str) -> str:
    return f"message:{message_id}"
