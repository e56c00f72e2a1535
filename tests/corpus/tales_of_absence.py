"""Tales of a Linkwright that was stopped, or whose machine was, and of what waited meanwhile."""

from domain.deadlines import Awaited
from domain.reasons import Reason
from tests.corpus.telling import Telling


def _away(t: Telling, awaited: Awaited) -> None:
    """Let the time run out while nobody is there; the first thing after the start is to see it."""
    t.expire(awaited, away_s=t.chance.uniform(35, 40_000))


def stopped_right_after_the_wish(t: Telling) -> None:
    _away(t.link().disturb(), Awaited.PAGE)


def stopped_while_a_reconnect_began(t: Telling) -> None:
    t.linked().wait(1, 9000).problem(Reason.WORKER_LOST).because("worker_lost")
    _away(t.reconnect(), Awaited.PAGE)


def stopped_while_it_waited_for_its_turn(t: Telling) -> None:
    _away(t.link().queue(), Awaited.START)


def stopped_while_a_code_was_on_show(t: Telling) -> None:
    _away(t.link().open().wait(0.1, 1).show(60), Awaited.SCAN)


def stopped_after_the_code_was_fetched(t: Telling) -> None:
    _away(t.link().open().wait(0.1, 1).show(60).wait(0.1, 3).fetch(), Awaited.SCAN)


def stopped_while_syncing(t: Telling) -> None:
    t.link().open().wait(0.1, 1).show(60).wait(0.1, 3).fetch().wait(3, 14).scan().sync(20, 40)
    _away(t, Awaited.AUTHENTICATION)


TALES = {
    "service_away": (
        stopped_right_after_the_wish,
        stopped_while_a_reconnect_began,
        stopped_while_it_waited_for_its_turn,
        stopped_while_a_code_was_on_show,
        stopped_after_the_code_was_fetched,
        stopped_while_syncing,
    ),
}
"""Cause -> its tales."""
