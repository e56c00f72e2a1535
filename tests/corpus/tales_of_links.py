"""Tales of links: made, lost, handed over, given up; and of attempts that somebody ended."""

from collections.abc import Callable

from domain import observations as o
from domain.deadlines import Awaited
from domain.reasons import Reason
from domain.wishes import CancelLink, PromoteStandby, RequestLogout, RequestStop
from tests.corpus.labelled import LINKED
from tests.corpus.telling import Telling
from tests.read_models.stories import CLIENT, at

Tale = Callable[[Telling], object]


def lost(reason: Reason, detail: str = "") -> Tale:
    """Lose a link that stood for a while."""
    return lambda t: t.linked().disturb().wait(1, 9000).problem(reason, detail)


def lost_on_the_way_back(reason: Reason) -> Tale:
    def tale(t: Telling) -> None:
        t.linked().wait(1, 9000).problem(Reason.NETWORK_LOST).because("network_lost")
        t.reconnect().open().problem(reason)

    return tale


def linked_by_pairing_code(t: Telling) -> None:
    t.link(by_code=True).open().show(180).wait(1, 5).fetch().wait(5, 60).scan().become_ready()


def linked_at_the_second_try(t: Telling) -> None:
    t.link().open().expire(Awaited.PAGE).because("code_never_shown")
    t.linked()


def came_back(t: Telling) -> None:
    t.linked().wait(1, 9000).problem(Reason.BROWSER_CRASHED).because("browser_crashed")
    t.reconnect().open().find_session().sync(90).become_ready()


def scanned_anew(t: Telling) -> None:
    """The kept session was dead, and somebody scanned the new code."""
    t.linked().wait(1, 9000).problem(Reason.PHONE_OFFLINE).because("phone_offline")
    t.reconnect().open().find_session().logout("phone").show(60).wait(1, 5).fetch()
    t.wait(3, 20).scan().sync(50).become_ready()


def cancelled(t: Telling) -> None:
    t.link().open().show(60).wait(1, 40).tell(CancelLink(at=at(t.now_s)), by=CLIENT)


def cancelled_early(t: Telling) -> None:
    t.link().wait(0.1, 2).tell(CancelLink(at=at(t.now_s)), by=CLIENT)


def stopped(t: Telling) -> None:
    t.linked().wait(1, 9000).tell(RequestStop(at=at(t.now_s)), by=CLIENT)


def called_off(t: Telling) -> None:
    """Two things happened: the network was lost, and then somebody wanted it to rest."""
    t.linked().wait(1, 9000).problem(Reason.NETWORK_LOST, "no stream for 60 s").wait(0.1, 0.8)
    t.tell(RequestStop(at=at(t.now_s)), by=CLIENT)
    t.explained_by = "stopped"


def logged_out(t: Telling) -> None:
    t.linked().wait(1, 9000).tell(RequestLogout(at=at(t.now_s)), by=CLIENT).wait(0.1, 2)
    t.tell(o.RecordLogout(at=at(t.now_s), attempt=t.attempt, by="client"))


def logout_not_heard(t: Telling) -> None:
    t.linked().wait(1, 9000).tell(RequestLogout(at=at(t.now_s)), by=CLIENT).expire(Awaited.LOGOUT)


def logout_while_the_number_moved(t: Telling) -> None:
    t.linked().wait(1, 9000).tell(RequestLogout(at=at(t.now_s)), by=CLIENT).wait(0.1, 3)
    t.supersede()


def logged_out_while_lost(t: Telling) -> None:
    t.linked().wait(1, 9000).problem(Reason.STREAM_REPLACED).because("stream_replaced").wait(1, 90)
    t.tell(RequestLogout(at=at(t.now_s)), by=CLIENT)
    t.explained_by = "logout_unconfirmed"


def unlinked(t: Telling) -> None:
    t.linked().logout("phone", "unknown_companion")


def unlinked_while_linking(t: Telling) -> None:
    t.link().open().show(60).wait(1, 5).fetch().wait(3, 20).scan().sync(20).logout("phone")


def code_again_while_linked(t: Telling) -> None:
    t.linked().wait(1, 900).show(60)


def ended_by_whatsapp(t: Telling) -> None:
    t.linked().logout("whatsapp", "account_sync_error")


def number_moved(t: Telling) -> None:
    t.linked().wait(1, 9000).supersede()


def number_moved_while_returning(t: Telling) -> None:
    t.linked().wait(1, 9000).problem(Reason.NETWORK_LOST).because("network_lost")
    t.reconnect().open().find_session().wait(0.1, 1).supersede()


def replaced_by_the_other_account(t: Telling) -> None:
    """WhatsApp closes the older page before the workspace has told whose number it is now."""
    t.linked().wait(1, 9000).problem(Reason.STREAM_REPLACED, "the page says CONFLICT")
    t.wait(0.01, 1).supersede()


def replaced_and_much_later_moved(t: Telling) -> None:
    """Who opened the session elsewhere had nothing to do with who linked the number later."""
    t.linked().wait(1, 9000).problem(Reason.STREAM_REPLACED, "the page says CONFLICT")
    t.wait(90, 9000).supersede()
    t.explained_by = "duplicate_account"


def _guarded(t: Telling) -> Telling:
    """Link, seal the session, and have a standby ready."""
    t.linked().wait(0.5, 5)
    sealed = o.RecordSealedSession(
        at=at(t.now_s), attempt=t.attempt, digest="sealed-1", size_bytes=90_000
    )
    t.tell(sealed)
    for stage in ("requested", "ready"):
        t.wait(0.5, 5)
        t.tell(o.RecordStandby(at=at(t.now_s), attempt=t.attempt, stage=stage, digest="sealed-1"))
    return t.wait(1, 9000)


def _promote(t: Telling, because: str) -> Telling:
    name = f"att_{t.account.attempts + 1}"
    wish = PromoteStandby(at=at(t.now_s), attempt=name, because=because)  # pyright: ignore[reportArgumentType]
    return t.tell(wish, by=CLIENT)


def handed_over(t: Telling) -> None:
    _guarded(t)
    t.labels[1] = "handed_over"
    _promote(t, t.chance.choice(("client", "send_failed"))).open().find_session().become_ready()


def taken_over(t: Telling) -> None:
    _guarded(t).problem(Reason.WORKER_LOST, "no worker has been heard of").because("worker_lost")
    t.wait(0.01, 0.5)
    _promote(t, "connection_lost").open().find_session().become_ready()


def standby_lost_too(t: Telling) -> None:
    taken_over(t)
    t.wait(1, 900).problem(Reason.WORKER_LOST, "the standby process has not been heard of")


def _unsealed(t: Telling) -> Telling:
    t.linked().wait(0.5, 5)
    unsealed = o.RecordUnsealedSession(
        at=at(t.now_s), attempt=t.attempt, reason=Reason.STORAGE_UNAVAILABLE, detail="disk full"
    )
    t.tell(unsealed).wait(1, 9000)
    return t.problem(Reason.WORKER_LOST).because("worker_lost").reconnect().open()


def never_sealed(t: Telling) -> None:
    _unsealed(t).problem(Reason.SESSION_UNREADABLE, "the profile is empty")


def unreadable(t: Telling) -> None:
    """It had been sealed, and cannot be read all the same."""
    _guarded(t).problem(Reason.WORKER_LOST).because("worker_lost")
    t.reconnect().open().problem(Reason.SESSION_UNREADABLE, "the archive is damaged")


def dead_twice(t: Telling) -> None:
    t.linked().wait(1, 9000).problem(Reason.NETWORK_LOST).because("network_lost")
    t.reconnect().open().find_session().logout("phone").find_session().show(60)


_R = Reason
LOST_AT_ANY_TIME = (
    _R.PAGE_UNREACHABLE,
    _R.BROWSER_CRASHED,
    _R.PAGE_HUNG,
    _R.PROFILE_LOCKED,
    _R.OUT_OF_MEMORY,
    _R.CLIENT_OUTDATED,
    _R.NETWORK_LOST,
    _R.PHONE_OFFLINE,
    _R.WORKER_LOST,
    _R.STORAGE_UNAVAILABLE,
    _R.TEMPORARILY_BANNED,
    _R.STREAM_REPLACED,
    _R.SESSION_TOO_LARGE,
    _R.PAGE_CHANGED,
)
TALES: dict[str, tuple[Tale, ...]] = {
    LINKED: (
        Telling.linked,
        linked_by_pairing_code,
        linked_at_the_second_try,
        came_back,
        scanned_anew,
        handed_over,
        taken_over,
    ),
    **{reason.value: (lost(reason, "as seen"),) for reason in LOST_AT_ANY_TIME},
    "cancelled": (cancelled, cancelled_early),
    "stopped": (stopped,),
    "network_lost": (lost(_R.NETWORK_LOST), lost_on_the_way_back(_R.NETWORK_LOST), called_off),
    "browser_crashed": (
        lost(_R.BROWSER_CRASHED, "the browser ended"),
        lost_on_the_way_back(_R.BROWSER_CRASHED),
    ),
    "logged_out": (logged_out,),
    "logout_unconfirmed": (logout_not_heard, logout_while_the_number_moved),
    "stream_replaced": (
        lost(_R.STREAM_REPLACED, "the page says CONFLICT"),
        logged_out_while_lost,
        replaced_and_much_later_moved,
    ),
    "phone_unlinked": (unlinked, unlinked_while_linking, code_again_while_linked),
    "unlinked_by_whatsapp": (ended_by_whatsapp,),
    "duplicate_account": (
        number_moved,
        number_moved_while_returning,
        replaced_by_the_other_account,
    ),
    "standby_process_lost": (standby_lost_too,),
    "session_never_sealed": (never_sealed,),
    "session_unreadable": (unreadable, dead_twice),
}
"""Label -> the tales whose last attempt ends so."""
