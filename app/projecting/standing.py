"""How each projection stands, for `/health/ready`, `/metrics` and `projections status`."""

from collections.abc import Iterator, Mapping

import msgspec

from adapters.event_log.database import Database
from adapters.event_log.standings import Standing, count_rows, standings
from app.projecting.registry import KINDS, PROJECTIONS, Kind

MOST_LAG = 1000
"""Events that a follower may be behind: a second at the rate that issue 3 aims at."""
MOST_LAG_S = 30.0
"""A follower that takes in nothing for so long is frozen: it looks at the log every second."""


class ProjectionStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `projections status`. A clock reads no log, so it has no position."""

    name: str
    kind: Kind
    meaning: str
    position: int | None
    head: int
    lag_events: int | None
    lag_s: float | None
    rows: int | None
    parked: int


class Degraded(msgspec.Struct, frozen=True, kw_only=True):
    """A projection that does less than it should, while the service goes on."""

    projection: str
    sentence: str


async def project_standings(
    database: Database, positions: Mapping[str, int] | None = None
) -> list[Standing]:
    """Tell how each projection stands; `positions` are those that this process knows better."""
    known = positions or {}
    given = await standings(database, {name: known.get(name) for name in KINDS})
    return [one if KINDS[one.name] == "follower" else _never_behind(one) for one in given]


async def status(database: Database) -> list[ProjectionStanding]:
    """Tell everything about each projection, rows counted."""
    of_name = {one.name: one for one in await project_standings(database)}
    return [
        ProjectionStanding(
            name=projection.name,
            kind=projection.kind,
            meaning=projection.meaning,
            position=None if projection.kind == "clock" else of_name[projection.name].position,
            head=of_name[projection.name].head,
            lag_events=None if projection.kind == "clock" else of_name[projection.name].lag_events,
            lag_s=None if projection.kind == "clock" else of_name[projection.name].lag_s,
            rows=(
                await count_rows(database, projection.name) if projection.kind == "table" else None
            ),
            parked=of_name[projection.name].parked,
        )
        for projection in PROJECTIONS
    ]


def degraded(given: list[Standing]) -> tuple[Degraded, ...]:
    """Pick out what an operator should look at."""
    return tuple(
        Degraded(projection=one.name, sentence=" ".join(said))
        for one in given
        if (said := list(_said(one)))
    )


def _said(one: Standing) -> Iterator[str]:
    if one.parked:
        what = "partition is" if one.parked == 1 else "partitions are"
        yield f"{one.parked:,} {what} parked: see `./linkwright projections status`."
    if one.lag_events > MOST_LAG or one.lag_s > MOST_LAG_S:
        yield f"It is {one.lag_events:,} events ({one.lag_s:.0f} s) behind the log."


def _never_behind(one: Standing) -> Standing:
    """A table is written with the events; a clock reads no log."""
    return msgspec.structs.replace(one, position=one.head, lag_events=0, lag_s=0.0)
