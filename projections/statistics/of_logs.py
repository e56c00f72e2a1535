"""Statistics of logs at hand, such as bundles: every attempt that begins in one of them."""

from collections.abc import Iterable
from datetime import timedelta

from projections.replay.account_log import AccountLog
from projections.replay.redaction import EPOCH
from projections.statistics.causes import cause_among
from projections.statistics.tally import Asked, Tally
from projections.statistics.told import By, Statistics

LONGEST = timedelta(days=366)
"""What one answer may reach over: it has a bucket for every day."""
_INSTANT = timedelta(microseconds=1)


class RangeTooLong(Exception):
    """The attempts began too far apart."""


def statistics_of(logs: Iterable[AccountLog], by: By) -> Statistics:
    """Sum up from the first attempt's start to the last one's; RangeTooLong."""
    found = [
        (part.attempt, attempts)
        for attempts in (log.timeline().attempts for log in logs)
        for part in attempts
        if part.attempt is not None
    ]
    began = [row.started_at for row, _ in found]
    since, until = min(began, default=EPOCH), max(began, default=EPOCH) + _INSTANT
    if until - since > LONGEST:
        raise RangeTooLong(f"attempts that began more than {LONGEST.days} days apart")
    tally = Tally(Asked(since=since, until=until, by=by))
    for row, attempts in found:
        ended = row.ended_version
        tally.add(row, None if ended is None else cause_among(attempts, ended))
    return tally.told()
