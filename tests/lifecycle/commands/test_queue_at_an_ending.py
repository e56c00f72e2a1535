"""What is queued fails in the very decision that ends its link for good."""

from msgspec.structs import replace

from domain.message_events import MessageFailed
from domain.message_reasons import MessageReason
from domain.message_state import NO_MESSAGES
from domain.observations import RecordLogout, RecordProblem
from domain.reasons import Reason
from domain.wishes import DestroyAccount
from tests.examples import (
    ATTEMPT,
    DELIVERED,
    DESTROYED,
    DISCONNECTED,
    ERASED,
    LINKED,
    LOGGED_OUT,
    LOST,
    MESSAGE,
    QUEUED,
    SENT,
    at,
)
from tests.given import given

ANOTHER = replace(QUEUED, message="msg_9", whatsapp_id="3EB09")


def failed(message: str, seconds: float, reason: MessageReason) -> MessageFailed:
    return MessageFailed(at=at(seconds), message=message, reason=reason)


def test_a_logout_fails_all_in_their_order():
    logged_out = replace(LOGGED_OUT, by="phone", reason=Reason.PHONE_UNLINKED)
    then = (
        given(*LINKED, QUEUED, ANOTHER)
        .when(RecordLogout(at=at(101), attempt=ATTEMPT, by="phone"))
        .then(
            failed(MESSAGE, 101, MessageReason.LOGGED_OUT),
            failed("msg_9", 101, MessageReason.LOGGED_OUT),
            logged_out,
        )
    )
    assert then.account.messages == NO_MESSAGES


def test_destroying_and_erasing_fail_all():
    destroy = DestroyAccount(at=at(200))
    given(*LINKED, QUEUED).when(destroy).then(
        failed(MESSAGE, 200, MessageReason.ACCOUNT_DESTROYED), DESTROYED
    )
    given(*DISCONNECTED, QUEUED).when(replace(destroy, erase=True)).then(
        failed(MESSAGE, 200, MessageReason.ACCOUNT_ERASED), DESTROYED, ERASED
    )


def test_what_was_sent_is_not_failed_by_it():
    then = given(*LINKED, QUEUED, SENT, DELIVERED).when(DestroyAccount(at=at(200))).then(DESTROYED)
    assert then.account.messages == NO_MESSAGES


def test_a_lost_link_leaves_the_queue_as_it_is():
    lost = RecordProblem(at=at(100), attempt=ATTEMPT, reason=Reason.NETWORK_LOST)
    then = given(*LINKED, QUEUED).when(lost).then(LOST)
    assert [one.id for one in then.account.messages.queued] == [MESSAGE]
