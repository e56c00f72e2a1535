"""Decisions on messages: which are accepted, how far each has come, and what ends the queue."""

from collections.abc import Sequence
from typing import assert_never

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.account import Account
from domain.commands import OfMessages
from domain.decision import Decision, Ignored
from domain.message_observations import (
    RecordAck,
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageReceived,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason
from domain.message_state import MOST_QUEUED, MOST_TRIES, QueuedMessage
from domain.reasons import UNLINKED
from domain.refusals import Refused
from domain.status import Status
from domain.wishes import SendMessage

ENDS_QUEUE: dict[type[e.AccountEvent], MessageReason] = {
    e.LoggedOut: MessageReason.LOGGED_OUT,
    e.AccountDestroyed: MessageReason.ACCOUNT_DESTROYED,
}
"""Endings of a link after which it does not come back -> why what is queued fails.

The next link may be another phone's, and nobody meant to write from that one."""


def send(account: Account, command: SendMessage) -> Decision:
    """Decide whether a client's message is taken."""
    messages = account.messages
    if account.erased:
        raise Refused("erased", "The account was erased for good; register another one")
    if messages.knows(command.message):
        return Ignored("already_so")
    ready = account.status is Status.READY and not account.logout_requested
    if not ready and not (command.queue and _may_wait(account)):
        raise Refused("not_ready", _why_not(account, command))
    if len(messages.queued) >= MOST_QUEUED:
        raise Refused(
            "too_many_messages",
            f"{len(messages.queued)} messages wait for this account already; send more later",
        )
    queued = m.MessageQueued(
        at=command.at,
        message=command.message,
        whatsapp_id=command.whatsapp_id,
        recipient=command.recipient,
        recipient_fingerprint=command.recipient_fingerprint,
        kind=command.kind,
        fingerprint=command.fingerprint,
        size_bytes=command.size_bytes,
        template=command.template,
        media_type=command.media_type,
        waits=not ready,
    )
    return [queued]


def _may_wait(account: Account) -> bool:
    """A message waits for a link that exists, or is being made; not for one that was given up."""
    if account.status is Status.NOT_CREATED or account.logout_requested:
        return False
    return account.status is not Status.DISCONNECTED or account.reason not in UNLINKED


def _why_not(account: Account, command: SendMessage) -> str:
    because = f" ({account.reason.value})" if account.reason else ""
    if account.logout_requested:
        because = " and being logged out"
    told = f"The account is {account.status.value}{because}; messages go only while it is READY"
    if not _may_wait(account):
        return f"{told}: link it first"
    return told if command.queue else f"{told}, or wait for that with queue=true"


def recorded(account: Account, command: OfMessages) -> Decision:
    """Decide what was seen of a message."""
    if isinstance(command, RecordMessageReceived):
        return _received(account, command)
    if isinstance(command, RecordAck):
        return _ack(account, command)
    queued = account.messages.queued_as(command.message)
    if queued is None:
        return Ignored("message_not_queued")
    match command:
        case RecordMessageSent():
            whatsapp_id = command.whatsapp_id or queued.whatsapp_id
            sent = m.MessageSent(
                at=command.at,
                message=queued.id,
                whatsapp_id=whatsapp_id,
                by=command.by,
                tries=queued.tries + 1,
            )
            return [sent]
        case RecordMessageNotSent():
            return [_not_sent(queued, command)]
        case RecordMessageFailed():
            failed = m.MessageFailed(
                at=command.at, message=queued.id, reason=command.reason, detail=command.detail
            )
            return [failed]
        case _:
            assert_never(command)


def _not_sent(
    queued: QueuedMessage, command: RecordMessageNotSent
) -> m.MessageNotSent | m.MessageFailed:
    """The last try that may fail has failed for good."""
    if queued.tries + 1 >= MOST_TRIES:
        return m.MessageFailed(
            at=command.at, message=queued.id, reason=command.reason, detail=command.detail
        )
    return m.MessageNotSent(
        at=command.at,
        message=queued.id,
        reason=command.reason,
        detail=command.detail,
        by=command.by,
    )


def _ack(account: Account, command: RecordAck) -> Decision:
    """An ack may be faster than the word that the message was sent, and proves it."""
    found = account.messages.known_to_whatsapp_as(command.whatsapp_id)
    if found is None:
        return Ignored("message_unknown")
    told: list[e.AccountEvent] = []
    if isinstance(found, QueuedMessage):
        by = account.attempt.holder if account.attempt else "primary"
        sent = m.MessageSent(
            at=command.at,
            message=found.id,
            whatsapp_id=found.whatsapp_id,
            by=by,
            tries=found.tries + 1,
        )
        told.append(sent)
    elif command.ack == "delivered" and found.delivered:
        return Ignored("already_so")
    if command.ack == "read":
        return [*told, m.MessageRead(at=command.at, message=found.id)]
    return [*told, m.MessageDelivered(at=command.at, message=found.id)]


def _received(account: Account, command: RecordMessageReceived) -> Decision:
    if account.status is Status.NOT_CREATED:
        return Ignored("not_linked")
    if command.whatsapp_id in account.messages.heard:
        return Ignored("already_so")
    received = m.MessageReceived(
        at=command.at,
        message=command.message,
        whatsapp_id=command.whatsapp_id,
        sender=command.sender,
        sender_fingerprint=command.sender_fingerprint,
        name=command.name,
        kind=command.kind,
        fingerprint=command.fingerprint,
        size_bytes=command.size_bytes,
        media_type=command.media_type,
    )
    return [received]


def with_failures(account: Account, events: list[e.AccountEvent]) -> list[e.AccountEvent]:
    """Put the failures of what is queued before the events that leave it nobody to go through."""
    reason = _ending(events)
    if reason is None:
        return events
    failed = [
        m.MessageFailed(at=events[0].at, message=one.id, reason=reason)
        for one in account.messages.queued
    ]
    return [*failed, *events]


def _ending(events: Sequence[e.AccountEvent]) -> MessageReason | None:
    if any(isinstance(event, f.AccountErased) for event in events):
        return MessageReason.ACCOUNT_ERASED
    return next((ENDS_QUEUE[type(one)] for one in events if type(one) in ENDS_QUEUE), None)
