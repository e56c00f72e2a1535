"""The promises, on every account that can be reached and for every command that may reach it."""

import pytest
from msgspec import Struct, field

from domain.decision import Ignored
from domain.lifecycle import STEPS
from domain.refusals import Refused
from domain.status import Status
from tests.lifecycle import reachable
from tests.lifecycle.promises import check_account, check_step
from tests.lifecycle.words import IGNORED, RULES


class Survey(Struct):
    """What was met on the walk."""

    steps: int = 0
    taken: set[tuple[Status, str]] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def survey() -> Survey:
    """Walk once for the whole file; the promises are checked on the way."""
    survey = Survey()
    for step in reachable.walk():
        survey.steps += 1
        if isinstance(step.decision, Refused):
            survey.rules.add(step.decision.rule)
            continue
        check_step(step.before, step.command, step.decision, step.after)
        if step.after is not step.before:  # which was looked at when it was reached
            check_account(step.after)
        if isinstance(step.decision, Ignored):
            survey.ignored.add(step.decision.because)
            continue
        status = step.before.status
        for event in step.decision:
            survey.taken.add((status, type(event).__name__))
            status = STEPS[status, type(event).__name__]
    return survey


def test_every_promise_holds_on_every_reachable_account(survey: Survey) -> None:
    assert survey.steps > 500_000, "the walk ended early"


def test_every_step_of_the_table_is_taken_and_no_other(survey: Survey) -> None:
    assert survey.taken == set(STEPS)


def test_every_rule_and_every_reason_to_ignore_is_met(survey: Survey) -> None:
    assert survey.rules == RULES
    of_workspaces = {"superseded"}
    assert survey.ignored == IGNORED - of_workspaces
