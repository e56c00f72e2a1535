"""A webhook that is not reached is told once for each outage, and changes no status."""

from domain.observations import RecordWebhookHeard, RecordWebhookSilent
from tests.examples import (
    ATTEMPT,
    CREATED,
    FOREIGN,
    HEARD,
    LINK,
    LINK_FAILED,
    QR_1,
    READY,
    SCANNED,
    SILENT,
    WEBHOOK,
    at,
)
from tests.given import given

FELL_SILENT = RecordWebhookSilent(
    at=at(20), attempt=ATTEMPT, endpoint=WEBHOOK, since=at(15), error="connect_failed"
)
IS_HEARD = RecordWebhookHeard(at=at(40), endpoint=WEBHOOK)


def test_accepted_while_an_attempt_runs():
    then = given(CREATED, LINK, QR_1).when(FELL_SILENT).then(SILENT)
    assert then.account.silent_webhooks == (WEBHOOK,)


def test_ignored_when_it_is_told_already():
    given(CREATED, LINK, QR_1, SILENT).when(FELL_SILENT).then_ignored("already_so")


def test_ignored_when_the_attempt_is_over():
    given(CREATED, LINK, QR_1, LINK_FAILED).when(FELL_SILENT).then_ignored("attempt_over")
    given(CREATED, LINK, QR_1, SCANNED, READY).when(FELL_SILENT).then_ignored("attempt_over")


def test_ignored_of_another_attempt():
    foreign = RecordWebhookSilent(
        at=at(20), attempt=FOREIGN, endpoint=WEBHOOK, since=at(15), error="connect_failed"
    )
    given(CREATED, LINK, QR_1).when(foreign).then_ignored("foreign_attempt")


def test_the_end_of_an_outage_is_told_whenever_it_comes():
    then = given(CREATED, LINK, QR_1, SILENT, LINK_FAILED).when(IS_HEARD).then(HEARD)
    assert then.account.silent_webhooks == ()


def test_ignored_when_no_outage_was_told():
    given(CREATED, LINK, QR_1).when(IS_HEARD).then_ignored("already_so")
