"""A message that cannot be sent, or has waited for too long."""

from domain.message_observations import RecordMessageFailed
from domain.message_reasons import MessageReason
from tests.examples import (
    DISCONNECTED,
    LINKED,
    MESSAGE,
    MESSAGE_FAILED,
    QUEUED,
    SENT,
    at,
)
from tests.given import given

GIVEN_UP = RecordMessageFailed(
    at=at(92), message=MESSAGE, reason=MessageReason.NOT_ON_WHATSAPP, detail="no such user"
)


def test_accepted_for_a_queued_one_in_any_status():
    given(*LINKED, QUEUED).when(GIVEN_UP).then(MESSAGE_FAILED)
    given(*DISCONNECTED, QUEUED).when(GIVEN_UP).then(MESSAGE_FAILED)


def test_ignored_when_it_does_not_wait():
    given(*LINKED, QUEUED, SENT).when(GIVEN_UP).then_ignored("message_not_queued")
    given(*LINKED, QUEUED, MESSAGE_FAILED).when(GIVEN_UP).then_ignored("message_not_queued")
