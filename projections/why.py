"""Why an account is in its status: in words, with proof, and what may be done next."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain import events as e
from domain import facts as f
from domain.account import Account
from domain.deadlines import Awaited, Deadline
from domain.lifecycle import next_events
from domain.status import Status
from projections.attempt_facts import AttemptFacts, attempt_facts
from projections.attempts import Outcome
from projections.causes import RULES_VERSION, cause_of, unknown
from projections.finding import Finding
from projections.next_wishes import PossibleWish, RefusedWish, ask_wishes
from projections.remarks import remarks
from projections.sentences import AWAITED, clock_time
from projections.timeline import AttemptTimeline, Timeline, TimelineRow


class Step(msgspec.Struct, frozen=True):
    """An event on the way to the status."""

    position: int
    at: datetime
    sentence: str
    status: Status
    """The status after it."""


class Waiting(msgspec.Struct, frozen=True):
    """What the account waits for."""

    awaited: Awaited
    until: datetime
    remaining_s: float
    """Negative when the limit has passed and the clock has not acted on it yet."""
    sentence: str


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, as of `now`. The same account, timeline and now always give the same answer."""

    account_id: str
    status: Status
    sentence: str
    since: datetime | None
    for_s: float
    version: int
    """The account's version that the answer speaks of."""
    led_here: tuple[Step, ...]
    waiting: Waiting | None
    cause: Finding | None
    """Only while FAILED or DISCONNECTED."""
    remarks: tuple[Finding, ...]
    """What else the newest attempt's rows show."""
    may: tuple[PossibleWish, ...]
    may_not: tuple[RefusedWish, ...]
    may_happen: tuple[str, ...]
    """The events that the lifecycle allows from here."""
    rules_version: int


class AttemptWhy(msgspec.Struct, frozen=True, kw_only=True):
    """Why one attempt ended as it did, be it the newest or an old one."""

    account_id: str
    attempt: int
    outcome: Outcome
    sentence: str
    cause: Finding | None
    """None while it runs, and when it did not fail or lose its link."""
    remarks: tuple[Finding, ...]
    rules_version: int


STATUS_SENTENCES: dict[Status, str] = {
    Status.NOT_CREATED: "Nothing is linked and no session is kept.",
    Status.INITIALIZING: "A browser is being opened on the account's session.",
    Status.WAITING_QR: "A code is on show and no phone has used it yet.",
    Status.AUTHENTICATING: "WhatsApp is checking the phone's answer and syncing.",
    Status.READY: "The account is linked: messages can be sent.",
    Status.FAILED: "The last attempt is over without a link.",
    Status.DISCONNECTED: "The account was linked and is not now.",
}


def why(account: Account, timeline: Timeline, now: datetime) -> Why:
    """Explain the account's status from its own timeline; both must be of one version."""
    *earlier, newest = timeline.attempts or (None,)
    facts = attempt_facts(newest, earlier) if newest else None
    possible, refused = ask_wishes(account, now)
    cause = _cause(account, facts)
    return Why(
        account_id=timeline.account_id,
        status=account.status,
        sentence=_sentence(account, cause),
        since=account.since,
        for_s=(now - account.since).total_seconds() if account.since else 0.0,
        version=timeline.version,
        led_here=_led_here(timeline),
        waiting=_waiting(account.deadline, now) if account.deadline else None,
        cause=cause,
        remarks=remarks(facts) if facts else (),
        may=possible,
        may_not=refused,
        may_happen=next_events(account.status),
        rules_version=RULES_VERSION,
    )


OUTCOME_SENTENCES: dict[Outcome, str] = {
    "running": "The attempt is running.",
    "ready": "The attempt linked the account, and the link stands.",
    "destroyed": "The account was destroyed on request.",
}
"""What to say of an attempt that has no cause."""


def attempt_why(told: Timeline, number: int) -> AttemptWhy | None:
    """Explain one attempt; None when the timeline does not tell how it began."""
    for nth, part in enumerate(told.attempts):
        if part.attempt is not None and part.attempt.number == number:
            earlier = told.attempts[:nth]
            outcome = part.attempt.outcome
            cause = attempt_cause(part, earlier)
            if cause is None and outcome not in OUTCOME_SENTENCES:
                cause = unknown()
            return AttemptWhy(
                account_id=told.account_id,
                attempt=number,
                outcome=outcome,
                sentence=cause.sentence if cause else OUTCOME_SENTENCES[outcome],
                cause=cause,
                remarks=remarks(attempt_facts(part, earlier)),
                rules_version=RULES_VERSION,
            )
    return None


def attempt_cause(part: AttemptTimeline, earlier: Sequence[AttemptTimeline] = ()) -> Finding | None:
    """Name why an attempt ended; None while it runs, or if it was READY when the rows end.

    An attempt's first ending counts, as in the attempts table. `earlier` are the parts of the
    story before it: what they show of the session may be the cause.
    """
    facts = attempt_facts(part, earlier)
    return cause_of(facts, facts.endings[0]) if facts.endings else None


def _sentence(account: Account, cause: Finding | None) -> str:
    status = STATUS_SENTENCES[account.status]
    return f"{status} {cause.sentence}" if cause else status


def _cause(account: Account, facts: AttemptFacts | None) -> Finding | None:
    if account.status not in (Status.FAILED, Status.DISCONNECTED):
        return None
    endings = [row for row in facts.endings if _ends_in(row, account)] if facts else []
    return cause_of(facts, endings[-1]) if facts and endings else unknown()


def _ends_in(row: TimelineRow, account: Account) -> bool:
    return row.status_after is account.status


def _led_here(timeline: Timeline) -> tuple[Step, ...]:
    """List the changes of status since the newest attempt began, and what it began from."""
    if not timeline.attempts:
        return ()
    rows = [row for row in timeline.attempts[-1].rows if _tells(row)]
    before = [row for part in timeline.attempts[:-1] for row in part.rows if _tells(row)]
    return tuple(_step(row) for row in (*before[-1:], *rows))


def _tells(row: TimelineRow) -> bool:
    """A rotating code does not, an ending does, also one that leaves the status as it was."""
    changes = row.status_before is not row.status_after
    return row.event is not None and (changes or isinstance(row.event, _STEPS))


_STEPS = (
    e.AccountRegistered,
    e.LoggedOut,
    e.AccountSuperseded,
    e.ActionRequired,
    f.ReconnectCalledOff,
)


def _step(row: TimelineRow) -> Step:
    return Step(row.position or 0, row.at, row.sentence, row.status_after)


def _waiting(deadline: Deadline, now: datetime) -> Waiting:
    remaining_s = (deadline.at - now).total_seconds()
    what, until = AWAITED[deadline.awaited], clock_time(deadline.at)
    sentence = f"Waiting for {what} until {until}, {remaining_s:.0f} s from now."
    if deadline.awaited is Awaited.RECONNECT:
        sentence = f"The next reconnect starts at {until}, {remaining_s:.0f} s from now."
    if remaining_s < 0:
        sentence = f"Waiting for {what}; its limit passed at {until} and is about to be acted on."
    return Waiting(deadline.awaited, deadline.at, remaining_s, sentence)
