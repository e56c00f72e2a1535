"""What each event of a message leaves in the account."""

from msgspec.structs import replace

from domain import message_events as m
from domain.account import Account
from domain.message_state import (
    MOST_FOLLOWED,
    MOST_HEARD,
    Messages,
    QueuedMessage,
    SentMessage,
)


def queued(account: Account, event: m.MessageQueued) -> Account:
    waiting = QueuedMessage(event.message, event.whatsapp_id, event.at)
    before = account.messages
    return replace(account, messages=replace(before, queued=(*before.queued, waiting)))


def not_sent(account: Account, event: m.MessageNotSent) -> Account:
    before = account.messages
    tried = tuple(
        replace(one, tries=one.tries + 1) if one.id == event.message else one
        for one in before.queued
    )
    return replace(account, messages=replace(before, queued=tried))


def sent(account: Account, event: m.MessageSent) -> Account:
    """Follow it from here on; of too many the oldest is not followed any more."""
    before = _without(account.messages, event.message)
    followed = (*before.sent, SentMessage(event.message, event.whatsapp_id))
    return replace(account, messages=replace(before, sent=followed[-MOST_FOLLOWED:]))


def delivered(account: Account, event: m.MessageDelivered) -> Account:
    before = account.messages
    told = tuple(
        replace(one, delivered=True) if one.id == event.message else one for one in before.sent
    )
    return replace(account, messages=replace(before, sent=told))


def over(account: Account, event: m.MessageRead | m.MessageFailed) -> Account:
    return replace(account, messages=_without(account.messages, event.message))


def received(account: Account, event: m.MessageReceived) -> Account:
    before = account.messages
    heard = (*before.heard, event.whatsapp_id)[-MOST_HEARD:]
    return replace(account, messages=replace(before, heard=heard))


def _without(messages: Messages, message: str) -> Messages:
    return replace(
        messages,
        queued=tuple(one for one in messages.queued if one.id != message),
        sent=tuple(one for one in messages.sent if one.id != message),
    )
