"""The promises can be broken: each of these defects is found, and its report leads back to it."""

import pytest
from msgspec.structs import replace

from domain import decide, evolve, link_story
from domain import events as e
from domain.account import Account
from domain.status import Status
from tests.decided_again import keep_no_logs
from tests.simulation.__main__ import main
from tests.simulation.defects import DEFECTS
from tests.simulation.parts import REAL, Build
from tests.simulation.run import Run, run

WITHIN_SEEDS = 400


def first_failure(build: Build) -> Run:
    """Give the first run that breaks a promise."""
    for seed in range(WITHIN_SEEDS):
        done = run(seed, build)
        if done.failure:
            return done
    return pytest.fail(f"not found within {WITHIN_SEEDS} seeds")


@pytest.fixture(autouse=True)
def logs_of_patched_builds_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_no_logs(monkeypatch)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(defect: str):
    found = first_failure(DEFECTS[defect])
    assert found.story() == run(found.seed, DEFECTS[defect]).story()
    assert f"python -m tests.simulation --seed {found.seed}" in found.report()


def test_a_fold_that_forgets_a_reset_is_found(monkeypatch: pytest.MonkeyPatch):
    def forgetful(account: Account, event: e.LoggedOut) -> Account:
        return replace(link_story.logged_out(account, event), phone=account.phone)

    folds = vars(evolve)["_FOLD_AND_STATUS"]
    monkeypatch.setitem(folds, e.LoggedOut, (forgetful, Status.DISCONNECTED))
    assert "_check_linked" in first_failure(REAL).failure


def test_a_decision_on_a_foreign_attempt_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decide, "_is_current", lambda *_: True)
    assert "a foreign attempt changes nothing" in first_failure(REAL).failure


def test_the_command_fails_and_names_the_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(decide, "_is_current", lambda *_: True)
    found = first_failure(REAL)
    assert main(["--seeds", str(WITHIN_SEEDS)]) == 1
    assert f"seed {found.seed}: AssertionError" in capsys.readouterr().out
    assert main(["--seed", str(found.seed)]) == 1
