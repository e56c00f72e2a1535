"""Takes messages from clients: reads number and text, keeps the content, asks the domain.

What sends them is in app/sending.py.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from adapters import clock
from adapters.event_log.codec import storable
from adapters.event_log.errors import AlreadyClaimed, StorageUnavailable
from adapters.event_log.interface import Claim
from adapters.event_log.message_rows import MessageTable
from adapters.keys import Keys
from adapters.message_contents import (
    FileContent,
    MessageContent,
    MessageContents,
    content_fingerprint,
    plain_media_type,
)
from adapters.phone_numbers import normalise_phone
from app.dispatch import Answer, Dispatch, TooBusy
from app.feed_hub import FeedHub, TooManyReaders
from app.identifiers import new_id
from app.services import Services
from app.templates.catalog import Templates
from domain.log import Origin
from domain.message_reasons import whatsapp_id_of
from domain.refusals import Refused
from domain.wishes import SendMessage
from projections.messages import MessageRow, MessageStatus

LONGEST_TEXT = 65_536
"""UTF-16 code units, as WhatsApp's own apps take (app/templates/rendered.py)."""
LONGEST_NAME = 200
"""Characters of a file's name: file systems stop at 255 bytes."""
FOLLOWS: Mapping[str, tuple[MessageStatus, ...]] = {
    "sent": ("sent", "delivered", "read", "failed", "received"),
    "delivered": ("delivered", "read", "failed", "received"),
    "read": ("read", "failed", "received"),
}
"""What is waited for -> the statuses that end the wait. One that came in stays as it is."""


class UnfitMessage(ValueError):
    """The message cannot be sent to anybody. `rule` is stable; the sentence never says its text."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be sent; the message's text is its caption."""

    name: str
    media_type: str
    content: bytes

    def __repr__(self) -> str:
        """Keep what it is out of tracebacks and logs."""
        return f"NewFile({len(self.content)} bytes)"


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants to be sent: a text, a file, or a template with its values."""

    to: str
    """A phone number as it was typed."""
    text: str = ""
    file: NewFile | None = None
    template: str = ""
    values: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])

    def __repr__(self) -> str:
        """Keep whom it goes to and what it says out of tracebacks and logs."""
        return f"NewMessage({len(self.text)} characters, {self.file}, {self.template!r})"


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was taken."""

    message_id: str
    position: int
    answer: Answer


class Messages:
    """What the API, and everything that drops in, does with messages."""

    def __init__(
        self,
        services: Services,
        hub: FeedHub,
        templates: Templates,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._dispatch: Dispatch = services.dispatch
        self._keys: Keys = services.keys
        self._default_region = services.settings.default_region
        self._most_bytes = services.settings.message_file_bytes
        self._hub = hub
        self._templates = templates
        self._now = now
        self.contents = MessageContents(services.database, services.evidence.account_keys)
        self.table = MessageTable(services.database, services.evidence.account_keys)

    async def submit(
        self,
        account_id: str,
        outgoing: NewMessage,
        origin: Origin,
        *,
        queue: bool = False,
        claim: Claim | None = None,
    ) -> Accepted:
        """Take a message; raises Refused, TooBusy, StorageUnavailable or AlreadyClaimed.

        Also UnreadablePhone, UnfitMessage, and what rendering a template raises.
        """
        command = await self.prepare(account_id, outgoing, queue=queue)
        try:
            answer = await self._dispatch.submit(account_id, command, origin, claim)
        except (Refused, AlreadyClaimed, TooBusy):
            await self.forget(account_id, command)
            raise
        self._hub.reach(answer.position)
        return Accepted(message_id=command.message, position=answer.position, answer=answer)

    async def prepare(self, account_id: str, outgoing: NewMessage, *, queue: bool) -> SendMessage:
        """Make the wish and keep the content; raises as `submit`, and changes no account.

        Whoever does not submit the wish, or sees it refused, is to `forget` it.
        """
        account = (await self._dispatch.load(account_id)).account
        if not account.registered:
            raise Refused("not_registered", "No such account is registered")
        recipient = normalise_phone(outgoing.to, self._default_region)
        content = await self._content(account.workspace, outgoing, recipient)
        now = self._now()
        message_id = new_id("msg", now)
        # Without a key nothing is kept; the domain then says why nothing can be sent.
        await self.contents.put(account_id, message_id, content, now)
        return SendMessage(
            at=now,
            message=message_id,
            whatsapp_id=whatsapp_id_of(message_id),
            recipient=recipient,
            recipient_fingerprint=self._keys.fingerprint(recipient),
            kind="template" if outgoing.template else "file" if content.file else "text",
            fingerprint=content_fingerprint(self._keys, content),
            size_bytes=len(content.file.content) if content.file else len(content.text.encode()),
            template=outgoing.template,
            media_type=content.file.media_type if content.file else "",
            queue=queue,
        )

    async def forget(self, account_id: str, command: SendMessage) -> None:
        """Delete the content of a wish that came to nothing."""
        with suppress(StorageUnavailable):  # what is left has no message, and is swept
            await self.contents.delete(account_id, command.message)

    async def load(self, account_id: str, message_id: str) -> MessageRow | None:
        """Give a message as it is now."""
        row = await self.table.find(account_id, message_id)
        return None if row is None else message_row(row)

    async def wait_for(
        self, account_id: str, message_id: str, status: str, limit_s: float
    ) -> MessageRow | None:
        """Wait until the message is so far, or has failed; give it as it is then.

        Without a free place to wait it comes at once.
        """
        until_s = clock.monotonic_s() + limit_s
        with suppress(TooManyReaders), self._hub.watch(account_id) as reader:
            while not reader.let_go:
                reader.take()
                row = await self.load(account_id, message_id)
                left_s = until_s - clock.monotonic_s()
                if row is None or row.status in FOLLOWS[status] or left_s <= 0:
                    return row
                await reader.news(left_s)
        return await self.load(account_id, message_id)

    async def _content(
        self, workspace: str, outgoing: NewMessage, recipient: str
    ) -> MessageContent:
        """Read what is to be sent; raises UnfitMessage, or what rendering raises."""
        text, file = outgoing.text, outgoing.file
        if outgoing.template:
            if text or file:
                raise UnfitMessage("not_one_content", "A template makes the whole message.")
            made = await self._templates.render(outgoing.template, outgoing.values, workspace)
            text = made.text
        text = storable(text)  # half an emoji, as cutting a text leaves it, cannot be sent
        if file is None:
            if not text.strip():
                raise UnfitMessage("empty_message", "There is no text, no file and no template.")
            return MessageContent(peer=recipient, text=checked_text(text))
        if len(file.content) > self._most_bytes:
            raise UnfitMessage(
                "file_too_large",
                f"The file has {len(file.content):,} bytes; {self._most_bytes:,} may be sent.",
            )
        if not file.content:
            raise UnfitMessage("empty_message", "The file is empty.")
        name = file.name.strip() or "file"
        kept = FileContent(
            name=name[-LONGEST_NAME:],
            media_type=plain_media_type(file.media_type),
            content=file.content,
        )
        return MessageContent(peer=recipient, text=checked_text(text), file=kept)


def checked_text(text: str) -> str:
    """Give the text back; UnfitMessage when WhatsApp would not take it."""
    length = len(text.encode("utf-16-le")) // 2
    if length > LONGEST_TEXT:
        raise UnfitMessage(
            "message_too_long",
            f"The text has {length:,} characters; WhatsApp takes {LONGEST_TEXT:,}.",
        )
    return text


def message_row(row: Mapping[str, Any]) -> MessageRow:
    """Read a stored row."""
    return msgspec.convert({name: row[name] for name in MessageRow.__struct_fields__}, MessageRow)
