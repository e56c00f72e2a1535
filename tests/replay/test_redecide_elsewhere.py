"""A log is decided alike in another process, whatever the order of its hashes."""

import os
import subprocess
import sys
from pathlib import Path

from domain.reasons import Reason
from projections.replay.bundle import write_bundle
from tests.read_models import scenes
from tests.replay.faulty_logs import faulty_log
from tests.replay.test_account_log import log_of

REPOSITORY = Path(__file__).parents[2]


def decided_elsewhere(hash_seed: str, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.replay.redecide_bundles", *map(str, files)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_with_another_hash_seed(tmp_path: Path) -> None:
    for number, story in enumerate((scenes.linked(), scenes.close_window(scenes.rotated({1: 2})))):
        (tmp_path / f"{number}.bundle").write_bytes(write_bundle(log_of(story), "masked"))

    alike = decided_elsewhere("4711", tmp_path)
    assert alike.returncode == 0, alike.stdout + alike.stderr
    assert alike.stdout.startswith("2 logs with ")
    assert alike.stdout.endswith(" inputs: 0 decided otherwise\n")


def test_what_another_build_decided_is_seen_there_too(tmp_path: Path) -> None:
    log, _, _ = faulty_log("trouble_forgiven")
    (tmp_path / "faulty.bundle").write_bytes(write_bundle(log, "masked"))

    told = decided_elsewhere("1", tmp_path / "faulty.bundle")

    assert told.returncode == 1, told.stderr
    assert Reason.BROWSER_CRASHED.value in told.stdout.lower()
