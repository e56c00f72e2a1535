"""The recorded inputs decided again by today's `decide`, each on the account it was decided on.

What differs was decided by other code: an older build, or a change of the rules since. Nothing
happens outside.
"""

from collections import defaultdict
from typing import cast

import msgspec

from domain.account import Account
from domain.commands import AnyCommand
from domain.decide import decide
from domain.decision import Ignored
from domain.events import AccountEvent
from domain.evolve import evolve
from domain.log import Outcome, RecordedEvent, RecordedInput
from domain.observations import RecordReady
from domain.refusals import Refused
from domain.wishes import RequestLink
from projections.replay.account_log import AccountLog


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an input."""

    outcome: Outcome | None
    """None when this build does not know the input's kind."""
    rule: str
    """Why it was ignored or refused; empty when accepted."""
    events: tuple[AccountEvent, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """An input that is decided otherwise than it was."""

    input_id: int
    kind: str
    version: int
    """The account's version that it was decided on."""
    positions: tuple[int, ...]
    """Of the events that it led to."""
    account: Account
    """That it was decided on."""
    expected: Decided
    """As recorded."""
    got: Decided

    @property
    def fields(self) -> tuple[str, ...]:
        """Name what differs, as `QrIssued.ordinal`, where the same kinds of events were decided."""
        pairs = list(zip(self.expected.events, self.got.events, strict=False))
        return tuple(
            f"{type(before).__name__}.{name}"
            for before, after in pairs
            if type(before) is type(after)
            for name in before.__struct_fields__
            if getattr(before, name) != getattr(after, name)
        )


class Redecided(msgspec.Struct, frozen=True, kw_only=True):
    """Whether today's code decides as the log says."""

    identical: bool
    inputs: int
    """How many were decided again; up to the first difference, if there is one."""
    events: int
    erased: int
    """Inputs that were passed over: they looked at what a person's erasure has taken away."""
    first: Difference | None


def redecide(log: AccountLog) -> Redecided:
    """Decide every input again, and stop at the first that differs."""
    caused: defaultdict[int, list[RecordedEvent]] = defaultdict(list)
    for one in log.events:
        caused[one.input_id].append(one)
    account = log.before.account
    decided = events = erased = 0
    for given in log.inputs:
        led_to = caused[given.input_id]
        expected = Decided(
            outcome=given.outcome,
            rule=given.rule,
            events=tuple(cast("AccountEvent", one.event) for one in led_to),
        )
        got = decided_now(account, given)
        decided += 1
        if got != expected and is_erased(given):
            erased += 1
        elif got != expected:
            first = _difference(account, given, led_to, expected, got)
            return _redecided(decided, events, erased, first)
        for event in expected.events:
            account = evolve(account, event)
        events += len(led_to)
    return _redecided(decided, events, erased, None)


def decided_now(account: Account, given: RecordedInput) -> Decided:
    """Say what would become of the input today."""
    if given.command is None:
        return Decided(outcome=None, rule="unknown_kind", events=())
    try:
        decision = decide(account, cast("AnyCommand", given.command))
    except Refused as refused:
        return Decided(outcome="refused", rule=refused.rule, events=())
    if isinstance(decision, Ignored):
        return Decided(outcome="ignored", rule=decision.because, events=())
    return Decided(outcome="accepted", rule="", events=tuple(decision))


def is_erased(given: RecordedInput) -> bool:
    """Tell whether an erasure has taken away what the decision on this input looked at."""
    match given.command:
        case RequestLink(method="pairing_code", pairing_phone=None):
            return given.outcome == "accepted"
        case RecordReady(phone=""):
            return True
        case _:
            return False


def _difference(
    account: Account,
    given: RecordedInput,
    led_to: list[RecordedEvent],
    expected: Decided,
    got: Decided,
) -> Difference:
    return Difference(
        input_id=given.input_id,
        kind=given.kind,
        version=given.stream_version,
        positions=tuple(one.position for one in led_to),
        account=account,
        expected=expected,
        got=got,
    )


def _redecided(inputs: int, events: int, erased: int, first: Difference | None) -> Redecided:
    return Redecided(
        identical=first is None, inputs=inputs, events=events, erased=erased, first=first
    )
