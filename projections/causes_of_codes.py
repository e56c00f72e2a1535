"""Rules about codes: shown, fetched, scanned."""

from domain.reasons import Reason
from projections.attempt_facts import AttemptFacts, ShownCode
from projections.finding import Finding, found
from projections.sentences import clock_time
from projections.timeline import TimelineRow

AIMING_S = 5.0
"""A person needs about this long to point a phone at a code that has just appeared (our estimate;
WhatsApp gives every code after the first 20 s)."""
FIRST_CODE_S = 60.0
"""The longest that any code lives (design/lifecycle.md): silence beyond it is no rotation."""
TOLD_LATE_S = 2.0
"""A phone reads a code before the page shows that it did: so much later it may be told."""


def new_scan_needed(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """Nobody waits before a screen when an account comes back by itself."""
    if facts.rejected is None or not facts.codes or facts.fetched:
        return None
    sentence = (
        f"The kept session was dead at {clock_time(facts.rejected.at)}, so a new scan was needed,"
        " and no client fetched a code."
    )
    proof = (facts.rejected, facts.codes[0].position)
    return found("new_scan_needed", ending, sentence, *proof)


def fetched_when_gone(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """A client was served codes, each of which had gone by the time it was."""
    before = facts.rows[: facts.rows.index(ending)]
    late = [row for row in before if row.name == "RecordQrFetch" and row.rule == "code_gone"]
    if not late or not facts.codes or facts.fetched:
        return None
    sentence = (
        f"A client fetched a code {_times(len(late))}, and each time the page had stopped showing"
        " it: too late to be used."
    )
    return found("codes_fetched_late", ending, sentence, *late)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def never_fetched(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.codes or facts.fetched:
        return None
    count = len(facts.codes)
    codes = "One code was" if count == 1 else f"{count} codes were"
    sentence = (
        f"{codes} on show from {clock_time(facts.codes[0].shown_at)} to {clock_time(ending.at)},"
        " and no client fetched any: the client was not told, or did not ask."
    )
    return found("code_never_fetched", ending, sentence, *(code.position for code in facts.codes))


def not_renewed(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.codes:
        return None
    last = facts.codes[-1]
    silent_s = (ending.at - last.expires_at).total_seconds()
    if silent_s <= FIRST_CODE_S:
        return None
    ran_out = [row for row in facts.ran_out if (row.position or 0) > last.position]
    asked = " although it was asked for more" if ran_out else ""
    sentence = (
        f"The last code expired at {clock_time(last.expires_at)} and the page showed no new one"
        f"{asked} for the {silent_s:.0f} s until the linking window closed."
    )
    return found("codes_not_renewed", ending, sentence, last.position, *ran_out)


def stale_code_shown(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """The user looked at a dead code for longer than at good ones."""
    if not facts.fetched or facts.fetched[-1] is facts.codes[-1]:
        return None
    last = facts.fetched[-1]
    good_s = sum(_left_s(code) for code in facts.fetched)
    stale_s = (ending.at - last.expires_at).total_seconds()
    if stale_s <= good_s:
        return None
    missed = len(facts.codes) - last.ordinal
    sentence = (
        f"The client fetched code {last.ordinal} and none of the {missed} after it: from"
        f" {clock_time(last.expires_at)} its user looked at an expired code."
    )
    following = facts.codes[last.ordinal].position
    return found("stale_code_shown", ending, sentence, last.fetched_position, following)


def _left_s(code: ShownCode) -> float:
    """How long the code was still good when it was fetched."""
    if code.fetched_at is None:
        return 0.0
    return max(0.0, (code.expires_at - code.fetched_at).total_seconds())


def fetched_late(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.fetched or max(_left_s(code) for code in facts.fetched) >= AIMING_S:
        return None
    best_s = max(_left_s(code) for code in facts.fetched)
    sentence = (
        f"Every code was fetched too late to be used: the best had {best_s:.1f} s left, and aiming"
        f" a phone takes about {AIMING_S:.0f} s."
    )
    proof = (code.fetched_position for code in facts.fetched)
    return found("codes_fetched_late", ending, sentence, *proof)


def user_too_slow(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.fetched:
        return None
    first, last = facts.fetched[0], facts.fetched[-1]
    shown_s = (ending.at - (first.fetched_at or first.shown_at)).total_seconds()
    sentence = (
        f"{len(facts.fetched)} of {len(facts.codes)} codes were fetched in time, from"
        f" {shown_s:.0f} s before the linking window closed; no phone used one: the user was too"
        " slow."
    )
    return found("user_too_slow", ending, sentence, first.fetched_position, last.fetched_position)


def stale_code_scanned(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """The phone can only have read a code that a client had: the last one that was fetched."""
    if facts.scan is None or not facts.fetched:
        return None
    seen = facts.fetched[-1]
    late_s = (facts.scan.at - seen.expires_at).total_seconds()
    if late_s <= TOLD_LATE_S:
        return None
    sentence = (
        f"The phone read code {seen.ordinal} {late_s:.0f} s after it had expired: the client went"
        " on showing it."
    )
    return found("stale_code_scanned", ending, sentence, seen.fetched_position, facts.scan)


RULES = {
    Reason.QR_NOT_FETCHED: (new_scan_needed, fetched_when_gone, never_fetched),
    Reason.QR_EXPIRED: (not_renewed, stale_code_shown, fetched_late, user_too_slow),
    Reason.SCAN_REJECTED: (stale_code_scanned,),
    Reason.AUTHENTICATION_FAILED: (stale_code_scanned,),
}
"""Reason -> its rules, the most exact first."""
