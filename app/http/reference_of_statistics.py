"""The reference's line of the route that sums attempts up."""

from datetime import timedelta

from app.http import example_story as story
from app.http import statistics
from app.http.reference_line import Line
from projections.replay.account_log import AccountLog
from projections.statistics.causes import ending_cause
from projections.statistics.tally import Asked, Tally


def _statistics() -> statistics.StatisticsAnswer:
    example = story.failed()
    log = AccountLog(account_id=story.ACCOUNT, inputs=example.inputs, events=example.events)
    day = example.now.replace(hour=0, minute=0, second=0, microsecond=0)
    tally = Tally(Asked(since=day, until=day + timedelta(days=1), workspace="acme"))
    for part in log.timeline().attempts:
        row = part.attempt
        if row is not None and row.ended_version is not None:
            tally.add(row, ending_cause(log, row.ended_version))
    return statistics.StatisticsAnswer(position=example.position, statistics=tally.told())


STATISTICS = {"statistics": Line(answer=_statistics, problems=("range_too_large",))}
"""Of the group `Story`."""
