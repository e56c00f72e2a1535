"""Interpretation and domain together: what a page showed leads to the right status and story."""

import pytest
from msgspec.structs import replace

from adapters.browser.snapshot import PageSnapshot
from domain import events as e
from domain.account import Account
from domain.decide import decide
from domain.decision import Ignored
from domain.evolve import evolve, replay
from domain.reasons import Reason
from domain.status import Status
from tests.browser_adapter.looks import (
    CONFLICT,
    IDLE,
    LEFT,
    LEFT_AND_SHOWING,
    LOADED,
    MAIN,
    NUMBERLESS,
    OFFLINE,
    OPENING,
    PAIRING,
    SHOWING_1,
    SHOWING_1_ROTATED,
    SHOWING_2,
    SHOWING_3,
    SYNCING,
    TO_QR,
    TO_READY,
    TO_SCAN,
    Reader,
)
from tests.examples import LINK_BY_PAIRING_CODE, REGISTERED, RETURNING, STARTED

S = Status
Looks = tuple[PageSnapshot, ...]
PASSKEY = replace(PAIRING, passkey_asked=True)
BANNED = replace(OPENING, banned="101")
PAIRING_CODE = replace(SHOWING_1, pairing_code="ABCD1234")

LINKED = "PageReached PageReached QrIssued QrScanned SyncProgressed PhoneIdentified LinkCompleted"
CODE_AGAIN = "PageReached PageReached QrIssued"

STORIES: list[tuple[str, tuple[e.AccountEvent, ...], Looks, Status, Reason | None, str]] = [
    ("happy path", STARTED, (*TO_READY,), S.READY, None,
     LINKED),
    ("rotation and a new secret", STARTED, (*TO_QR, SHOWING_1_ROTATED, SHOWING_2, PAIRING, MAIN),
     S.READY, None,
     "PageReached PageReached QrIssued QrIssued QrIssued QrScanned PhoneIdentified LinkCompleted"),
    ("codes renewed", STARTED, (*TO_QR, IDLE, SHOWING_2), S.WAITING_QR, None,
     "PageReached PageReached QrIssued CodesExhausted QrIssued"),
    ("synced before we could look", STARTED, (LOADED, MAIN), S.READY, None,
     "PageReached PageReached SessionFound PhoneIdentified LinkCompleted"),
    ("number late", STARTED, (*TO_SCAN, NUMBERLESS, MAIN), S.READY, None,
     "PageReached PageReached QrIssued QrScanned PhoneAwaited PhoneIdentified LinkCompleted"),
    ("kept session dead", STARTED, (LOADED, SYNCING, LEFT, LEFT_AND_SHOWING), S.WAITING_QR, None,
     f"PageReached PageReached SessionFound SyncProgressed SessionRejected {CODE_AGAIN}"),
    ("kept session dead, page stays", STARTED, (LOADED, SYNCING, SHOWING_1), S.WAITING_QR, None,
     "PageReached PageReached SessionFound SyncProgressed SessionRejected QrIssued"),
    ("scan rejected", STARTED, (*TO_SCAN, SHOWING_2, SHOWING_3), S.FAILED, Reason.SCAN_REJECTED,
     "PageReached PageReached QrIssued QrScanned LinkFailed"),
    ("passkey", STARTED, (*TO_SCAN, PASSKEY), S.AUTHENTICATING, None,
     "PageReached PageReached QrIssued QrScanned ActionRequired"),
    ("banned", STARTED, (*TO_SCAN, BANNED), S.FAILED, Reason.TEMPORARILY_BANNED,
     "PageReached PageReached QrIssued QrScanned LinkFailed"),
    ("replaced", STARTED, (*TO_READY, CONFLICT), S.DISCONNECTED, Reason.STREAM_REPLACED,
     f"{LINKED} ConnectionLost"),
    ("removed on the phone", STARTED, (*TO_READY, LEFT, LEFT_AND_SHOWING), S.DISCONNECTED,
     Reason.PHONE_UNLINKED,
     f"{LINKED} LoggedOut"),
    ("unlinked without a word", STARTED, (*TO_READY, SHOWING_1), S.DISCONNECTED,
     Reason.PHONE_UNLINKED,
     f"{LINKED} LoggedOut"),
    ("away for a moment", STARTED, (*TO_READY, OFFLINE, MAIN), S.READY, None,
     LINKED),
    ("pairing code", (REGISTERED, LINK_BY_PAIRING_CODE), (*TO_QR, PAIRING_CODE, PAIRING, MAIN),
     S.READY, None,
     "PageReached PageReached PairingCodeIssued QrScanned PhoneIdentified LinkCompleted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "before", "looks", "status", "reason", "story"), STORIES, ids=[r[0] for r in STORIES]
)
def test_story(
    *,
    name: str,
    before: tuple[e.AccountEvent, ...],
    looks: Looks,
    status: Status,
    reason: Reason | None,
    story: str,
):
    del name
    method = "pairing_code" if LINK_BY_PAIRING_CODE in before else "qr"
    account, events = live_through(replay(before), Reader(method), looks)
    assert [type(event).__name__ for event in events] == story.split()
    assert (account.status, account.reason) == (status, reason)


def test_a_lost_network_is_disconnected_with_an_appointment():
    reader = Reader()
    account, _ = live_through(replay(STARTED), reader, (*TO_READY, OFFLINE))
    assert account.status is Status.READY
    reader.now_s += 10
    account, _ = live_through(account, reader, (OFFLINE,))
    assert (account.status, account.reason) == (Status.DISCONNECTED, Reason.NETWORK_LOST)
    assert account.deadline is not None


def test_what_an_older_attempt_shows_changes_nothing():
    returning = replay(RETURNING)
    account, events = live_through(returning, Reader(), TO_READY)
    assert (account, events) == (returning, [])


def live_through(
    account: Account, reader: Reader, looks: Looks
) -> tuple[Account, list[e.AccountEvent]]:
    """Let the domain decide everything that these looks record; nothing of it may be refused."""
    happened: list[e.AccountEvent] = []
    for look in looks:
        for seen in reader.look(look):
            decision = decide(account, seen)  # type: ignore[arg-type]  every observation is one
            for event in [] if isinstance(decision, Ignored) else decision:
                account = evolve(account, event)
                happened.append(event)
    return account, happened
