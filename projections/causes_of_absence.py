"""The rule about limits that ran out while Linkwright itself was not running."""

from domain.deadlines import Deadline
from domain.reasons import Reason
from projections.attempt_facts import AttemptFacts
from projections.finding import Finding, found
from projections.sentences import clock_time
from projections.timeline import TimelineRow

LATE_S = 30.0
"""The clock looks four times a second (app/deadline_clock.py), and a process that dies is started
again within seconds: so late is only a clock that was not there."""


def service_away(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """Whatever was awaited, nobody was there to see it come, nor the page it would come from."""
    before = facts.rows[: facts.rows.index(ending)]
    row = next((row for row in reversed(before) if _limit(row) is not None), None)
    limit = row and _limit(row)
    if limit is None:
        return None
    late_s = (ending.at - limit.at).total_seconds()
    if late_s <= LATE_S:
        return None
    sentence = (
        f"The time was up at {clock_time(limit.at)}, and Linkwright acted on it {late_s:.0f} s"
        " later: it was not running."
    )
    return found("service_away", ending, sentence, row)


def _limit(row: TimelineRow) -> Deadline | None:
    return getattr(row.event, "deadline", None)


RULES = {
    Reason.MACHINE_BUSY: (service_away,),
    Reason.INITIALIZE_TIMED_OUT: (service_away,),
    Reason.QR_NOT_FETCHED: (service_away,),
    Reason.QR_EXPIRED: (service_away,),
    Reason.AUTHENTICATION_TIMED_OUT: (service_away,),
    Reason.PHONE_NUMBER_UNKNOWN: (service_away,),
    Reason.PASSKEY_REQUIRED: (service_away,),
}
"""Reason -> its rules. Asked before all others: those tell of what somebody did in time."""
