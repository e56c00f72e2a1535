"""What becomes of the messages of one page: taken or refused, delivered, read."""

from typing import TYPE_CHECKING

from adapters import clock
from adapters.sandbox import protocol as say
from adapters.sandbox.accounts import PhoneMessage

if TYPE_CHECKING:
    from adapters.sandbox.connection import PageConnection

SENT, DELIVERED, READ = 1, 2, 3
TAKEN_AFTER_S = 0.2
READ_AFTER_DELIVERED_S = 1.0
NOBODY = "0404"
"""No number that ends in these digits is on WhatsApp."""


class Deliveries:
    def __init__(self, connection: "PageConnection") -> None:
        self._page = connection

    def receive(self, message: say.SendMessage | say.AskNumber) -> None:
        match message:
            case say.SendMessage():
                self._send_on(message)
            case say.AskNumber():
                exists = not message.number.endswith(NOBODY)
                self._page.send(say.NumberAnswered(number=message.number, exists=exists))

    def tell_history(self) -> None:
        """What a page that comes back finds: messages, each as far as it is by now."""
        past = [_past(one) for one in self._page.account.messages]
        self._page.send(say.HistorySynced(messages=past))
        for one in self._page.account.messages:
            one.on_page = True

    def resume(self) -> None:
        """The page that comes back hears of the rest."""
        for entry in self._page.account.awaiting_receipts():
            self._page.start(self._report_receipts(entry))

    def _send_on(self, message: say.SendMessage) -> None:
        """A message that is handed over again after a reconnect is the same message."""
        match self._page.behaviour.sending:
            case "refused":
                self._page.send(say.MessageRefused(id=message.id))
                return
            case "unanswered":
                return
            case "answered":
                pass
        account = self._page.account
        entry = account.message(message.id)
        if entry is None:
            entry = PhoneMessage(
                id=message.id,
                direction="out",
                peer=message.to,
                text=message.text,
                file=message.file,
                ack=0,
                at=int(clock.now().timestamp()),
            )
            account.messages.append(entry)
        self._page.start(self._report_receipts(entry))

    def _plan(self) -> tuple[tuple[int, float], ...]:
        """Acknowledgements, each with the seconds since the message was sent."""
        delivered_after_s = self._page.behaviour.delivered_after_s
        second = max(delivered_after_s, TAKEN_AFTER_S)
        third = second + READ_AFTER_DELIVERED_S
        if self._page.behaviour.receipts == "out_of_order":
            return ((SENT, TAKEN_AFTER_S), (READ, second), (DELIVERED, third), (DELIVERED, third))
        return ((SENT, TAKEN_AFTER_S), (DELIVERED, second), (READ, third))

    async def _report_receipts(self, entry: PhoneMessage) -> None:
        waited_s = 0.0
        for ack, after_s in self._plan():
            if ack > entry.ack:
                await self._page.wait(after_s - waited_s)
                waited_s = after_s
                entry.ack = max(ack, entry.ack)
            self._page.send(say.MessageAcked(id=entry.id, to=entry.peer, ack=ack))


def _past(one: PhoneMessage) -> say.PastMessage:
    return say.PastMessage(
        id=one.id,
        from_me=one.direction == "out",
        peer=one.peer,
        name=one.name,
        text=one.text,
        file=one.file,
        ack=one.ack,
        at=one.at,
        is_new=not one.on_page,
    )
