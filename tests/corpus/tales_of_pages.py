"""Tales of browsers and pages: how far they came, and what stopped them."""

from collections.abc import Callable

from domain import observations as o
from domain.deadlines import Awaited
from domain.events import Phase
from domain.reasons import Reason
from tests.corpus.telling import Telling
from tests.read_models.stories import at

Tale = Callable[[Telling], object]


def turn_never_came(t: Telling) -> None:
    t.link().queue().disturb().expire(Awaited.START)


def turn_never_came_again(t: Telling) -> None:
    """A worker took over, and its browsers had a queue too."""
    t.link().queue().wait(5, 60)
    t.tell(o.RecordPage(at=at(t.now_s), attempt=t.attempt, phase="queued", start="w2"))
    t.expire(Awaited.START)


def nothing_started(t: Telling) -> None:
    t.link().disturb().expire(Awaited.PAGE)


def browser_died_at_its_start(t: Telling) -> None:
    t.link().problem(Reason.BROWSER_CRASHED, "launch: Failed to launch the browser process")


def browser_died_after_its_turn(t: Telling) -> None:
    t.link().queue().wait(1, 40).problem(Reason.BROWSER_CRASHED, "the browser did not start")


def stuck_after(phase: Phase) -> Tale:
    return lambda t: t.link().open(up_to=phase).disturb().expire(Awaited.PAGE)


def stuck_after_its_turn(t: Telling) -> None:
    t.link().queue().wait(1, 100).open(up_to="browser_started").expire(Awaited.PAGE)


def reconnect_showed_nothing(t: Telling) -> None:
    t.linked().wait(20, 900).problem(Reason.PHONE_OFFLINE).because("phone_offline")
    t.reconnect().open().expire(Awaited.PAGE)


def page_had_no_codes(t: Telling) -> None:
    t.link().open().wait(0.1, 1)
    t.tell(o.RecordCodesExhausted(at=at(t.now_s), attempt=t.attempt)).expire(Awaited.PAGE)


def session_dead_and_no_code(t: Telling) -> None:
    t.linked().wait(20, 900).problem(Reason.NETWORK_LOST).because("network_lost")
    t.reconnect().open().find_session().logout("phone").expire(Awaited.PAGE)


def pairing_code_never_came(t: Telling) -> None:
    t.link(by_code=True).open().wait(10, 20)
    t.problem(Reason.INITIALIZE_TIMED_OUT, "no pairing code: the page did not answer")


def trouble(reason: Reason, detail: str = "", *, phase: Phase = "bridge_started") -> Tale:
    """Fail before a code was on show."""
    return lambda t: t.link().open(up_to=phase).disturb().problem(reason, detail)


def trouble_at_the_code(reason: Reason, detail: str = "") -> Tale:
    return lambda t: t.link().open().show(60).wait(1, 9).fetch().problem(reason, detail)


def trouble_while_syncing(reason: Reason, detail: str = "") -> Tale:
    return lambda t: (
        t.link()
        .open()
        .show(60)
        .wait(1, 9)
        .fetch()
        .wait(3, 9)
        .scan()
        .sync(20)
        .problem(reason, detail)
    )


def scan_unanswered(t: Telling) -> None:
    t.link().open().show(60).wait(1, 9).fetch().wait(3, 40).scan().expire(Awaited.AUTHENTICATION)


def session_unanswered(t: Telling) -> None:
    t.linked().wait(400, 9000).problem(Reason.WORKER_LOST).because("worker_lost")
    t.reconnect().open().find_session().expire(Awaited.AUTHENTICATION)


def sync_stalled(t: Telling) -> None:
    t.link().open().show(60).wait(1, 9).fetch().wait(3, 40).scan()
    t.sync(*(10, 25, 60)[: t.chance.randint(1, 3)]).expire(Awaited.AUTHENTICATION)


def reconnect_stalled(t: Telling) -> None:
    t.linked().wait(400, 9000).problem(Reason.NETWORK_LOST).because("network_lost")
    t.reconnect().open().find_session().sync(30).expire(Awaited.AUTHENTICATION)


def passkey_ignored(t: Telling) -> None:
    _passkey(t).expire(Awaited.PASSKEY)


def passkey_declined(t: Telling) -> None:
    _passkey(t).wait(3, 60).show(60)


def _passkey(t: Telling) -> Telling:
    t.link().open().show(60).wait(1, 9).fetch().wait(3, 40).scan().wait(0.1, 2)
    return t.tell(o.RecordActionRequired(at=at(t.now_s), attempt=t.attempt, action="passkey"))


def number_never_told(t: Telling) -> None:
    t.link().open().show(60).wait(1, 9).fetch().wait(3, 40).scan().sync(50).wait(1, 3)
    t.tell(o.RecordSynced(at=at(t.now_s), attempt=t.attempt)).expire(Awaited.PHONE_NUMBER)


_R = Reason
PROXY = "the page says PROXYBLOCK"
BAN = "ban code 106, until 2026-03-02 12:00 UTC"
TALES: dict[str, tuple[Tale, ...]] = {
    "turn_never_came": (turn_never_came, turn_never_came_again),
    "browser_never_started": (
        nothing_started,
        browser_died_at_its_start,
        browser_died_after_its_turn,
    ),
    "page_never_loaded": (stuck_after("browser_started"), stuck_after_its_turn),
    "bridge_never_started": (stuck_after("page_loaded"),),
    "code_never_shown": (
        stuck_after("bridge_started"),
        reconnect_showed_nothing,
        page_had_no_codes,
        session_dead_and_no_code,
        pairing_code_never_came,
    ),
    "page_unreachable": (
        trouble(_R.PAGE_UNREACHABLE, "the page: net::ERR_EMPTY_RESPONSE", phase="browser_started"),
    ),
    "network_refused": (trouble(_R.PAGE_UNREACHABLE, PROXY),),
    "page_changed": (trouble(_R.PAGE_CHANGED, "missing: WAWebSocketModel", phase="page_loaded"),),
    "browser_crashed": (
        trouble(_R.BROWSER_CRASHED, "the page's process crashed", phase="browser_started"),
        trouble_at_the_code(_R.BROWSER_CRASHED, "the browser ended"),
        trouble_while_syncing(_R.BROWSER_CRASHED),
    ),
    "browser_missing": (
        lambda t: t.link().problem(_R.BROWSER_MISSING, "no browser was found on this machine"),
    ),
    "page_hung": (trouble_at_the_code(_R.PAGE_HUNG, "the page did not answer for 10 s"),),
    "profile_locked": (lambda t: t.link().problem(_R.PROFILE_LOCKED, "its profile is in use"),),
    "out_of_memory": (
        lambda t: t.link().problem(_R.OUT_OF_MEMORY, "80 MB are available, 300 MB are needed"),
    ),
    "machine_busy": (lambda t: t.link().problem(_R.MACHINE_BUSY),),
    "client_outdated": (trouble(_R.CLIENT_OUTDATED, "the page says DEPRECATED_VERSION"),),
    "temporarily_banned": (
        trouble_while_syncing(_R.TEMPORARILY_BANNED, BAN),
        trouble_at_the_code(_R.TEMPORARILY_BANNED, "the page says TOS_BLOCK"),
    ),
    "storage_unavailable": (
        lambda t: t.link().problem(_R.STORAGE_UNAVAILABLE, "the profile cannot be used"),
        trouble(_R.STORAGE_UNAVAILABLE, "the page could not open its storage"),
    ),
    "qr_stale": (trouble_at_the_code(_R.QR_STALE),),
    "already_linked_elsewhere": (
        trouble_while_syncing(_R.ALREADY_LINKED_ELSEWHERE, "the page says CONFLICT"),
    ),
    "worker_lost": (trouble_at_the_code(_R.WORKER_LOST, "no worker has been heard of"),),
    "network_lost": (trouble_while_syncing(_R.NETWORK_LOST),),
    "authentication_timed_out": (scan_unanswered,),
    "session_unanswered": (session_unanswered,),
    "sync_stalled": (sync_stalled, reconnect_stalled),
    "passkey_required": (passkey_ignored, passkey_declined),
    "phone_number_unknown": (number_never_told,),
}
"""Label -> the tales whose last attempt ends so."""
