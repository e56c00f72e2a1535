"""Every status in the words of two seeds."""

from typing import get_args

from app.dropin.blazz_words import as_number, status_after
from app.dropin.status_words import BlazzStatus, GhlStatus, blazz_status, ghl_status
from domain.reasons import Reason
from domain.status import Status
from projections.accounts import AccountRow
from projections.feed import FeedItem
from tests.examples import at

S = Status
LINKING = {
    S.NOT_CREATED: ("disconnected", "disconnected"),
    S.INITIALIZING: ("qr_scanning", "initializing"),
    S.WAITING_QR: ("qr_scanning", "qr"),
    S.AUTHENTICATING: ("qr_scanning", "qr"),
    S.READY: ("connected", "ready"),
    S.FAILED: ("disconnected", "disconnected"),
    S.DISCONNECTED: ("disconnected", "disconnected"),
}
RETURNING = LINKING | {
    S.INITIALIZING: ("disconnected", "initializing"),
    S.AUTHENTICATING: ("disconnected", "initializing"),
}
RAN_OUT = (Reason.QR_EXPIRED, Reason.QR_NOT_FETCHED, Reason.QR_STALE)


def row(status: Status, kind: str = "link", reason: Reason | None = None) -> AccountRow:
    return AccountRow(
        account_id="acc_1",
        workspace="1",
        label="",
        site="sandbox",
        status=status,
        since=at(0),
        reason=reason,
        detail="",
        attempt_id="att_1",
        attempt_number=1,
        attempt_kind="reconnect" if kind == "reconnect" else "link",
        phone=None,
        phone_fingerprint=None,
        name="",
        is_primary=False,
        deadline_awaited=None,
        deadline_at=None,
        ready_at=None,
        registered_at=at(0),
        version=1,
    )


def item(status: Status, reason: str | None = None) -> FeedItem:
    return FeedItem(
        id=1,
        type="link.failed",
        account_id="acc_1",
        workspace="1",
        status=status,
        at=at(0),
        correlation_id="",
        attempt=None,
        data={"reason": reason} if reason else {},
    )


def test_every_status_has_its_words():
    for kind, words in (("link", LINKING), ("reconnect", RETURNING)):
        told = {status: row(status, kind) for status in Status}
        assert {s: (blazz_status(r), ghl_status(r)) for s, r in told.items()} == words
    assert (blazz_status(None), ghl_status(None)) == ("disconnected", "disconnected")
    used = {word for words in (LINKING | RETURNING).values() for word in words}
    assert used == {*get_args(BlazzStatus), *get_args(GhlStatus)} - {"qr_expired"}


def test_only_a_scan_that_ran_out_is_expired():
    for reason in Reason:
        expected = "qr_expired" if reason in RAN_OUT else "disconnected"
        assert blazz_status(row(S.FAILED, reason=reason)) == expected
        assert status_after(item(S.FAILED, reason.value)) == expected
        assert status_after(item(S.DISCONNECTED, reason.value)) == "disconnected"
    assert status_after(item(S.READY)) == "connected"
    assert status_after(item(S.AUTHENTICATING)) == "qr_scanning"


def test_numbers_of_rows_are_numbers_again():
    for name, given in (
        ("5", 5),
        ("0", 0),
        ("05", "05"),
        ("webjs_1", "webjs_1"),
        ("\u0665", "\u0665"),
    ):
        assert as_number(name) == given
