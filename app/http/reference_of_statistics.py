"""The reference's lines of the routes that sum attempts up."""

from datetime import timedelta

from adapters.event_log.message_rows import Deliveries
from app.fleet_what_if import verdict_on
from app.http import example_story as story
from app.http import message_statistics, statistics
from app.http.reference_line import Line
from projections.replay.account_log import AccountLog
from projections.replay.edits import Changes
from projections.replay.fleet import fleet_of
from projections.statistics.causes import ending_cause
from projections.statistics.of_logs import statistics_of
from projections.statistics.tally import Asked, Tally


def _log() -> AccountLog:
    example = story.failed()
    return AccountLog(account_id=story.ACCOUNT, inputs=example.inputs, events=example.events)


def _statistics() -> statistics.StatisticsAnswer:
    example, log = story.failed(), _log()
    day = example.now.replace(hour=0, minute=0, second=0, microsecond=0)
    tally = Tally(Asked(since=day, until=day + timedelta(days=1), workspace="acme"))
    for part in log.timeline().attempts:
        row = part.attempt
        if row is not None and row.ended_version is not None:
            tally.add(row, ending_cause(log, row.ended_version))
    return statistics.StatisticsAnswer(position=example.position, statistics=tally.told())


def _message_statistics() -> message_statistics.MessageStatistics:
    example = story.ready()
    day = example.now.replace(hour=0, minute=0, second=0, microsecond=0)
    return message_statistics.MessageStatistics(
        position=example.position,
        since=day,
        until=day + timedelta(days=1),
        messages=Deliveries(
            accepted=412,
            sent_by_primary=396,
            sent_by_standby=12,
            fallback_used=5,
            failed=3,
            queued=1,
        ),
    )


def _bundle_statistics() -> statistics.BundleStatistics:
    log = _log()
    return statistics.BundleStatistics(
        statistics=statistics_of([log], "day"),
        fleet=fleet_of(verdict_on(attempt, Changes()) for attempt in log.attempts()),
    )


STATISTICS = {
    "statistics": Line(answer=_statistics, problems=("range_too_large",)),
    "message_statistics": Line(answer=_message_statistics, problems=("range_too_large",)),
    "bundle_statistics": Line(
        answer=_bundle_statistics,
        problems=(
            "not_a_bundle",
            "bundle_damaged",
            "bundle_too_new",
            "body_too_large",
            "range_too_large",
        ),
    ),
}
"""Of the group `Story`."""
