"""A try that failed: the message waits for another one, and has failed after the last."""

from msgspec.structs import replace

from domain.message_observations import RecordMessageNotSent
from domain.message_reasons import MessageReason
from tests.examples import (
    LINKED,
    MESSAGE,
    MESSAGE_FAILED,
    NOT_SENT,
    QUEUED,
    SENT,
    at,
)
from tests.given import given

TRIED = RecordMessageNotSent(
    at=at(91), message=MESSAGE, reason=MessageReason.PAGE_REFUSED, detail="no ack"
)


def test_accepted_at_the_first_try():
    then = given(*LINKED, QUEUED).when(TRIED).then(NOT_SENT)
    assert [one.tries for one in then.account.messages.queued] == [1]


def test_accepted_as_a_failure_at_the_last_try():
    failed = replace(MESSAGE_FAILED, at=at(91), reason=MessageReason.PAGE_REFUSED, detail="no ack")
    then = given(*LINKED, QUEUED, NOT_SENT).when(TRIED).then(failed)
    assert then.account.messages.queued == ()


def test_ignored_when_it_does_not_wait():
    given(*LINKED).when(TRIED).then_ignored("message_not_queued")
    given(*LINKED, QUEUED, SENT).when(TRIED).then_ignored("message_not_queued")
