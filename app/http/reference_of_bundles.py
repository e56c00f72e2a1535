"""The reference's lines of the routes that tell of bundles that are sent."""

from app.http import opened_bundles as opening
from app.http.example_story import example_bundle, example_log
from app.http.reference_line import Line
from projections.replay.bundle import read_bundle
from projections.replay.compare import compare
from projections.replay.edits import Changes
from projections.replay.opened import opened
from projections.replay.path import path_of
from projections.replay.redecide import redecide
from projections.replay.state import state_at
from projections.replay.told import tell_redecided, tell_what_if
from projections.replay.what_if import what_if

_CHANGES = Changes(policy={"link_window_s": 600})
_UNREADABLE = ("not_a_bundle", "bundle_damaged", "bundle_too_new", "body_too_large")


def _compare() -> opening.OpenedComparison:
    failed, linked = example_log().attempts()
    return opening.OpenedComparison(comparison=compare(failed, linked))


def _path() -> opening.OpenedPath:
    log = example_log()
    path = path_of(log.attempts()[:1])
    return opening.OpenedPath(account_id=log.account_id, attempt=1, after_version=0, path=path)


def _state() -> opening.OpenedState:
    log = read_bundle(example_bundle()).log
    return opening.OpenedState(newest=log.version, state=state_at(log, log.version))


def _redecide() -> opening.OpenedRedecided:
    return opening.OpenedRedecided(redecided=tell_redecided(redecide(example_log())))


def _what_if() -> opening.OpenedWhatIf:
    failed = example_log().attempts()[0]
    told = tell_what_if(failed.before.account, what_if(failed, _CHANGES))
    return opening.OpenedWhatIf(attempt=1, what_if=told)


BUNDLES: dict[str, Line] = {
    "open_bundle": Line(answer=lambda: opened(read_bundle(example_bundle())), problems=_UNREADABLE),
    "opened_compare": Line(answer=_compare, problems=(*_UNREADABLE, "no_such_attempt")),
    "opened_path": Line(answer=_path, problems=(*_UNREADABLE, "no_such_attempt")),
    "opened_state": Line(answer=_state, problems=_UNREADABLE),
    "opened_redecide": Line(answer=_redecide, problems=(*_UNREADABLE, "no_such_attempt")),
    "opened_what_if": Line(
        body=opening.OpenedWhatIfWanted(
            bundle=example_bundle().decode(), attempt=1, policy=_CHANGES.policy
        ),
        answer=_what_if,
        problems=(*_UNREADABLE[:-1], "no_such_attempt", "bad_change"),
    ),
}
"""Of the group `Story`. None of them keeps anything."""
