"""What statistics tell: the shape of the answer."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.advised import Actor
from projections.attempts import Outcome
from projections.statistics.spread import Spread

By = Literal["day", "week", "whatsapp"]
"""What attempts are gathered by: the UTC day or week (its Monday) that they began in, or the
version of WhatsApp's page."""
Way = Literal["qr", "pairing_code", "reconnect"]
Duration = Literal[
    "begun_to_shown",
    "shown_to_fetched",
    "shown_to_scanned",
    "scanned_to_ready",
    "begun_to_ready",
    "INITIALIZING",
    "WAITING_QR",
    "AUTHENTICATING",
    "READY",
]
"""From one step's first time to another's; in capitals, in a status in all: of linkings that are
over, and READY of links that have ended."""


class WayTold(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts of one way to link. The steps count attempts in which they happened.

    A phone may scan a code that nobody fetched from us, and a reconnect needs none: so a later step
    may have more than an earlier one.
    """

    way: Way
    begun: int
    shown: int
    """A code was on show."""
    fetched: int
    """A client fetched one."""
    scanned: int
    ready: int
    running: int
    """Neither READY nor over yet."""
    durations: dict[Duration, Spread]


class CauseTold(msgspec.Struct, frozen=True, kw_only=True):
    """A cause, and how many attempts it ended."""

    code: str
    sentence: str
    actor: Actor
    """Who can do something about it."""
    next_step: str
    count: int
    account_id: str
    """With `attempt`: the newest that it ended, as an example."""
    attempt: int
    version: int | None
    """Of the account, at that ending; None in a row of before that was kept."""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts of one day, week or version."""

    key: str
    """Date of the day or of the week's Monday; the version, empty where the page told none."""
    begun: int
    ready: int
    causes: dict[str, int]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, over the attempts that began in [since, until), as they stand now."""

    since: datetime
    until: datetime
    workspace: str | None
    by: By
    attempts: int
    ready: int
    """Became READY, whatever came later."""
    outcomes: dict[Outcome, int]
    ways: tuple[WayTold, ...]
    causes: tuple[CauseTold, ...]
    """Most frequent first. A link that was READY and lost later has one, too."""
    unknown: int
    """Endings whose cause the log does not tell."""
    unmeasured: int
    """Rows from before statuses were timed: `projections rebuild attempts` measures them."""
    buckets: tuple[Bucket, ...]
    rules_version: int
