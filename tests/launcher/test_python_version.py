"""An old Python says what is missing, or makes way for a newer one."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.launcher.small_checkout import SmallCheckout, finish, start

# The launcher as a Python of another version sees it.
PRETENDING = """
import runpy, sys
sys.version_info = {version}
sys.argv = [{launcher!r}, "check", "--unknown"]
runpy.run_path({launcher!r}, run_name="__main__")
"""


@pytest.mark.parametrize("version", [(3, 8, 10), (3, 15, 0)])
def test_no_usable_python_is_said_in_one_sentence(
    fresh_checkout: SmallCheckout, version: tuple[int]
):
    done = launch_in(fresh_checkout, version)
    assert done.returncode == 1
    assert "Python 3.11 to 3.14 is needed." in done.stderr
    assert "sudo apt-get install -y python3.11 python3.11-venv" in done.stderr


def test_a_newer_python_on_the_path_takes_over(fresh_checkout: SmallCheckout):
    """A name alone is not believed: pyenv has a python3.13 on PATH that only complains."""
    fresh_checkout.program("python3.14", "#!/bin/sh\nexit 127\n")
    major, minor = sys.version_info[:2]
    fresh_checkout.link_as(f"python{major}.{minor}", Path(os.path.realpath(sys.executable)))
    done = launch_in(fresh_checkout, (3, 8, 10))
    assert "usage: ./linkwright check" in done.stderr


def test_the_launcher_can_be_read_by_any_python_3():
    """Python 3.6 is the oldest that a supported system still calls python3."""
    launcher = Path(__file__).resolve().parents[2] / "linkwright"
    ast.parse(launcher.read_text(), feature_version=(3, 6))


def launch_in(
    checkout: SmallCheckout, version: tuple[int, ...]
) -> subprocess.CompletedProcess[str]:
    program = PRETENDING.format(version=version, launcher=str(checkout.folder / "linkwright"))
    python = checkout.programs / "python3"
    return finish(start([python, "-c", program], checkout.folder, checkout.environment))
