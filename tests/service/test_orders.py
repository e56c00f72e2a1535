"""What each event asks of the browser, and what a new worker does with what it finds."""

import pytest

from app.orders import Close, Gather, Open, Renew, Unlink, order_for, order_to_resume, was_held
from domain import events as e
from domain.account import NEW
from domain.deadlines import Awaited
from domain.events import AccountEvent
from domain.evolve import replay
from domain.lifecycle import LEADS_TO
from domain.reasons import Reason
from domain.status import Status
from tests.examples import ATTEMPT, ERASED, LINK, NEXT_ATTEMPT, POLICY, QR_1, REGISTERED, at, until

OPEN = Open(attempt=ATTEMPT, method="qr", pairing_phone=None)
LOST = e.ConnectionLost(at=at(100), attempt=ATTEMPT, reason=Reason.NETWORK_LOST)


def failed(reason: Reason) -> e.LinkFailed:
    return e.LinkFailed(at=at(90), attempt=ATTEMPT, reason=reason)


@pytest.mark.parametrize(
    ("event", "order"),
    [
        (LINK, OPEN),
        (
            e.ReconnectStarted(
                at=at(1),
                attempt=NEXT_ATTEMPT,
                number=2,
                policy=POLICY,
                deadline=until(Awaited.PAGE, 31),
            ),
            Open(attempt=NEXT_ATTEMPT, method="qr", pairing_phone=None, person_waits=False),
        ),
        (e.CodesExhausted(at=at(9), attempt=ATTEMPT), Renew()),
        (e.LogoutRequested(at=at(9), deadline=until(Awaited.LOGOUT, 24)), Unlink()),
        (e.LoggedOut(at=at(9), by="phone", reason=Reason.PHONE_UNLINKED), Close(erase=True)),
        (e.AccountDestroyed(at=at(9)), Close(erase=True, unlink=True)),
        (ERASED, Close(erase=True)),
        (failed(Reason.SCAN_REJECTED), Close(erase=True, failed=ATTEMPT)),
        # The session of an account that was linked before may still be good.
        (failed(Reason.PAGE_UNREACHABLE), Close(failed=ATTEMPT)),
        (failed(Reason.CANCELLED), Close()),
        (LOST, Close(failed=ATTEMPT)),
        (
            e.ReconnectFailed(at=at(9), attempt=NEXT_ATTEMPT, reason=Reason.PAGE_HUNG),
            Close(failed=NEXT_ATTEMPT),
        ),
        (
            e.SessionRejected(
                at=at(9),
                attempt=NEXT_ATTEMPT,
                reason=Reason.PHONE_UNLINKED,
                deadline=until(Awaited.PAGE, 39),
            ),
            Gather(NEXT_ATTEMPT),
        ),
        (e.AccountSuperseded(at=at(9), attempt=ATTEMPT, by="acc_two"), Close()),
        (QR_1, None),
        (REGISTERED, None),
    ],
    ids=lambda given: type(given).__name__,
)
def test_an_event_asks_this_of_the_browser(event: AccountEvent, order: object):
    assert order_for(event) == order


ENDINGS: tuple[AccountEvent, ...] = (
    failed(Reason.CANCELLED),
    e.ReconnectFailed(at=at(9), attempt=ATTEMPT, reason=Reason.NETWORK_LOST),
    LOST,
    e.AccountSuperseded(at=at(9), attempt=ATTEMPT, by="acc_two"),
    e.LoggedOut(at=at(9), by="client", reason=Reason.LOGGED_OUT),
    e.AccountDestroyed(at=at(9)),
)


def test_every_event_that_ends_an_attempt_or_a_link_closes_the_page():
    over = {Status.FAILED, Status.DISCONNECTED, Status.NOT_CREATED}
    assert {type(event) for event in ENDINGS} == {k for k, to in LEADS_TO.items() if to in over}
    assert all(isinstance(order_for(event), Close) for event in ENDINGS)


def test_an_attempt_that_no_phone_has_answered_is_resumed_under_its_own_id():
    assert order_to_resume(replay([REGISTERED, LINK])) == OPEN
    assert order_to_resume(replay([REGISTERED, LINK, QR_1])) == OPEN


def test_what_is_unlinked_is_erased_in_case_nobody_was_there_to_do_it():
    assert order_to_resume(NEW) == Close(erase=True)
    gone = e.LoggedOut(at=at(9), by="client", reason=Reason.LOGGED_OUT)
    assert order_to_resume(replay([REGISTERED, LINK, gone])) == Close(erase=True)
    dead = failed(Reason.SCAN_REJECTED)
    assert order_to_resume(replay([REGISTERED, LINK, QR_1, dead])) == Close(erase=True)
    assert order_to_resume(replay([REGISTERED, LINK, QR_1, failed(Reason.CANCELLED)])) is None


def test_a_link_that_is_only_lost_keeps_its_session():
    assert order_to_resume(replay([REGISTERED, LINK, LOST])) is None


def test_only_ready_and_authenticating_need_a_browser_to_be_true():
    scanned = e.QrScanned(at=at(9), attempt=ATTEMPT, deadline=until(Awaited.AUTHENTICATION, 69))
    ready = e.LinkCompleted(at=at(10), attempt=ATTEMPT)
    assert not was_held(replay([REGISTERED, LINK, QR_1]))
    assert was_held(replay([REGISTERED, LINK, QR_1, scanned]))
    assert was_held(replay([REGISTERED, LINK, QR_1, scanned, ready]))
    assert not was_held(replay([REGISTERED, LINK, QR_1, scanned, ready, LOST]))
