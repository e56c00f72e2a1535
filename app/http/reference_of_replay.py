"""The reference's lines of the routes that tell an account's story and replay it."""

import msgspec

from app.correlations import Correlated
from app.http import compare as comparing
from app.http import correlations as correlated
from app.http import evidence as pieces
from app.http import example_story as story
from app.http import path as walking
from app.http import regression_tests as tests
from app.http import replay_decided as decided
from app.http import replay_state as states
from app.http import story as told
from app.http.reference_line import Line
from projections.replay.account_log import AccountLog
from projections.replay.compare import compare
from projections.replay.correlation import account_rows
from projections.replay.edits import Changes
from projections.replay.path import path_of
from projections.replay.pytest_case import pytest_case
from projections.replay.redecide import redecide
from projections.replay.regression import find_regression
from projections.replay.state import state_at, step
from projections.replay.told import tell_redecided, tell_what_if
from projections.replay.what_if import what_if
from projections.timeline import timeline
from projections.why import why


def _why() -> told.WhyAnswer:
    example = story.failed()
    explained = why(example.held.account, timeline(example.inputs, example.events), example.now)
    return told.WhyAnswer(position=example.position, why=explained)


def _timeline() -> told.TimelineAnswer:
    example = story.failed()
    return told.TimelineAnswer(
        position=example.position, timeline=timeline(example.inputs, example.events)
    )


def _attempt() -> told.AttemptAnswer:
    example = story.failed()
    part = timeline(example.inputs, example.events).attempts[-1]
    if part.attempt is None:
        message = "the example has an attempt"
        raise AssertionError(message)
    return told.AttemptAnswer(
        position=example.position, attempt=told.attempt_view(part.attempt), timeline=part
    )


def _attempts() -> told.AttemptList:
    return told.AttemptList(position=story.failed().position, attempts=(_attempt().attempt,))


def _evidence() -> pieces.EvidenceList:
    example = story.failed()
    views = pieces.evidence_views(story.ACCOUNT, pieces.told_in(example.events), story.kept())
    return pieces.EvidenceList(position=example.position, evidence=views)


def _compare() -> comparing.CompareAnswer:
    failed, linked = story.example_log().attempts()
    return comparing.CompareAnswer(
        position=story.ready().position, comparison=compare(failed, linked)
    )


def _path() -> walking.PathAnswer:
    return walking.PathAnswer(
        position=story.ready().position,
        account_id=story.ACCOUNT,
        attempt=2,
        after_version=0,
        path=path_of(story.example_log().attempts()[1:]),
    )


def _state() -> states.StateAnswer:
    example, log = story.waiting(), story.example_log()
    return states.StateAnswer(
        position=example.position, newest=log.version, state=state_at(log, example.held.version)
    )


def _step() -> states.StepAnswer:
    log = story.example_log()
    failed = step(log, 0, "failure")
    if failed is None:
        message = "the example has a failure"
        raise AssertionError(message)
    return states.StepAnswer(
        position=story.ready().position,
        newest=log.version,
        found=True,
        state=state_at(log, failed),
    )


def _redecide() -> decided.RedecideAnswer:
    again = tell_redecided(redecide(story.example_log()))
    return decided.RedecideAnswer(position=story.ready().position, redecided=again)


_CHANGES = Changes(policy={"link_window_s": 600})


def _what_if() -> decided.WhatIfAnswer:
    failed = story.example_log().attempts()[0]
    told = tell_what_if(failed.before.account, what_if(failed, _CHANGES))
    return decided.WhatIfAnswer(position=story.ready().position, attempt=1, what_if=told)


def _correlation() -> correlated.CorrelationAnswer:
    example = story.failed()
    rows = account_rows(
        AccountLog(account_id=story.ACCOUNT, inputs=(), events=example.events[:1]), "shop"
    )
    found = Correlated(rows=tuple(rows), next_after=1, more=False)
    return correlated.CorrelationAnswer(
        position=example.position, correlation_id="order-4711", correlated=found
    )


def _test() -> tests.RegressionTestAnswer:
    case = pytest_case(find_regression(story.example_log().attempts()[0]))
    case = msgspec.structs.replace(case, source=f"{case.source[:100]}…")
    return tests.RegressionTestAnswer(position=story.ready().position, test=case)


REPLAY: dict[str, Line] = {
    "why": Line(answer=_why),
    "timeline": Line(answer=_timeline, problems=("unmasked_not_allowed", "too_busy")),
    "attempts": Line(answer=_attempts),
    "attempt": Line(answer=_attempt, problems=("no_such_attempt",)),
    "evidence": Line(answer=_evidence),
    "evidence_piece": Line(
        answer=lambda: "(a JPEG image, or JSON)", problems=("no_such_evidence", "evidence_gone")
    ),
    "bundle": Line(
        answer=lambda: story.example_bundle().decode(),
        problems=("no_such_attempt", "unmasked_not_allowed", "too_busy"),
    ),
    "compare": Line(answer=_compare, problems=("no_such_attempt",)),
    "path": Line(answer=_path, problems=("no_such_attempt",)),
    "correlation": Line(answer=_correlation),
    "replay_test": Line(answer=_test, problems=("no_such_attempt", "nothing_to_test")),
    "replay_state": Line(answer=_state),
    "replay_step": Line(answer=_step),
    "replay_redecide": Line(answer=_redecide, problems=("no_such_attempt",)),
    "replay_what_if": Line(
        body=decided.WhatIfWanted(attempt=1, policy=_CHANGES.policy),
        answer=_what_if,
        problems=("no_such_attempt", "bad_change", "request_in_progress"),
    ),
}
"""Of the group `Story`."""
