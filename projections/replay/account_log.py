"""What replaying reads: the inputs and events of one account, or of one of its attempts."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from domain import events as e
from domain.evolve import evolve
from domain.log import RecordedEvent, RecordedInput
from projections.attempts import project_attempt
from projections.rows import account_event
from projections.timeline import Before, Timeline, timeline

BEGINNINGS = (e.LinkRequested, e.ReconnectStarted)
"""The events that an attempt begins with."""


class AccountLog(msgspec.Struct, frozen=True, kw_only=True):
    """One account's part of the log, without gaps, both in the log's order."""

    account_id: str
    before: Before = Before()
    """The account where the part begins; the default when it begins at the beginning."""
    inputs: tuple[RecordedInput, ...]
    events: tuple[RecordedEvent, ...]

    @property
    def version(self) -> int:
        """The account's version at the end."""
        return self.events[-1].version if self.events else self.before.version

    def timeline(self, *, until: datetime | None = None) -> Timeline:
        """Tell it as a story; `until` (now, say) ends the last status, else the last row does."""
        return timeline(self.inputs, self.events, until=until, before=self.before)

    def attempts(self) -> tuple["AccountLog", ...]:
        """Cut it into its attempts, oldest first; rows before the first are in none of them.

        An attempt goes from the input that began it to the one that begins the next, so that it
        can be decided again; the input may have ended the attempt before in the same step. One
        that began before this log does is left out.
        """
        begun_by = {recorded.input_id for recorded in self.events if _begins(recorded)}
        firsts: dict[int, int] = {}
        for index, recorded in enumerate(self.events):
            firsts.setdefault(recorded.input_id, index)
        starts = [index for input_id, index in firsts.items() if input_id in begun_by]
        before = self.before
        folded = 0
        cut: list[AccountLog] = []
        for start, end in pairwise([*starts, len(self.events)]):
            before = _after(before, self.events[folded:start])
            folded = start
            cut.append(self._part(before, start, end))
        return tuple(cut)

    def attempt(self, number: int) -> "AccountLog | None":
        """Give the attempt with this number, 1 for the first; None when its start is not here."""
        wanted = (part for part in self.attempts() if part.before.account.attempts + 1 == number)
        return next(wanted, None)

    def _part(self, before: Before, start: int, end: int) -> "AccountLog":
        inputs = self.inputs[self._place(start) : self._place(end)]
        events = self.events[start:end]
        return AccountLog(account_id=self.account_id, before=before, inputs=inputs, events=events)

    def _place(self, index: int) -> int:
        """Say where the input stands that led to this event; behind the last event, the end."""
        if index == len(self.events):
            return len(self.inputs)
        return bisect_left(self.inputs, self.events[index].input_id, key=_input_id)


def _input_id(given: RecordedInput) -> int:
    return given.input_id


def _begins(recorded: RecordedEvent) -> bool:
    return isinstance(recorded.event, BEGINNINGS)


def _after(before: Before, events: Sequence[RecordedEvent]) -> Before:
    account, attempt, version = before.account, before.attempt, before.version
    for recorded in events:
        account = evolve(account, account_event(recorded))
        attempt = project_attempt(attempt, recorded)
        version = recorded.version
    return Before(account, attempt, version)
