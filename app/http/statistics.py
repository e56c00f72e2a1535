"""Statistics of attempts over the accounts of a workspace, or of all."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from app.http.accounts import InWorkspace
from app.http.documented import documented
from app.http.parts import Api, answer
from app.http.positions import Position
from app.problems import ProblemFound
from app.statistics import TooMany
from projections.statistics.tally import Asked
from projections.statistics.told import By, Statistics

USUAL = timedelta(days=7)
LONGEST = timedelta(days=366)

Since = Annotated[
    datetime | None,
    QueryParameter(
        name="since",
        description="Attempts that began at this time or later, as in 2026-11-21T09:00:00Z; by"
        " default the 7 days before `until`.",
    ),
]
Until = Annotated[
    datetime | None,
    QueryParameter(name="until", description="Attempts that began before this time; now."),
]
ByWhat = Annotated[
    By,
    QueryParameter(
        name="by",
        description="What `buckets` gather by: `day` or `week` of the start (UTC), or `whatsapp`,"
        " the version of the page.",
    ),
]


class StatisticsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How far attempts came, how long it took, and why they ended."""

    position: int
    statistics: Statistics


@get("/v1/statistics", opt=documented("statistics"))
async def show_statistics(
    api: Api,
    position: Position,
    since: Since = None,
    until: Until = None,
    workspace: InWorkspace = None,
    by: ByWhat = "day",
) -> Response[StatisticsAnswer]:
    """Sum up the attempts that began in a range: the funnel, percentiles of times, causes."""
    asked = _asked(since, until, workspace, by, api.now())
    try:
        summed = await api.statistics.tell(asked)
    except TooMany as error:
        raise ProblemFound("range_too_large", f"The range holds {error}.") from error
    return answer(StatisticsAnswer(position=position, statistics=summed), position)


def _asked(
    since: datetime | None, until: datetime | None, workspace: str | None, by: By, now: datetime
) -> Asked:
    end = _in_utc(until) if until is not None else now
    begin = _in_utc(since) if since is not None else end - USUAL
    if begin >= end:
        raise ProblemFound("invalid_request", "since: not before until.")
    if end - begin > LONGEST:
        raise ProblemFound("range_too_large", f"The range holds more than {LONGEST.days} days.")
    return Asked(since=begin, until=end, workspace=workspace, by=by)


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
