"""Tales of codes: who looked at them, when, and what came of it."""

from collections.abc import Callable
from typing import NamedTuple

from domain import observations as o
from domain.deadlines import Awaited
from domain.reasons import Reason
from tests.corpus.telling import Telling
from tests.read_models.stories import at

FIRST_S, LATER_S, PAIRING_S = 60.0, 20.0, 180.0
WINDOW_S = 300.0

Fetching = Callable[[Telling, "Shown"], object]
"""What the client does with a code on show."""


class Shown(NamedTuple):
    """The code on show."""

    number: int
    lives_s: float


def rotate(t: Telling, fetching: Fetching, codes: int = 13) -> Telling:
    """Let the page show code after code; a set has one of 60 s and some of 20 s."""
    t.wait(0.1, 1)
    for number in range(1, codes + 1):
        lives_s = FIRST_S if number == 1 else LATER_S
        shown_s = t.now_s
        t.show(lives_s)
        fetching(t, Shown(number, lives_s))
        t.now_s = shown_s + lives_s + t.chance.uniform(0.0, 0.05)
    return t


def close(t: Telling) -> None:
    """Let the linking window close."""
    t.expire(Awaited.SCAN)


def nobody(_: Telling, __: Shown) -> None:
    """Fetch nothing."""


def at_once(t: Telling, _: Shown) -> None:
    t.wait(0.05, 3).fetch()


def at_the_last_moment(t: Telling, shown: Shown) -> None:
    left_s = t.chance.uniform(0.3, 3.5)
    t.wait(shown.lives_s - left_s, shown.lives_s - left_s).fetch()


def just_gone(t: Telling, shown: Shown) -> None:
    """Ask for the code before this one: it went while the request was on its way."""
    if shown.number > 1:
        t.wait(0.1, 1).fetch(t.codes - 1)


def up_to(last: int) -> Fetching:
    """Fetch the first codes at once, and then no more."""
    return lambda t, shown: at_once(t, shown) if shown.number <= last else None


def never_fetched(t: Telling) -> None:
    close(rotate(t.link().open().disturb(), nobody))


def pairing_code_never_fetched(t: Telling) -> None:
    t.link(by_code=True).open().show(PAIRING_S).wait(PAIRING_S, PAIRING_S + 15).show(PAIRING_S)
    close(t)


def nobody_was_told(t: Telling) -> None:
    close(rotate(t.link().open().disturb().fall_silent(), nobody))


def nobody_was_told_from_the_middle_on(t: Telling) -> None:
    silent_from = t.chance.randint(3, 8)

    def fetching(t: Telling, shown: Shown) -> None:
        if shown.number < silent_from:
            at_once(t, shown)
        elif shown.number == silent_from:
            t.fall_silent()

    close(rotate(t.link().open(), fetching))


def nobody_is_told_since_the_attempt_before(t: Telling) -> None:
    close(rotate(t.link().open().fall_silent(), nobody))
    t.because("webhook_receiver_down")
    t.link()
    close(rotate(t.open(), nobody))


def told_again_but_nobody_came(t: Telling) -> None:
    t.link().open().fall_silent().wait(1, 5).be_heard()
    close(rotate(t, nobody))


def silent_but_the_client_asks_by_itself(t: Telling) -> None:
    close(rotate(t.link().open().fall_silent(), at_once))


def every_code_fetched(t: Telling) -> None:
    close(rotate(t.link().open().disturb(), at_once))


def pairing_code_never_entered(t: Telling) -> None:
    t.link(by_code=True).open().show(PAIRING_S).wait(0.1, 3).fetch()
    t.wait(PAIRING_S, PAIRING_S + 15).show(PAIRING_S).wait(0.1, 3).fetch()
    close(t)


def user_left_near_the_end(t: Telling) -> None:
    close(rotate(t.link().open(), up_to(t.chance.randint(10, 12))))


def only_the_first_fetched(t: Telling) -> None:
    close(rotate(t.link().open().disturb(), up_to(1)))


def only_some_fetched(t: Telling) -> None:
    close(rotate(t.link().open(), up_to(t.chance.randint(2, 4))))


def fetched_at_the_last_moment(t: Telling) -> None:
    close(rotate(t.link().open().disturb(), at_the_last_moment))


def fetched_when_gone(t: Telling) -> None:
    close(rotate(t.link().open(), just_gone))


def page_stopped_renewing(t: Telling) -> None:
    close(rotate(t.link().open(), at_once, codes=t.chance.randint(1, 6)))


def page_ran_out_of_codes(t: Telling) -> None:
    rotate(t.link().open(), at_once, codes=6)
    t.tell(o.RecordCodesExhausted(at=at(t.now_s), attempt=t.attempt))
    close(t)


def scan_refused(t: Telling) -> None:
    rotate(t.link().open(), at_once, codes=t.chance.randint(1, 4))
    t.show(LATER_S).wait(0.1, 2).fetch().wait(1, 12).scan().disturb().wait(0.5, 4).show(FIRST_S)


def scan_told_a_little_late(t: Telling) -> None:
    """The phone reads a code in its last moment, and the page says so when the next is on show."""
    t.link().open().show(FIRST_S).wait(0.1, 2).fetch()
    t.now_s += FIRST_S - t.chance.uniform(2.0, 2.2)
    t.show(LATER_S).wait(1.6, 1.9).scan().wait(0.5, 4).show(FIRST_S)


def stale_code_scanned(t: Telling) -> None:
    rotate(t.link().open(), up_to(1), codes=t.chance.randint(2, 5))
    t.show(LATER_S).wait(3, 15).scan().wait(0.5, 3).show(FIRST_S)


def stale_code_failed(t: Telling) -> None:
    rotate(t.link().open(), up_to(2), codes=t.chance.randint(4, 6))
    t.show(LATER_S).wait(3, 15).scan().problem(Reason.AUTHENTICATION_FAILED)


def answer_refused(t: Telling) -> None:
    t.link().open().show(FIRST_S).wait(0.1, 2).fetch().wait(3, 40).scan()
    t.problem(Reason.AUTHENTICATION_FAILED)


def no_pairing_code(reason: Reason) -> Callable[[Telling], None]:
    def tale(t: Telling) -> None:
        t.link(by_code=True).open().problem(reason, "the page says 429")

    return tale


def session_dead_and_nobody_there(t: Telling) -> None:
    t.linked().wait(300, 9000).problem(Reason.NETWORK_LOST).because("network_lost")
    t.reconnect().open().find_session().logout("phone")
    close(rotate(t, nobody))


TALES: dict[str, tuple[Callable[[Telling], None], ...]] = {
    "code_never_fetched": (
        never_fetched,
        pairing_code_never_fetched,
        told_again_but_nobody_came,
    ),
    "webhook_receiver_down": (
        nobody_was_told,
        nobody_was_told_from_the_middle_on,
        nobody_is_told_since_the_attempt_before,
    ),
    "user_too_slow": (
        every_code_fetched,
        pairing_code_never_entered,
        user_left_near_the_end,
        silent_but_the_client_asks_by_itself,
    ),
    "stale_code_shown": (only_the_first_fetched, only_some_fetched),
    "codes_fetched_late": (fetched_at_the_last_moment, fetched_when_gone),
    "codes_not_renewed": (page_stopped_renewing, page_ran_out_of_codes),
    "scan_rejected": (scan_refused, scan_told_a_little_late),
    "stale_code_scanned": (stale_code_scanned, stale_code_failed),
    "authentication_failed": (answer_refused,),
    "pairing_code_limited": (no_pairing_code(Reason.PAIRING_CODE_LIMITED),),
    "pairing_code_refused": (no_pairing_code(Reason.PAIRING_CODE_REFUSED),),
    "new_scan_needed": (session_dead_and_nobody_there,),
}
"""Label -> the tales whose last attempt ends so."""
