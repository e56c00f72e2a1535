"""Somebody wrote to the account; WhatsApp may tell of it more than once."""

from msgspec.structs import replace

from domain.message_observations import RecordMessageReceived
from domain.message_state import MOST_HEARD
from tests.examples import CREATED, DESTROYED, DISCONNECTED, LINKED, RECEIVED, RECIPIENT, at
from tests.given import given

CAME = RecordMessageReceived(
    at=at(95),
    message="msg_2",
    whatsapp_id="3EB0FFFFFFFFFFFFFFFFFF",
    sender=RECIPIENT,
    sender_fingerprint="keyed-phone-3",
    name="Budi",
    fingerprint="keyed-text-2",
    size_bytes=4,
)


def test_accepted():
    given(*LINKED).when(CAME).then(RECEIVED)
    given(*DISCONNECTED).when(CAME).then(RECEIVED)


def test_ignored_when_it_was_heard_before():
    again = replace(CAME, message="msg_3", at=at(99))
    given(*LINKED, RECEIVED).when(again).then_ignored("already_so")


def test_only_the_newest_are_remembered():
    many = [replace(RECEIVED, whatsapp_id=f"3EB0{number}") for number in range(MOST_HEARD)]
    then = given(*LINKED, *many).when(CAME).then(RECEIVED)
    heard = then.account.messages.heard
    assert (len(heard), heard[0], heard[-1]) == (MOST_HEARD, "3EB01", CAME.whatsapp_id)


def test_ignored_while_nothing_is_linked():
    given(CREATED).when(CAME).then_ignored("not_linked")
    given(*LINKED, DESTROYED).when(CAME).then_ignored("not_linked")
