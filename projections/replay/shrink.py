"""Makes a story smaller for as long as it shows what it is to show.

Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002)
over the inputs, then shorter times, then plainer values.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

import msgspec

from domain.account import NEW, Account
from domain.commands import AnyCommand
from domain.policy import Policy
from domain.wishes import RegisterAccount
from projections.replay.account_shape import LIMITS
from projections.replay.stand_ins import START, moved

MOST_STEPS = 150_000
"""Inputs that are decided for one story before it is left as it is; about 3 s on a slow core."""

ZERO = timedelta()
STAYS = frozenset({"deadline"})
"""Whoever waits has a deadline: without it no story of a running attempt comes to an end."""
OF_TIMES = frozenset({"policy", "jitter"})
"""What says when a deadline is."""

Inputs = tuple[AnyCommand, ...]


class Case(msgspec.Struct, frozen=True):
    """A story: the account as it was, and what reached it."""

    account: Account
    inputs: Inputs


Shows = Callable[[Case], bool]
S = TypeVar("S", bound=msgspec.Struct)


def shrink(case: Case, shows: Shows, *, retime: bool) -> Case:
    """Give the smallest story that was found to show it; `case` must show it itself.

    `retime` False leaves the times of the inputs as they are, and the limits they are held against.
    """
    stays = STAYS if retime else STAYS | OF_TIMES
    shows = _bounded(shows)
    limits_s = _limits_s(case) if retime else ()
    case = _fewer_inputs(case, shows, limits_s)
    case = _plainer_beginning(case, shows, stays)
    case = _plainer_inputs(case, shows, stays)
    case = _shorter_times(case, shows, limits_s)
    return _fewer_inputs(case, shows, limits_s)


def _limits_s(case: Case) -> tuple[float, ...]:
    """Give all limits of the policies that attempts run under: waits are held against them."""
    holders = (case.account, case.account.attempt, *case.inputs)
    policies = {Policy(), *(getattr(one, "policy", None) for one in holders)} - {None}
    return tuple(sorted({getattr(policy, name) for policy in policies for name in LIMITS}))


def _bounded(shows: Shows) -> Shows:
    left = MOST_STEPS

    def still_shows(case: Case) -> bool:
        nonlocal left
        left -= len(case.inputs) + 1
        return left > 0 and shows(case)

    return still_shows


def _fewer_inputs(case: Case, shows: Shows, limits_s: tuple[float, ...]) -> Case:
    """Leave out halves, quarters … and at last single inputs."""
    size = len(case.inputs) // 2
    while size:
        left_out = False
        start = 0
        while start < len(case.inputs):
            fewer = _without(case, start, size, limits_s)
            found = next(filter(shows, fewer), None)
            if found is None:
                start += size
            else:
                case, left_out = found, True
        if not left_out:
            size //= 2
    return case


def _without(case: Case, start: int, size: int, limits_s: tuple[float, ...]) -> Iterator[Case]:
    """Leave inputs out: what follows moves up, or stays if that makes no new silence.

    A silence that the recording did not have could end the story on any build. Without limits
    all times stay.
    """
    before, after = case.inputs[:start], case.inputs[start + size :]
    if limits_s and after:
        earlier = case.inputs[start].at - after[0].at
        yield Case(case.account, (*before, *(moved(one, earlier) for one in after)))
    kept = case.inputs[max(0, start - 1) : start + size + 1]
    gaps = [later.at - earlier.at for earlier, later in pairwise(kept)]
    if not (before and after) or (
        _outlasted(sum(gaps, ZERO), limits_s) <= _outlasted(max(gaps), limits_s)
    ):
        yield Case(case.account, (*before, *after))


def _outlasted(gap: timedelta, limits_s: tuple[float, ...]) -> int:
    return sum(gap.total_seconds() >= limit_s for limit_s in limits_s)


def _plainer_beginning(case: Case, shows: Shows, stays: frozenset[str]) -> Case:
    """Begin with an account that was only registered, or with as little before as will do."""
    account = case.account
    if not account.registered:
        return case
    workspace, policy = account.workspace or "workspace-1", account.policy
    register = RegisterAccount(at=START, workspace=workspace, policy=policy)
    fresh = Case(NEW, (register, *case.inputs))
    if shows(fresh):
        return fresh
    account = _with_defaults(account, lambda one: shows(Case(one, case.inputs)), stays)
    attempt = account.attempt
    if attempt is not None:
        plain = _with_defaults(
            attempt,
            lambda one: shows(Case(msgspec.structs.replace(account, attempt=one), case.inputs)),
            stays,
        )
        account = msgspec.structs.replace(account, attempt=plain)
    return Case(account, case.inputs)


def _with_defaults(struct: S, shows: Callable[[S], bool], stays: frozenset[str]) -> S:
    """Set each field to its default where that will do."""
    for field in msgspec.structs.fields(struct):
        if field.default is msgspec.NODEFAULT or field.name in stays:
            continue
        plainer = msgspec.structs.replace(struct, **{field.name: field.default})
        if plainer != struct and shows(plainer):
            struct = plainer
    return struct


def _plainer_inputs(case: Case, shows: Shows, stays: frozenset[str]) -> Case:
    """Give each input as few values of its own as will do."""
    for index, command in enumerate(case.inputs):
        before, after = case.inputs[:index], case.inputs[index + 1 :]

        def with_input(one: AnyCommand) -> Case:
            return Case(case.account, (*before, one, *after))  # noqa: B023  called at once

        plain = _with_defaults(command, lambda one: shows(with_input(one)), stays)
        policy = getattr(plain, "policy", None)
        if isinstance(policy, Policy) and "policy" not in stays:
            policy = _with_defaults(
                policy,
                lambda one: shows(with_input(msgspec.structs.replace(plain, policy=one))),  # noqa: B023
                stays,
            )
            plain = msgspec.structs.replace(plain, policy=policy)
        case = with_input(plain)
    return case


def _shorter_times(case: Case, shows: Shows, limits_s: tuple[float, ...]) -> Case:
    """Shorten each wait to a second, or to just over a limit of the policy, or to whole seconds."""
    for index in range(1, len(case.inputs)):
        earlier, later = case.inputs[index - 1], case.inputs[index]
        gap = later.at - earlier.at
        for shorter in _shorter(gap, limits_s):
            shifted = (moved(one, shorter - gap) for one in case.inputs[index:])
            candidate = Case(case.account, (*case.inputs[:index], *shifted))
            if shows(candidate):
                case = candidate
                break
    return case


def _shorter(gap: timedelta, limits_s: tuple[float, ...]) -> Iterator[timedelta]:
    if not limits_s:
        return
    shorter_s = (1.0, *(limit_s + 1 for limit_s in limits_s))
    yield from (timedelta(seconds=one) for one in shorter_s if one < gap.total_seconds())
    rounded = timedelta(seconds=round(gap.total_seconds()))
    if _outlasted(rounded, limits_s) <= _outlasted(gap, limits_s):
        yield rounded
