"""WhatsApp says how far a message has come: forwards only, and possibly before we know it sent."""

from msgspec.structs import replace

from domain.message_observations import RecordAck
from tests.examples import (
    DELIVERED,
    DISCONNECTED,
    HELD_BY_STANDBY,
    LINKED,
    NOT_SENT,
    QUEUED,
    READ,
    SENT,
    WHATSAPP_ID,
    at,
)
from tests.given import given

ON_PHONE = RecordAck(at=at(93), whatsapp_id=WHATSAPP_ID, ack="delivered")
SEEN = RecordAck(at=at(94), whatsapp_id=WHATSAPP_ID, ack="read")


def test_accepted_step_by_step():
    given(*LINKED, QUEUED, SENT).when(ON_PHONE).then(DELIVERED)
    then = given(*LINKED, QUEUED, SENT, DELIVERED).when(SEEN).then(READ)
    assert then.account.messages.sent == ()


def test_accepted_as_read_at_once():
    given(*LINKED, QUEUED, SENT).when(SEEN).then(READ)


def test_accepted_in_a_later_attempt_and_while_disconnected():
    given(*DISCONNECTED, QUEUED, SENT).when(ON_PHONE).then(DELIVERED)


def test_accepted_for_a_queued_one_which_it_proves_to_be_sent():
    sent = replace(SENT, at=at(93))
    given(*LINKED, QUEUED).when(ON_PHONE).then(sent, DELIVERED)
    given(*LINKED, QUEUED).when(SEEN).then(replace(SENT, at=at(94)), READ)


def test_accepted_for_a_queued_one_as_sent_by_whoever_holds_the_page():
    late = replace(ON_PHONE, at=at(120))
    given(*HELD_BY_STANDBY, QUEUED, NOT_SENT).when(late).then(
        replace(SENT, at=at(120), by="standby", tries=2), replace(DELIVERED, at=at(120))
    )


def test_ignored_when_it_says_no_more_than_is_known():
    given(*LINKED, QUEUED, SENT, DELIVERED).when(ON_PHONE).then_ignored("already_so")


def test_ignored_once_it_is_read():
    given(*LINKED, QUEUED, SENT, READ).when(ON_PHONE).then_ignored("message_unknown")
    given(*LINKED, QUEUED, SENT, DELIVERED, READ).when(SEEN).then_ignored("message_unknown")


def test_ignored_for_a_message_that_is_not_ours():
    given(*LINKED, QUEUED, SENT).when(replace(SEEN, whatsapp_id="3EB0")).then_ignored(
        "message_unknown"
    )
