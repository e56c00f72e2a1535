"""Messages in the machine over an account: told in any order, each goes forwards only."""

import re

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from domain import message_events as m
from domain.message_observations import (
    RecordAck,
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageReceived,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason, whatsapp_id_of
from domain.refusals import Refused
from domain.status import Status
from tests.examples import RECIPIENT
from tests.lifecycle.told_account import ToldAccount
from tests.messages_to_send import send

FORWARDS = re.compile(r"(Queued)( NotSent)?( (Failed|Sent( Delivered)?( Read)?))?")
"""What may happen to one message, in this order."""


class ToldMessages(ToldAccount):
    """Rules are who does what with messages."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    @rule(queue=st.booleans())
    def client_sends(self, queue: bool) -> None:  # noqa: FBT001  drawn
        self.tick()
        message = self.new("msg")
        command = send(message, self.now, queue=queue)
        ready = self.account.status is Status.READY and not self.account.logout_requested
        decision = self.tell(command)
        if isinstance(decision, list):
            assert ready or queue
            self.messages.append(message)
        else:
            assert isinstance(decision, Refused)
            assert not ready

    @rule(data=st.data(), what=st.sampled_from(["sent", "not_sent", "failed", "ack", "read"]))
    @precondition(lambda self: self.messages)
    def something_is_told_of_a_message(self, data: st.DataObject, what: str) -> None:
        """By the sender, the clock or the page: also twice, late, and of one that is over."""
        self.tick()
        message, now = data.draw(st.sampled_from(self.messages)), self.now
        whatsapp_id = whatsapp_id_of(message)
        match what:
            case "sent":
                self.tell(RecordMessageSent(at=now, message=message))
            case "not_sent":
                reason = MessageReason.PAGE_REFUSED
                self.tell(RecordMessageNotSent(at=now, message=message, reason=reason))
            case "failed":
                reason = MessageReason.EXPIRED
                self.tell(RecordMessageFailed(at=now, message=message, reason=reason))
            case "ack":
                self.tell(RecordAck(at=now, whatsapp_id=whatsapp_id, ack="delivered"))
            case _:
                self.tell(RecordAck(at=now, whatsapp_id=whatsapp_id, ack="read"))

    @rule(number=st.integers(1, 3))
    def somebody_writes(self, number: int) -> None:
        self.tick()
        came = RecordMessageReceived(
            at=self.now,
            message=self.new("msg"),
            whatsapp_id=f"3EB0{number}",
            sender=RECIPIENT,
            sender_fingerprint="keyed",
        )
        self.tell(came)

    @invariant()
    def each_message_goes_forwards_only(self) -> None:
        """The log alone says what waits and what is followed; the account says the same."""
        stories: dict[str, list[str]] = {}
        for event in self.log:
            if isinstance(event, m.MessageReceived):
                continue
            if isinstance(event, OF_ONE):
                stories.setdefault(event.message, []).append(type(event).__name__[7:])
        for message, told in stories.items():
            assert FORWARDS.fullmatch(" ".join(told)), (message, told)
        waiting = [name for name, told in stories.items() if told[-1] in ("Queued", "NotSent")]
        assert [one.id for one in self.account.messages.queued] == waiting
        followed = {one.id for one in self.account.messages.sent}
        on_their_way = {name for name, told in stories.items() if told[-1] in ("Sent", "Delivered")}
        assert followed <= on_their_way
        if self.account.status is Status.NOT_CREATED:
            assert not waiting


OF_ONE = (
    m.MessageQueued,
    m.MessageNotSent,
    m.MessageSent,
    m.MessageDelivered,
    m.MessageRead,
    m.MessageFailed,
)
