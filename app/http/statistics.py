"""Statistics of attempts over the accounts of a workspace, or of all."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from app.fleet_what_if import verdict_on
from app.http.accounts import InWorkspace
from app.http.bundles import MOST_OPENED, sent_bundles
from app.http.documented import documented
from app.http.parts import AnyRequest, Api, answer
from app.http.positions import Position
from app.problems import ProblemFound
from app.statistics import TooMany
from projections.replay.edits import Changes
from projections.replay.fleet import Fleet, fleet_of
from projections.statistics.of_logs import LONGEST, RangeTooLong, statistics_of
from projections.statistics.tally import Asked
from projections.statistics.told import By, Statistics

USUAL = timedelta(days=7)

Since = Annotated[
    datetime | None,
    QueryParameter(
        name="since",
        description="From this time on, as in 2026-11-21T09:00:00Z; by default the 7 days before"
        " `until`.",
    ),
]
Until = Annotated[
    datetime | None,
    QueryParameter(name="until", description="Before this time; now."),
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


class BundleStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """The same of bundles, and what this build makes of their attempts."""

    statistics: Statistics
    fleet: Fleet


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
    begin, end = asked_range(since, until, api.now())
    asked = Asked(since=begin, until=end, workspace=workspace, by=by)
    try:
        summed = await api.statistics.tell(asked)
    except TooMany as error:
        raise ProblemFound("range_too_large", f"The range holds {error}.") from error
    return answer(StatisticsAnswer(position=position, statistics=summed), position)


@post(
    "/v1/statistics/bundles",
    status_code=200,
    opt=documented("bundle_statistics"),
    request_max_body_size=MOST_OPENED,
)
async def show_bundle_statistics(
    request: AnyRequest,
    api: Api,  # noqa: ARG001
    by: ByWhat = "day",
) -> Response[BundleStatistics]:
    """Sum up the attempts in one bundle or several, one after another. Nothing is kept."""
    content = await request.body()
    try:
        told = await asyncio.to_thread(_of_bundles, content, by)
    except RangeTooLong as error:
        raise ProblemFound("range_too_large", f"The bundles hold {error}.") from error
    return Response(told, headers={"Cache-Control": "no-store"})


def _of_bundles(content: bytes, by: By) -> BundleStatistics:
    logs = [bundle.log for bundle in sent_bundles(content)]
    attempts = (attempt for log in logs for attempt in log.attempts())
    return BundleStatistics(
        statistics=statistics_of(logs, by),
        fleet=fleet_of(verdict_on(attempt, Changes()) for attempt in attempts),
    )


def asked_range(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """Give the range that was asked for, or the usual one; ProblemFound if it is none."""
    end = _in_utc(until) if until is not None else now
    begin = _in_utc(since) if since is not None else end - USUAL
    if begin >= end:
        raise ProblemFound("invalid_request", "since: not before until.")
    if end - begin > LONGEST:
        raise ProblemFound("range_too_large", f"The range holds more than {LONGEST.days} days.")
    return begin, end


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
