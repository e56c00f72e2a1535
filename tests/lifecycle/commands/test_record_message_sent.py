"""Whoever sends messages reports that WhatsApp has taken one."""

from msgspec.structs import replace

from domain.message_observations import RecordMessageSent
from domain.message_state import MOST_FOLLOWED
from tests.examples import (
    DISCONNECTED,
    LINKED,
    MESSAGE,
    MESSAGE_FAILED,
    NOT_SENT,
    QUEUED,
    SENT,
    at,
)
from tests.given import given

TAKEN = RecordMessageSent(at=at(92), message=MESSAGE)


def test_accepted_for_a_queued_one():
    then = given(*LINKED, QUEUED).when(TAKEN).then(SENT)
    assert then.account.messages.queued == ()
    assert [one.id for one in then.account.messages.sent] == [MESSAGE]


def test_accepted_at_the_second_try():
    by_standby = replace(TAKEN, by="standby")
    sent = replace(SENT, tries=2, by="standby")
    given(*LINKED, QUEUED, NOT_SENT).when(by_standby).then(sent)


def test_accepted_after_the_link_was_lost():
    late = replace(TAKEN, at=at(101))
    given(*DISCONNECTED, QUEUED).when(late).then(replace(SENT, at=at(101)))


def test_accepted_under_the_id_that_whatsapp_gave():
    given(*LINKED, QUEUED).when(replace(TAKEN, whatsapp_id="3EB0AA")).then(
        replace(SENT, whatsapp_id="3EB0AA")
    )


def test_the_oldest_is_not_followed_any_more_when_there_are_too_many():
    numbers = range(10, 10 + MOST_FOLLOWED)
    story = [
        event
        for number in numbers
        for event in (
            replace(QUEUED, message=f"msg_{number}", whatsapp_id=f"3EB0{number}"),
            replace(SENT, message=f"msg_{number}", whatsapp_id=f"3EB0{number}"),
        )
    ]
    then = given(*LINKED, *story, QUEUED).when(TAKEN).then(SENT)
    followed = [one.id for one in then.account.messages.sent]
    assert followed == [*(f"msg_{number}" for number in numbers[1:]), MESSAGE]


def test_ignored_when_it_does_not_wait():
    given(*LINKED).when(TAKEN).then_ignored("message_not_queued")
    given(*LINKED, QUEUED, SENT).when(TAKEN).then_ignored("message_not_queued")
    given(*LINKED, QUEUED, MESSAGE_FAILED).when(TAKEN).then_ignored("message_not_queued")
