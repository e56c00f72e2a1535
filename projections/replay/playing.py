"""Plays inputs on an account: each is decided, by a clock that is a number and never late."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from domain import events as e
from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.deadlines import Awaited, Deadline
from domain.decision import Decision, Ignored
from domain.evolve import evolve
from domain.log import Outcome
from domain.reasons import Reason
from domain.refusals import Refused
from domain.status import Status

MOST_DEADLINES = 200
"""Passed in one go: a fault may set a new one each time. 20 reconnects in a row have 40."""

Decide = Callable[[Account, AnyCommand], Decision]


class Ending(msgspec.Struct, frozen=True):
    """How a story ended: where the account stands, why, and what it waits for."""

    status: Status
    reason: Reason | None
    awaited: Awaited | None

    def __str__(self) -> str:
        reason = f" ({self.reason.value})" if self.reason else ""
        waiting = f", waiting for {self.awaited.value}" if self.awaited else ""
        return f"{self.status.value}{reason}{waiting}"


def ending_of(account: Account) -> Ending:
    """Tell how the account stands."""
    awaited = account.deadline.awaited if account.deadline else None
    return Ending(account.status, account.reason, awaited)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One input as it was decided."""

    command: AnyCommand
    before: Account
    outcome: Outcome
    rule: str
    events: tuple[e.AccountEvent, ...]
    quiet_since: datetime | None
    """When the account had its last event; None before the first."""


class Played(msgspec.Struct, frozen=True):
    """All steps, those of the clock among them, and where they led."""

    steps: tuple[Step, ...]
    account: Account

    @property
    def ending(self) -> Ending:
        """Tell how it ended."""
        return ending_of(self.account)


class _Playing:
    """An account on its way through the inputs."""

    def __init__(self, account: Account, decide: Decide) -> None:
        self.account = account
        self.steps: list[Step] = []
        self._decide = decide
        self._quiet_since = account.since

    def take(self, command: AnyCommand) -> None:
        """Decide one input, and fold what comes of it."""
        before, rule, outcome = self.account, "", "accepted"
        events: tuple[e.AccountEvent, ...] = ()
        try:
            decision = self._decide(before, command)
        except Refused as refused:
            outcome, rule = "refused", refused.rule
        else:
            if isinstance(decision, Ignored):
                outcome, rule = "ignored", decision.because
            else:
                events = tuple(decision)
        self.steps.append(
            Step(
                command=command,
                before=before,
                outcome=outcome,
                rule=rule,
                events=events,
                quiet_since=self._quiet_since,
            )
        )
        for event in events:
            self.account = evolve(self.account, event)
            self._quiet_since = event.at

    def pass_deadlines(self, until: datetime | None) -> None:
        """Fire what is due, no deadline twice in a row; at the end (None) all but a reconnect."""
        passed: Deadline | None = None
        for _ in range(MOST_DEADLINES):
            deadline = self.account.deadline
            if deadline is None or deadline == passed:
                return
            if deadline.awaited is Awaited.RECONNECT if until is None else deadline.at > until:
                return
            passed = deadline
            self.take(
                ExpireDeadline(
                    at=deadline.at,
                    awaited=deadline.awaited,
                    due=deadline.at,
                    attempt=f"attempt-{self.account.attempts + 1}",
                )
            )


def play(
    account: Account, inputs: Iterable[AnyCommand], decide: Decide, *, clock: bool = True
) -> Played:
    """Decide the inputs one after the other.

    With `clock` every deadline is passed when it is due, and after the last input until nothing is
    awaited but a reconnect; attempts must then be named `attempt-1`, `attempt-2` …
    """
    playing = _Playing(account, decide)
    for command in inputs:
        if clock:
            playing.pass_deadlines(command.at)
        playing.take(command)
    if clock:
        playing.pass_deadlines(None)
    return Played(tuple(playing.steps), playing.account)
