"""What an attempt's rows show beside its ending: no cause, but often the hint that was needed."""

from collections.abc import Callable
from itertools import pairwise, takewhile

from domain import events as e
from domain import facts as f
from domain.reasons import RECONNECTABLE, Reason
from projections.attempt_facts import ENDINGS, AttemptFacts, longest_wait
from projections.finding import Finding, reason_of
from projections.timeline import TimelineRow

RECORDED_LATE_S = 1.0
"""An append takes milliseconds; a second says that the database or a queue was in the way."""

LONG_TURN_S = 5.0
"""A turn that comes sooner is the usual spacing of starts."""
AGAIN = 3
"""Twice may be chance."""
UNREMARKABLE = frozenset({Reason.CANCELLED, Reason.STOPPED, Reason.LOGGED_OUT})
"""Somebody wants it so, each time."""


def remarks(facts: AttemptFacts) -> tuple[Finding, ...]:
    """List what the rows show, in the order of the rules."""
    found = [rule(facts) for rule in RULES]
    return tuple(finding for finding in found if finding is not None)


def _remark(
    code: str, sentence: str, rows: list[TimelineRow], next_step: str = "Nothing to do."
) -> Finding:
    return Finding(
        code=code,
        reason=None,
        sentence=sentence,
        positions=tuple(row.position for row in rows if row.position is not None),
        inputs=tuple(row.cause.input_id for row in rows if row.position is None),
        actor="nobody" if next_step == "Nothing to do." else "operator",
        next_step=next_step,
        retry_helps=False,
    )


def _with_rule(facts: AttemptFacts, rule: str) -> list[TimelineRow]:
    return [row for row in facts.rows if row.rule == rule]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _second_start(facts: AttemptFacts) -> Finding | None:
    rows = _with_rule(facts, "attempt_in_progress")
    if not rows:
        return None
    sentence = (
        f"Another start was asked for {_times(len(rows))} while the attempt was running, and was"
        " refused: an abandoned attempt blocks nothing once it is cancelled or its window closes."
    )
    return _remark(
        "second_start_refused", sentence, rows, "Cancel the running attempt, or wait for its end."
    )


def _late_callbacks(facts: AttemptFacts) -> Finding | None:
    rows = _with_rule(facts, "foreign_attempt")
    if not rows:
        return None
    sentence = (
        f"Reports of another attempt arrived {_times(len(rows))}; they were ignored and changed"
        " nothing."
    )
    return _remark("late_callbacks_ignored", sentence, rows)


def _illegal_steps(facts: AttemptFacts) -> Finding | None:
    rows = _with_rule(facts, "illegal_step")
    if not rows:
        return None
    sentence = (
        f"The page reported {_times(len(rows))} what the lifecycle does not allow there; it was"
        " refused and changed nothing."
    )
    next_step = "If it happens again, report it as a bug with an export of this timeline."
    return _remark("illegal_step_refused", sentence, rows, next_step)


def _recorded_late(facts: AttemptFacts) -> Finding | None:
    rows = [row for row in facts.rows if row.recorded_after_s > RECORDED_LATE_S]
    if not rows:
        return None
    worst_s = max(row.recorded_after_s for row in rows)
    sentence = (
        f"{len(rows)} rows were recorded more than {RECORDED_LATE_S:.0f} s after they were seen,"
        f" {worst_s:.1f} s at worst."
    )
    next_step = "Look at the database's load, and at the clocks of the machines."
    return _remark("recorded_late", sentence, rows, next_step)


def _fetch_missed(facts: AttemptFacts) -> Finding | None:
    """Codes that nobody fetched although others were: the client refreshes too seldom."""
    missed = [code for code in facts.codes[:-1] if code.fetched_at is None]
    if not missed or not facts.fetched:
        return None
    ordinals = ", ".join(str(code.ordinal) for code in missed)
    shown = {code.position for code in missed}
    rows = [row for row in facts.rows if row.position in shown]
    return _remark(
        "codes_not_fetched",
        f"Codes {ordinals} were on show and never fetched, while others were.",
        rows,
        "Fetch the code anew on every `qr` item of the feed.",
    )


def _session_dead(facts: AttemptFacts) -> Finding | None:
    rows = [row for row in facts.rows if isinstance(row.event, e.SessionRejected)]
    if not rows:
        return None
    sentence = "The kept session was dead, so the attempt went on with a code."
    return _remark("kept_session_dead", sentence, rows)


def _waited_for_turn(facts: AttemptFacts) -> Finding | None:
    """Whoever waits before a screen sees nothing in that time."""
    waits = [
        (row, following)
        for row, following in pairwise(facts.progress)
        if isinstance(row.event, e.PageReached) and row.event.phase == "queued"
    ]
    waited_s = sum((following.at - row.at).total_seconds() for row, following in waits)
    if waited_s < LONG_TURN_S:
        return None
    return _remark(
        "waited_for_turn",
        f"The browser waited {waited_s:.0f} s for its turn to start.",
        [row for wait in waits for row in wait],
        "If it happens often, give the worker more cores or start fewer accounts at once.",
    )


def _sealing_failed(facts: AttemptFacts) -> Finding | None:
    rows = [row for row in facts.rows if isinstance(row.event, f.SealingFailed)]
    if not rows:
        return None
    sentence = f"Sealing the session failed {_times(len(rows))}: only its machine has it."
    return _remark(
        "sealing_failed", sentence, rows, "See that the machine's disk and database work."
    )


def _ends_so_again(facts: AttemptFacts) -> Finding | None:
    """The same reason, attempt after attempt: another retry will hardly help."""
    endings = [row for row in facts.history if isinstance(row.event, ENDINGS)]
    if not facts.endings:
        return None
    last = reason_of(endings[-1])
    rows = list(takewhile(lambda row: reason_of(row) is last, reversed(endings)))
    if last in UNREMARKABLE or len(rows) < AGAIN:
        return None
    sentence = f"{len(rows)} endings in a row were by the same reason, {last.value}."
    return _remark(
        "ends_so_again", sentence, rows[::-1], "Find the common cause before you retry once more."
    )


def _no_more_reconnects(facts: AttemptFacts) -> Finding | None:
    """The link still exists at WhatsApp, and nothing will bring it back by itself."""
    ending = facts.endings[-1].event if facts.endings else None
    if not isinstance(ending, e.ReconnectFailed | e.ConnectionLost):
        return None
    if ending.deadline is not None or ending.reason not in RECONNECTABLE:
        return None
    return _remark(
        "reconnects_used_up",
        "All reconnects in a row that the policy allows are used up: no further one is appointed.",
        [facts.endings[-1]],
        "Mend the cause, then reconnect by hand.",
    )


def _long_wait(facts: AttemptFacts) -> Finding | None:
    row = longest_wait(facts.rows)
    if row is None:
        return None
    sentence = (
        f"Most of the time went into one wait of {row.gap_s:.1f} s, in {row.status_before.value},"
        f" before: {row.sentence}"
    )
    return _remark("longest_wait", sentence, [row])


RULES: tuple[Callable[[AttemptFacts], Finding | None], ...] = (
    _second_start,
    _fetch_missed,
    _session_dead,
    _waited_for_turn,
    _sealing_failed,
    _ends_so_again,
    _no_more_reconnects,
    _illegal_steps,
    _late_callbacks,
    _recorded_late,
    _long_wait,
)
