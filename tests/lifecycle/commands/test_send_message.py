"""Sending a message: only while READY, or to wait for that; never from an account that is gone."""

from msgspec.structs import replace

from domain.message_state import MOST_QUEUED
from domain.wishes import SendMessage
from tests.examples import (
    CREATED,
    DESTROYED,
    DISCONNECTED,
    ERASED,
    FAILED,
    LINKED,
    LOGGED_OUT,
    LOGOUT_REQUESTED,
    MESSAGE,
    QUEUED,
    RECIPIENT,
    SENT,
    SHOWING,
    WHATSAPP_ID,
    at,
)
from tests.given import given

SEND = SendMessage(
    at=at(90),
    message=MESSAGE,
    whatsapp_id=WHATSAPP_ID,
    recipient=RECIPIENT,
    recipient_fingerprint="keyed-phone-3",
    kind="text",
    fingerprint="keyed-text-1",
    size_bytes=5,
)
SEND_OR_WAIT = replace(SEND, queue=True)
WAITS = replace(QUEUED, waits=True)


def test_accepted_while_ready():
    then = given(*LINKED).when(SEND).then(QUEUED)
    assert [one.id for one in then.account.messages.queued] == [MESSAGE]


def test_accepted_to_wait_while_the_link_is_made():
    given(*SHOWING).when(SEND_OR_WAIT).then(WAITS)


def test_accepted_to_wait_after_a_failure_or_loss():
    given(*FAILED).when(SEND_OR_WAIT).then(WAITS)
    given(*DISCONNECTED).when(SEND_OR_WAIT).then(WAITS)


def test_nothing_waits_where_nothing_has_to():
    given(*LINKED).when(SEND_OR_WAIT).then(QUEUED)


def test_ignored_when_it_is_queued_or_sent_already():
    given(*LINKED, QUEUED).when(SEND).then_ignored("already_so")
    given(*LINKED, QUEUED, SENT).when(SEND).then_ignored("already_so")


def test_refused_while_not_ready():
    given(*SHOWING).when(SEND).then_refused("not_ready")
    given(*DISCONNECTED).when(SEND).then_refused("not_ready")


def test_refused_to_wait_for_a_link_that_nobody_makes():
    given(CREATED).when(SEND_OR_WAIT).then_refused("not_ready")
    given(*LINKED, LOGGED_OUT).when(SEND_OR_WAIT).then_refused("not_ready")
    given(*LINKED, DESTROYED).when(SEND_OR_WAIT).then_refused("not_ready")


def test_refused_while_it_is_being_logged_out():
    given(*LINKED, LOGOUT_REQUESTED).when(SEND_OR_WAIT).then_refused("not_ready")


def test_refused_once_erased():
    given(*LINKED, DESTROYED, ERASED).when(SEND).then_refused("erased")


def test_refused_when_too_many_wait():
    waiting = [replace(QUEUED, message=f"msg_{number}") for number in range(10, 10 + MOST_QUEUED)]
    given(*LINKED, *waiting[1:]).when(SEND).then(QUEUED)
    given(*LINKED, *waiting).when(SEND).then_refused("too_many_messages")
