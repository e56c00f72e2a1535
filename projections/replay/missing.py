"""What is asked of an account's page, and how a missing answer of it is named."""

from datetime import datetime

import msgspec

from domain import events as e
from domain.account import Account

ASKS: dict[type[e.AccountEvent], str] = {
    e.LinkRequested: "opened",
    e.ReconnectStarted: "opened",
    e.CodesExhausted: "asked for new codes",
    e.LogoutRequested: "asked to log out",
    e.LinkFailed: "closed",
    e.ReconnectFailed: "closed",
    e.ConnectionLost: "closed",
    e.AccountSuperseded: "closed",
    e.LoggedOut: "closed",
    e.AccountDestroyed: "closed",
}
"""Events after which the page is treated otherwise (app/orders.py does it) -> what is done."""


class Asked(msgspec.Struct, frozen=True):
    """What one event asks of the page."""

    done: str
    at: datetime
    topic: str
    how: tuple[object, ...]
    """Attempt, method and reason, as far as the event has them."""


def asked_of(event: e.AccountEvent) -> Asked | None:
    """Say what an event asks of the page; None when it asks nothing."""
    done = ASKS.get(type(event))
    if done is None:
        return None
    how = tuple(getattr(event, name, None) for name in ("attempt", "method", "reason"))
    return Asked(done, event.at, type(event).__name__, how)


def missing_answer(
    account: Account, since: datetime, before: Asked | None, after: Asked | None
) -> str:
    """Name the answer of the page that is needed; `before` and `after` are where they part."""
    return f"what the page showed after {_clock(since)}: {_why(before, after)}{awaiting(account)}"


def awaiting(account: Account) -> str:
    """Say what the account would have gone on waiting for."""
    if account.deadline is None:
        return ""
    awaited = account.deadline.awaited.value.replace("_", " ")
    return f"; the account would have waited for {awaited} until {_clock(account.deadline.at)}"


def _why(before: Asked | None, after: Asked | None) -> str:
    if before is not None and (after is None or before.at <= after.at):
        return f"in the record it was {before.done} at {_clock(before.at)} ({before.topic})"
    if after is not None:
        return f"only here it is {after.done} at {_clock(after.at)} ({after.topic})"
    return "an inserted input makes it another page"


def _clock(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
