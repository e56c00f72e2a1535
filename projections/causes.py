"""Why an attempt failed or a link was lost: deterministic rules over the recorded rows.

A rule belongs to one reason of the domain and names what the reason alone cannot know; the
first that speaks is the cause, and the reason's own advice is when none does. Change a rule, and
`RULES_VERSION` goes up, so that two answers about one log can be told apart.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from domain import events as e
from domain import facts as f
from domain.advice import ADVICE
from domain.advised import Actor
from domain.reasons import Reason
from projections.attempt_facts import AttemptFacts, ShownCode
from projections.sentences import clock_time
from projections.timeline import TimelineRow

RULES_VERSION = 2

AIMING_S = 5.0
"""A person needs about this long to point a phone at a code that has just appeared (our estimate;
WhatsApp gives every code after the first 20 s)."""
FIRST_CODE_S = 60.0
"""The longest that any code lives (design/lifecycle.md): silence beyond it is no rotation."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the log proves about an attempt."""

    code: str
    """Stable name: the reason's own code, or a more exact one; `unknown` if no rule applies."""
    reason: Reason | None
    sentence: str
    positions: tuple[int, ...]
    """Positions of the events that prove it."""
    inputs: tuple[int, ...] = ()
    """Ids of the inputs that prove it, where no event does."""
    actor: Actor
    next_step: str
    retry_helps: bool


def cause_of(facts: AttemptFacts, ending: TimelineRow) -> Finding:
    """Name the cause of one of the attempt's endings."""
    reason = _reason(ending)
    for rule in RULES.get(reason, ()):
        finding = rule(facts, ending)
        if finding is not None:
            return finding
    detail = getattr(ending.event, "detail", "")
    told = ADVICE[reason].sentence
    sentence = f"{told[:-1]} ({detail})." if detail else told
    return _finding(reason.value, reason, sentence, ending)


def unknown() -> Finding:
    """Say that the rows at hand do not tell the cause."""
    return Finding(
        code="unknown",
        reason=None,
        sentence="The events at hand do not tell the cause.",
        positions=(),
        actor="operator",
        next_step="Look at the whole timeline, from the attempt's start.",
        retry_helps=True,
    )


def _reason(ending: TimelineRow) -> Reason:
    reason: Reason = getattr(ending.event, "reason", None) or _UNSAID[type(ending.event)]
    return reason


_UNSAID: dict[type[Any], Reason] = {
    e.AccountSuperseded: Reason.SUPERSEDED,
    f.ReconnectCalledOff: Reason.STOPPED,
}
"""The reason that an event's own name is."""


def _finding(
    code: str,
    reason: Reason,
    sentence: str,
    ending: TimelineRow,
    *proof: int | None,
    advice: Reason | None = None,
) -> Finding:
    """Make a finding that is proved by `proof` and the ending; `advice` is another reason's."""
    told = ADVICE[advice or reason]
    positions = {position for position in (*proof, ending.position) if position is not None}
    return Finding(
        code=code,
        reason=reason,
        sentence=sentence,
        positions=tuple(sorted(positions)),
        actor=told.actor,
        next_step=told.next_step,
        retry_helps=told.retry_helps,
    )


Rule = Callable[[AttemptFacts, TimelineRow], Finding | None]


def _never_fetched(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.codes or facts.fetched:
        return None
    count = len(facts.codes)
    codes = "One code was" if count == 1 else f"{count} codes were"
    sentence = (
        f"{codes} on show from {clock_time(facts.codes[0].shown_at)} to {clock_time(ending.at)},"
        " and no client fetched any: the client was not told, or did not ask."
    )
    proof = [code.position for code in facts.codes]
    return _finding("code_never_fetched", Reason.QR_NOT_FETCHED, sentence, ending, *proof)


def _not_renewed(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.codes:
        return None
    last = facts.codes[-1]
    silent_s = (ending.at - last.expires_at).total_seconds()
    if silent_s <= FIRST_CODE_S:
        return None
    sentence = (
        f"The last code expired at {clock_time(last.expires_at)} and the page showed no new one for"
        f" the {silent_s:.0f} s until the linking window closed."
    )
    return _finding(
        "codes_not_renewed",
        Reason.QR_EXPIRED,
        sentence,
        ending,
        last.position,
        advice=Reason.INITIALIZE_TIMED_OUT,
    )


def _stale_code_shown(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
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
    return _finding(
        "stale_code_shown",
        Reason.QR_EXPIRED,
        sentence,
        ending,
        last.fetched_position,
        following,
        advice=Reason.QR_STALE,
    )


def _left_s(code: ShownCode) -> float:
    """How long the code was still good when it was fetched."""
    if code.fetched_at is None:
        return 0.0
    return max(0.0, (code.expires_at - code.fetched_at).total_seconds())


def _fetched_late(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.fetched or max(_left_s(code) for code in facts.fetched) >= AIMING_S:
        return None
    best_s = max(_left_s(code) for code in facts.fetched)
    sentence = (
        f"Every code was fetched too late to be used: the best had {best_s:.1f} s left, and aiming"
        f" a phone takes about {AIMING_S:.0f} s."
    )
    proof = [code.fetched_position for code in facts.fetched]
    return _finding(
        "codes_fetched_late",
        Reason.QR_EXPIRED,
        sentence,
        ending,
        *proof,
        advice=Reason.QR_STALE,
    )


def _user_too_slow(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.fetched:
        return None
    first, last = facts.fetched[0], facts.fetched[-1]
    shown_s = (ending.at - (first.fetched_at or first.shown_at)).total_seconds()
    sentence = (
        f"{len(facts.fetched)} of {len(facts.codes)} codes were fetched in time, from"
        f" {shown_s:.0f} s before the linking window closed; no phone used one: the user was too"
        " slow."
    )
    return _finding(
        "user_too_slow",
        Reason.QR_EXPIRED,
        sentence,
        ending,
        first.fetched_position,
        last.fetched_position,
    )


def _stale_code_scanned(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """The phone can only have read a code that a client had: the last one that was fetched."""
    if facts.scan is None or not facts.fetched:
        return None
    seen = facts.fetched[-1]
    late_s = (facts.scan.at - seen.expires_at).total_seconds()
    if late_s <= 0:
        return None
    sentence = (
        f"The phone read code {seen.ordinal} {late_s:.0f} s after it had expired: the client went"
        " on showing it."
    )
    return _finding(
        "stale_code_scanned",
        _reason(ending),
        sentence,
        ending,
        seen.fetched_position,
        facts.scan.position,
        advice=Reason.QR_STALE,
    )


_STAGES: dict[e.Phase | None, tuple[str, str]] = {
    None: ("browser_never_started", "No browser started"),
    "queued": ("turn_never_came", "The browser's turn to start did not come"),
    "browser_started": ("page_never_loaded", "The browser started, but the page did not load"),
    "page_loaded": ("bridge_never_started", "The page loaded, but the bridge did not start"),
    "bridge_started": ("code_never_shown", "The bridge started, but the page showed nothing"),
}
"""The last phase that was reached -> what did not come after it."""


def _stuck_at(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    last = facts.progress[-1] if facts.progress else facts.rows[0]
    waited_s = (ending.at - last.at).total_seconds()
    if isinstance(last.event, e.SessionRejected):
        code, what = "code_never_shown", "The kept session was dead, and the page showed no code"
    else:
        phase = last.event.phase if isinstance(last.event, e.PageReached) else None
        code, what = _STAGES[phase]
    sentence = f"{what} within {waited_s:.0f} s."
    return _finding(code, _reason(ending), sentence, ending, last.position)


def _sync_stalled(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not facts.syncs:
        return None
    last = facts.syncs[-1]
    percent = last.event.percent if isinstance(last.event, e.SyncProgressed) else 0
    waited_s = (ending.at - last.at).total_seconds()
    sentence = f"The first sync stopped at {percent} % and did not move for {waited_s:.0f} s."
    return _finding("sync_stalled", _reason(ending), sentence, ending, last.position)


def _passkey(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    demand = next((row for row in facts.rows if isinstance(row.event, e.ActionRequired)), None)
    if demand is None:
        return None
    waited_s = (ending.at - demand.at).total_seconds()
    sentence = f"WhatsApp demanded a passkey and got no answer for {waited_s:.0f} s."
    return _finding("passkey_required", _reason(ending), sentence, ending, demand.position)


def _duplicate_account(_: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not isinstance(ending.event, e.AccountSuperseded):
        return None
    sentence = (
        f"The same phone number was linked by account {ending.event.by} of this workspace, which"
        " holds it now."
    )
    return _finding("duplicate_account", Reason.SUPERSEDED, sentence, ending)


RULES: dict[Reason, tuple[Rule, ...]] = {
    Reason.QR_NOT_FETCHED: (_never_fetched,),
    Reason.QR_EXPIRED: (_not_renewed, _stale_code_shown, _fetched_late, _user_too_slow),
    Reason.SCAN_REJECTED: (_stale_code_scanned,),
    Reason.AUTHENTICATION_FAILED: (_stale_code_scanned,),
    Reason.AUTHENTICATION_TIMED_OUT: (_sync_stalled,),
    Reason.MACHINE_BUSY: (_stuck_at,),
    Reason.INITIALIZE_TIMED_OUT: (_stuck_at,),
    Reason.PASSKEY_REQUIRED: (_passkey,),
    Reason.SUPERSEDED: (_duplicate_account,),
}
"""Reason -> its rules, the most exact first."""
