"""The rule about clients that were not told: their webhook could not be reached."""

from domain import facts as f
from domain.reasons import Reason
from projections.attempt_facts import AttemptFacts
from projections.finding import Finding, found
from projections.sentences import clock_time
from projections.timeline import TimelineRow


def receiver_down(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """The codes were on show while nobody could be told of them, and nobody came for them."""
    row = _silent_at(facts, ending)
    if row is None or not isinstance(row.event, f.WebhookSilent):
        return None
    since = row.event.since
    untold = [code for code in facts.codes if code.expires_at > since and code.fetched_at is None]
    fetched_since = any(code.fetched_at and code.fetched_at >= since for code in facts.codes)
    if not untold or fetched_since:
        return None
    sentence = (
        f"Webhook {row.event.endpoint} could not be reached since {clock_time(since)}"
        f" ({row.event.error}): the client was not told of the codes and fetched none since."
    )
    proof = (code.position for code in untold)
    return found("webhook_receiver_down", ending, sentence, row, *proof)


def _silent_at(facts: AttemptFacts, ending: TimelineRow) -> TimelineRow | None:
    """Find the newest outage that had not ended when the attempt did."""
    silent: dict[str, TimelineRow] = {}
    rows = (*facts.history[: len(facts.history) - len(facts.rows)], *_until(facts, ending))
    for row in rows:
        match row.event:
            case f.WebhookSilent(endpoint=endpoint):
                silent[endpoint] = row
            case f.WebhookHeard(endpoint=endpoint):
                silent.pop(endpoint, None)
            case _:
                pass
    return list(silent.values())[-1] if silent else None


def _until(facts: AttemptFacts, ending: TimelineRow) -> tuple[TimelineRow, ...]:
    return facts.rows[: facts.rows.index(ending)]


RULES = {
    Reason.QR_NOT_FETCHED: (receiver_down,),
    Reason.QR_EXPIRED: (receiver_down,),
}
"""Reason -> its rules. Asked before those about codes, which tell what follows from this."""
