"""Every projection there is: the tables written with the events, and all that follows behind."""

from typing import Literal

import msgspec

from projections.tables import TABLES

Kind = Literal["table", "follower", "clock"]
"""table: its rows are written in the transaction of the events, so it is never behind the log.
follower: reads the log behind it, from a position. clock: looks at accounts, at no position."""

FEED = "feed"
REACTOR = "workspace-reactor"
WEBHOOKS = "webhooks"
BROWSERS = "browsers"
DEADLINES = "deadlines"
STANDBYS = "standbys"
WORKER_WATCH = "worker-watch"
STANDBY_WATCH = "standby-watch"
QUEUE_CLOCK = "queue-clock"


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """One projection, as operators meet it."""

    name: str
    kind: Kind
    meaning: str


PROJECTIONS: tuple[Projection, ...] = (
    *(
        Projection(name=name, kind="table", meaning=f"one row for each of the {what}")
        for name, what in (
            ("accounts", "accounts"),
            ("attempts", "attempts to link"),
            ("messages", "messages"),
        )
    ),
    Projection(name=FEED, kind="follower", meaning="hands every event out to its readers"),
    Projection(name=WEBHOOKS, kind="follower", meaning="tells webhooks what the feed tells"),
    Projection(name=REACTOR, kind="follower", meaning="carries facts from account to workspace"),
    Projection(name=BROWSERS, kind="follower", meaning="opens and closes the accounts' pages"),
    Projection(name=STANDBYS, kind="clock", meaning="keeps the accounts' standbys"),
    Projection(name=DEADLINES, kind="clock", meaning="fires deadlines that have passed"),
    Projection(name=WORKER_WATCH, kind="clock", meaning="notices that no worker lives any more"),
    Projection(name=STANDBY_WATCH, kind="clock", meaning="notices that no standby process lives"),
    Projection(name=QUEUE_CLOCK, kind="clock", meaning="fails messages that waited for too long"),
)
KINDS: dict[str, Kind] = {projection.name: projection.kind for projection in PROJECTIONS}
TABLE_NAMES = tuple(TABLES)
FOLLOWERS = tuple(name for name, kind in KINDS.items() if kind == "follower")
