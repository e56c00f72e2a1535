"""Records what an account's page tells of messages: acknowledgements, and messages that came in."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from adapters.browser.spec import MessageAck, NotRecorded, ReceivedMessage
from adapters.event_log.codec import storable
from adapters.event_log.errors import StorageUnavailable
from adapters.keys import Keys
from adapters.message_contents import (
    MessageContent,
    MessageContents,
    content_fingerprint,
    plain_media_type,
)
from app.dispatch import Dispatch, TooBusy
from app.identifiers import new_id
from domain.commands import AnyCommand
from domain.log import Origin
from domain.message_observations import RecordAck, RecordMessageReceived
from domain.refusals import Refused


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """What all receiving of one process works with."""

    dispatch: Dispatch
    contents: MessageContents
    keys: Keys
    keeps_content: bool
    now: Callable[[], datetime]


class Receiving:
    """Of one session. Both methods raise NotRecorded when the log is away."""

    def __init__(self, account_id: str, *, inbox: Inbox, origin: Origin) -> None:
        self._account_id = account_id
        self._inbox = inbox
        self._origin = origin

    async def acknowledge(self, ack: MessageAck) -> None:
        """Record how far one of the account's own messages has come.

        A page that starts tells of all that it finds: also of those that are read, and of those
        that another client of the same phone has sent. They would fill the log with nothing.
        """
        if await self._is_followed(ack.whatsapp_id):
            await self._record(
                RecordAck(at=self._inbox.now(), whatsapp_id=ack.whatsapp_id, ack=ack.ack)
            )

    async def _is_followed(self, whatsapp_id: str) -> bool:
        try:
            held = await self._inbox.dispatch.load(self._account_id)
        except StorageUnavailable as error:
            raise NotRecorded(str(error)) from error
        return held.account.messages.known_to_whatsapp_as(whatsapp_id) is not None

    async def receive(self, message: ReceivedMessage) -> None:
        """Keep what a message says, then record that it came in."""
        inbox = self._inbox
        try:
            known = await inbox.dispatch.load(self._account_id)
            if message.whatsapp_id in known.account.messages.heard:
                return  # the page was loaded anew and tells of its last ones again
            now = inbox.now()
            message_id = new_id("msg", now)
            content = MessageContent(peer=message.sender, text=storable(message.text))
            if inbox.keeps_content:
                await inbox.contents.put(self._account_id, message_id, content, now)
        except StorageUnavailable as error:
            raise NotRecorded(str(error)) from error
        received = RecordMessageReceived(
            at=now,
            message=message_id,
            whatsapp_id=message.whatsapp_id,
            sender=message.sender,
            sender_fingerprint=inbox.keys.fingerprint(message.sender) if message.sender else "",
            name=message.name,
            kind=message.kind,
            fingerprint=content_fingerprint(inbox.keys, content),
            size_bytes=message.size_bytes,
            media_type=message.media_type and plain_media_type(message.media_type),
        )
        await self._record(received)

    async def _record(self, command: AnyCommand) -> None:
        try:
            await self._inbox.dispatch.submit(self._account_id, command, self._origin)
        except Refused:
            return  # it is in the log as refused; the account is gone
        except (StorageUnavailable, TooBusy) as error:
            raise NotRecorded(str(error)) from error
