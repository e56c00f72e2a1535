"""The simulated phones at the other end: they write to the account, receive and read."""

import secrets
from typing import Literal

from adapters.sandbox import protocol as say
from adapters.sandbox.accounts import Account, PhoneMessage
from adapters.sandbox.deliveries import DELIVERED, READ, SENT
from adapters.sandbox.refusals import NoPage, UnknownMessage

Mark = Literal["deliver", "read"]
_ACKS: dict[Mark, int] = {"deliver": DELIVERED, "read": READ}


def write(
    account: Account, *, sender: str, name: str, text: str, file: say.File | None, at: int
) -> str:
    """A message from `sender` to the linked account; gives its id. Raises NoPage.

    A linked account whose page is closed finds it when it comes back.
    """
    if not account.usable and not account.devices:
        raise NoPage("The account is not linked, so nothing can receive the message.")
    message_id = f"3A{secrets.token_hex(9).upper()}"
    account.messages.append(
        PhoneMessage(
            id=message_id,
            direction="in",
            peer=f"{sender}@c.us",
            name=name,
            text=text,
            file=file,
            ack=DELIVERED,
            at=at,
            on_page=bool(account.usable),
        )
    )
    received = say.MessageReceived(
        id=message_id, sender=sender, name=name, text=text, file=file, at=at
    )
    account.tell(account.usable, received)
    return message_id


def mark(account: Account, how: Mark, message_id: str | None) -> list[str]:
    """Have the recipient's phone receive or read what the account sent: one message, or all.

    Gives the ids of those that were not as far yet. Raises UnknownMessage.
    """
    sent = [one for one in account.messages if one.direction == "out" and one.ack >= SENT]
    if message_id is not None:
        sent = [one for one in sent if one.id == message_id]
        if not sent:
            raise UnknownMessage("The account has sent no such message, or not lately.")
    ack = _ACKS[how]
    marked = [one for one in sent if one.ack < ack]
    for one in marked:
        one.ack = ack
        account.tell(account.usable, say.MessageAcked(id=one.id, to=one.peer, ack=ack))
    return [one.id for one in marked]
