"""Why an attempt failed or a link was lost: deterministic rules over the recorded rows.

A rule belongs to one reason of the domain and names what the reason alone cannot know; the
first that speaks is the cause, and the reason's own advice is when none does. Change a rule, and
`RULES_VERSION` goes up, so that two answers about one log can be told apart.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from domain import events as e
from domain.advice import ADVICE
from domain.advised import NOBODY_WAIT
from domain.reasons import RECONNECTABLE, Reason
from projections import (
    causes_of_absence,
    causes_of_codes,
    causes_of_links,
    causes_of_pages,
    causes_of_silence,
)
from projections.attempt_facts import AttemptFacts
from projections.finding import Finding, found, reason_of, with_detail
from projections.timeline import TimelineRow

RULES_VERSION = 5

Rule = Callable[[AttemptFacts, TimelineRow], Finding | None]
_BOOKS: tuple[Mapping[Reason, tuple[Rule, ...]], ...] = (
    causes_of_absence.RULES,
    causes_of_silence.RULES,
    causes_of_codes.RULES,
    causes_of_pages.RULES,
    causes_of_links.RULES,
)
RULES: dict[Reason, tuple[Rule, ...]] = {
    reason: tuple(rule for book in _BOOKS for rule in book.get(reason, ()))
    for reason in Reason
    if any(reason in book for book in _BOOKS)
}
"""Reason -> its rules, the most exact first."""
NO_RECONNECT = "Reconnect by hand once it works again: no further one follows by itself."
NO_RETRY = "Retry once it works again: a first link is not tried again by itself."
"""What to do where the reason's advice is to wait for a reconnect, and none is appointed."""


def cause_of(facts: AttemptFacts, ending: TimelineRow) -> Finding:
    """Name the cause of one of the attempt's endings."""
    return _as_appointed(_cause(facts, ending), ending)


def _cause(facts: AttemptFacts, ending: TimelineRow) -> Finding:
    reason = reason_of(ending)
    for rule in RULES.get(reason, ()):
        finding = rule(facts, ending)
        if finding is not None:
            return finding
    return found(reason.value, ending, with_detail(ADVICE[reason].sentence, ending))


def _as_appointed(finding: Finding, ending: TimelineRow) -> Finding:
    """Do not tell anybody to wait for a reconnect that does not come."""
    match ending.event:
        case e.LinkFailed() if finding.next_step == NOBODY_WAIT:
            return replace(finding, actor="operator", next_step=NO_RETRY)
        case e.ReconnectFailed(deadline=None) | e.ConnectionLost(deadline=None) if (
            finding.reason in RECONNECTABLE and finding.actor == "nobody"
        ):
            return replace(finding, actor="operator", next_step=NO_RECONNECT)
        case _:
            return finding


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
