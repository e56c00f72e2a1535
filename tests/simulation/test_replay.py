"""The same seed is the same run: twice here, and in a process where every hash is another."""

import os
import subprocess
import sys

import pytest

from tests.architecture.source import CHECKOUT
from tests.simulation.__main__ import main
from tests.simulation.run import run

SEEDS = (0, 7, 44)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_is_the_same_run_to_the_byte(seed: int):
    assert run(seed).story() == run(seed).story()


def test_different_seeds_are_different_runs():
    assert len({run(seed).story() for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_order_of_sets_has_no_say(hash_seed: str):
    program = f"from tests.simulation.run import run\nfor s in {SEEDS}: print(run(s).story())"
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert elsewhere.stdout == "".join(f"{run(seed).story()}\n" for seed in SEEDS)


def test_a_soak_says_how_far_it_came(capsys: pytest.CaptureFixture[str]):
    assert main(["--seeds", "5", "--from", "100"]) == 0
    assert capsys.readouterr().out.startswith("5 seeds, ")


def test_one_seed_is_shown_step_by_step(capsys: pytest.CaptureFixture[str]):
    assert main(["--seed", "3"]) == 0
    shown = capsys.readouterr().out
    assert "worker_1: starts" in shown
    assert "log: acc_1 input 1 RegisterAccount by key:1 -> AccountRegistered" in shown
    assert shown.endswith("python -m tests.simulation --seed 3\n")
