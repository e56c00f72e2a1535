"""Rules about browsers and pages: how far they came, and what WhatsApp did not answer."""

from domain import events as e
from domain.reasons import Reason
from projections.attempt_facts import AttemptFacts
from projections.finding import Finding, detail_of, found, with_detail
from projections.timeline import TimelineRow

_STAGES: dict[e.Phase | None, tuple[str, str]] = {
    None: ("browser_never_started", "No browser started"),
    "queued": ("turn_never_came", "The browser's turn to start did not come"),
    "browser_started": ("page_never_loaded", "The browser started, but the page did not load"),
    "page_loaded": ("bridge_never_started", "The page loaded, but the bridge did not start"),
    "bridge_started": ("code_never_shown", "The bridge started, but the page showed nothing"),
}
"""The last phase that was reached -> what did not come after it."""


def stuck_at(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    last = facts.progress[-1] if facts.progress else facts.rows[0]
    ran_out = [row for row in facts.ran_out if row.at >= last.at]
    if isinstance(last.event, e.SessionRejected):
        code, what = "code_never_shown", "The kept session was dead, and the page showed no code"
    elif ran_out:
        code, what = "code_never_shown", "The page had no code and gave none when asked for one"
    else:
        phase = last.event.phase if isinstance(last.event, e.PageReached) else None
        code, what = _STAGES[phase]
    waited_s = (ending.at - last.at).total_seconds()
    sentence = with_detail(f"{what} within {waited_s:.0f} s.", ending)
    return found(code, ending, sentence, last, *ran_out)


def turn_never_came(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    last = facts.progress[-1] if facts.progress else None
    return stuck_at(facts, ending) if last is not None and _queued(last) else None


def crashed_at_start(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """A crash before the row that says that a browser has started: it never did."""
    last = facts.progress[-1] if facts.progress else None
    if last is not None and not _queued(last):
        return None
    sentence = with_detail("The browser ended before it had started.", ending)
    return found("browser_never_started", ending, sentence, last or facts.rows[0])


def _queued(row: TimelineRow) -> bool:
    return isinstance(row.event, e.PageReached) and row.event.phase == "queued"


def network_refused(_: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """The page itself says so, with WhatsApp's own word for it."""
    if "PROXYBLOCK" not in detail_of(ending):
        return None
    sentence = with_detail("WhatsApp turned away the network that the page came from.", ending)
    return found("network_refused", ending, sentence)


def sync_stalled(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.syncs:
        return None
    last = facts.syncs[-1]
    percent = last.event.percent if isinstance(last.event, e.SyncProgressed) else 0
    waited_s = (ending.at - last.at).total_seconds()
    sentence = f"The first sync stopped at {percent} % and did not move for {waited_s:.0f} s."
    return found("sync_stalled", ending, sentence, last)


def session_unanswered(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    session = facts.last(e.SessionFound)
    if session is None or facts.scan is not None:
        return None
    waited_s = (ending.at - session.at).total_seconds()
    sentence = f"The kept session was found, and WhatsApp did not answer it for {waited_s:.0f} s."
    return found("session_unanswered", ending, sentence, session)


def scan_unanswered(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if facts.scan is None:
        return None
    waited_s = (ending.at - facts.scan.at).total_seconds()
    sentence = f"The phone used the code, and WhatsApp did not finish within {waited_s:.0f} s."
    return found("authentication_timed_out", ending, sentence, facts.scan)


def passkey(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    demand = facts.last(e.ActionRequired)
    if demand is None:
        return None
    waited_s = (ending.at - demand.at).total_seconds()
    timed_out = ending.cause.kind in ("ExpireDeadline", "")
    what = "got no answer for" if timed_out else "went back to a code after"
    sentence = f"WhatsApp demanded a passkey and {what} {waited_s:.0f} s."
    return found("passkey_required", ending, sentence, demand)


def number_never_told(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    awaited = facts.last(e.PhoneAwaited)
    if awaited is None:
        return None
    waited_s = (ending.at - awaited.at).total_seconds()
    sentence = f"The phone was linked, but the page did not tell its number for {waited_s:.0f} s."
    return found("phone_number_unknown", ending, sentence, awaited)


RULES = {
    Reason.MACHINE_BUSY: (turn_never_came,),
    Reason.INITIALIZE_TIMED_OUT: (stuck_at,),
    Reason.BROWSER_CRASHED: (crashed_at_start,),
    Reason.PAGE_UNREACHABLE: (network_refused,),
    Reason.AUTHENTICATION_TIMED_OUT: (sync_stalled, session_unanswered, scan_unanswered),
    Reason.PASSKEY_REQUIRED: (passkey,),
    Reason.PHONE_NUMBER_UNKNOWN: (number_never_told,),
}
"""Reason -> its rules, the most exact first."""
