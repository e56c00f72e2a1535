"""What would have become of an attempt under another policy, or with other inputs.

The inputs are decided again by today's `decide`. What is known of the world outside: clients and
the workspace did what they did when they did it, and the page of the record went on as it did for
as long as the same was asked of it. The clock fires the deadlines of the new run: one that was
recorded too as late as it was fired then, any other when it is due.

Where the new run waits for an answer that the log does not have, the verdict is UNDECIDABLE.
Nothing is made up, and nothing happens outside.
"""

from collections import deque
from datetime import datetime
from typing import TypeGuard, cast

from msgspec.structs import replace

from domain import events as e
from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.deadlines import Deadline
from domain.decide import decide
from domain.decision import Ignored
from domain.evolve import evolve, replay
from domain.log import RecordedInput
from domain.observations import (
    Observation,
    RecordActionRequired,
    RecordQrFetch,
    RecordReady,
    RecordScan,
    RecordSynced,
    RecordSyncProgress,
)
from domain.policy import Policy
from domain.refusals import Refused
from domain.status import LINKING, Status
from domain.wishes import PromoteStandby, RegisterAccount, RequestLink, RequestReconnect
from projections.replay.account_log import BEGINNINGS, AccountLog
from projections.replay.edits import Changes, Step, new_policy, steps
from projections.replay.missing import Asked, asked_of, awaiting, missing_answer
from projections.replay.redecide import is_erased
from projections.replay.verdicts import Ends, Verdict, WhatIf, is_same, judge

__all__ = ["Changes", "Verdict", "WhatIf", "what_if"]

OPEN = LINKING | {Status.READY}
"""While the account is in one of these, its page is open."""
PHONE_ANSWERS = frozenset(
    {RecordScan, RecordSyncProgress, RecordActionRequired, RecordSynced, RecordReady}
)
"""What the page shows when a phone has used a code."""
WITH_POLICY = RegisterAccount | RequestLink | RequestReconnect | PromoteStandby


def what_if(attempt: AccountLog, changes: Changes = Changes()) -> WhatIf:  # noqa: B008  frozen
    """Decide an attempt's inputs again with the changes; BadChange when they cannot be made.

    Of a log with several attempts there is one verdict over all of it; ask for each of its
    `attempts()` to have one for each.
    """
    run = _Run(attempt, changes)
    run.go(steps(attempt, changes))
    ends = Ends(run.end_of_record(), run.account)
    return judge(attempt.events, run.events, ends, run.missing)


def _is_seen(command: AnyCommand | None) -> TypeGuard[Observation]:
    """Tell whether the page told it; that a client fetched a code is the client's doing."""
    return isinstance(command, Observation) and not isinstance(command, RecordQrFetch)


class _Run:
    """The record and the new run, side by side."""

    def __init__(self, log: AccountLog, changes: Changes) -> None:
        self._log = log
        self._policy = changes.policy
        if self._policy:
            new_policy(Policy(), self._policy)
        self._recorded = log.before.account
        self.account = self._with_policy(log.before.account)
        self.events: list[e.AccountEvent] = []
        self.missing = ""
        self._over = False
        self._now: datetime | None = None
        self._passed = 0
        """Recorded events so far."""
        self._to_begin = sum(isinstance(one.event, BEGINNINGS) for one in log.events)
        self._asked_before: deque[Asked] = deque()
        self._asked_after: deque[Asked] = deque()
        """Of the page, without what was asked of it in both."""
        self._other_page = False
        """Something else was asked of it or told of it: what the record shows of it is void."""
        self._fetched_before: dict[str, datetime] = {}
        self._fetched_after: dict[str, datetime] = {}
        self._insertions_left = 0
        self._on_the_way: list[Observation] = []
        """What the page has told already, and is heard of later."""
        self._fired: Deadline | None = None

    def go(self, laid: list[Step]) -> None:
        """Take one step after the other, until the end or the first missing answer."""
        self._insertions_left = sum(step.inserted for step in laid)
        for step in laid:
            command, recorded = step.command, step.recorded
            at = command.at if command is not None else cast("RecordedInput", recorded).at
            if self.account.deadline is not None:
                self._fire_until(at)
            if not self._over and recorded is not None:
                self._pass(recorded)
            if not self._over:
                self._take(step)
            if not self._over:
                self._look(at)
            if self._over:
                return
            if self._now is None or at > self._now:
                self._now = at
        self._end()

    def end_of_record(self) -> Account:
        """Give the account as it was at the end of the record, wherever the new run has ended."""
        rest = self._log.events[self._passed :]
        return replay((cast("e.AccountEvent", one.event) for one in rest), self._recorded)

    def _with_policy(self, account: Account) -> Account:
        if not self._policy:
            return account
        own, attempt = account.policy, account.attempt
        return replace(
            account,
            policy=own and new_policy(own, self._policy),
            attempt=attempt and replace(attempt, policy=new_policy(attempt.policy, self._policy)),
        )

    def _pass(self, given: RecordedInput) -> None:
        """Let the record go on by what this input led to."""
        events = self._log.events
        while self._passed < len(events) and events[self._passed].input_id <= given.input_id:
            one = events[self._passed]
            if one.input_id != given.input_id:
                return self._stop(
                    f"what input {one.input_id} says, which led to {one.topic}: it is not here"
                )
            event = cast("e.AccountEvent", one.event)
            self._recorded = evolve(self._recorded, event)
            self._passed += 1
            if isinstance(event, e.QrFetched):
                self._fetched_before[event.fingerprint] = event.at
            elif (asked := asked_of(event)) is not None:
                self._asked_before.append(asked)
        if given.command is None:
            self._stop(f"what input {given.input_id} says: this build does not know {given.kind}")
        return None

    def _take(self, step: Step) -> None:
        """Decide one input, unless it tells of a page that would have been another one."""
        command = step.command
        if command is None:
            self._send_later(step.late)
        elif step.inserted:
            self._take_inserted(command)
        elif _is_seen(step.late):
            if step.late in self._on_the_way:
                self._decide(command)
        elif not isinstance(command, Observation) or self._heard(command):
            self._decide(command)
            if step.recorded is not None and not self._over and is_erased(step.recorded):
                self._compare_erased(step.recorded)

    def _send_later(self, late: AnyCommand | None) -> None:
        """Note what the page tells here, if it would have been this page."""
        if _is_seen(late) and self._heard(late):
            self._on_the_way.append(late)

    def _take_inserted(self, command: AnyCommand) -> None:
        """Decide what is told besides the record; it may make the page another one."""
        self._insertions_left -= 1
        status = self.account.status
        self._decide(command)
        if isinstance(command, Observation):
            told = self.account.status is not status or isinstance(command, RecordActionRequired)
            self._other_page = self._other_page or told

    def _compare_erased(self, given: RecordedInput) -> None:
        """Decide nothing on an empty text that was not empty when it was looked at."""
        led_to = [one.topic for one in self._log.events if one.input_id == given.input_id]
        topics = [type(event).__name__ for event in self.events[-len(led_to) :]]
        if led_to and topics != led_to:
            self._stop(f"what input {given.input_id} ({given.kind}) told of a person: it is erased")

    def _heard(self, command: Observation) -> bool:
        """Tell whether the page would have shown this."""
        if self._other_page:
            return False
        unanswered = self.account.status in (Status.INITIALIZING, Status.WAITING_QR)
        if (
            unanswered
            and type(command) in PHONE_ANSWERS
            and self._fetched_before != self._fetched_after
        ):
            self._stop("whether a phone would have used a code: other ones were fetched")
            return False
        return True

    def _decide(self, command: AnyCommand) -> None:
        if self._policy and isinstance(command, WITH_POLICY) and command.policy is not None:
            command = replace(command, policy=new_policy(command.policy, self._policy))
        try:
            decision = decide(self.account, command)
        except Refused:
            return
        if isinstance(decision, Ignored):
            return
        begins = sum(isinstance(event, BEGINNINGS) for event in decision)
        if begins > self._to_begin:
            self._over = True  # another attempt: what came of this one is known
            return
        self._to_begin -= begins
        for event in decision:
            self.account = evolve(self.account, event)
            self.events.append(event)
            if isinstance(event, e.QrFetched):
                self._fetch(event)
            elif (asked := asked_of(event)) is not None:
                self._asked_after.append(asked)

    def _fetch(self, event: e.QrFetched) -> None:
        self._fetched_after[event.fingerprint] = event.at
        if event.fingerprint not in self._fetched_before:
            self._stop("whether a phone would have used the code that only here was fetched")

    def _look(self, at: datetime) -> None:
        """See whether the same was asked of the page, and stop where its answer is missing."""
        before, after = self._asked_before, self._asked_after
        while before and after and before[0] == after[0]:
            before.popleft()
            after.popleft()
        self._other_page = self._other_page or bool(before or after)
        if self._other_page and self._waits and not self._insertions_left:
            self._stop_at_page(at)

    @property
    def _waits(self) -> bool:
        return self.account.deadline is not None and self.account.status in OPEN

    def _fire_until(self, at: datetime) -> None:
        """Fire what is due before `at`.

        Not before a recorded deadline that was due first: its firing is to come, late as it was,
        or the clock stood still.
        """
        while not self._over:
            due, due_before = self.account.deadline, self._recorded.deadline
            if due is None or due.at >= at or due == self._fired:
                return
            if due_before is not None and due_before.at <= due.at:
                return
            self._fire(due)

    def _fire(self, due: Deadline) -> None:
        if self._other_page and self._waits:
            return self._stop_at_page(due.at)
        self._fired = due
        at = due.at if self._now is None else max(due.at, self._now)
        attempt = f"what-if-{len(self.events)}"
        self._decide(ExpireDeadline(at=at, awaited=due.awaited, due=due.at, attempt=attempt))
        self._look(at)
        return None

    def _end(self) -> None:
        """After the last input nothing more comes, unless the record ends in the middle."""
        if self._passed < len(self._log.events):
            return self._stop("what the last inputs say: they are not here")
        due = self.account.deadline
        if due is None or not self._waits:
            return None
        if self._recorded.deadline is None or self._recorded.status not in OPEN:
            return self._fire(due)
        if due != self._recorded.deadline or not is_same(self._log.events, self.events):
            self._stop(f"what came after the record's end{awaiting(self.account)}")
        return None

    def _stop_at_page(self, at: datetime) -> None:
        before = self._asked_before[0] if self._asked_before else None
        after = self._asked_after[0] if self._asked_after else None
        self._stop(missing_answer(self.account, at, before, after))

    def _stop(self, missing: str) -> None:
        self.missing = self.missing or missing
        self._over = True
