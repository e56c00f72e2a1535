"""What is missing is installed, what was interrupted is begun again, two at once do no harm."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.launcher.small_checkout import SmallCheckout, finish, hanging_on, start
from tests.waiting import LIMIT_S, wait_until

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may install system packages")
MAKING = "Making the virtual environment .venv …"
INSTALLING = "Installing the runtime packages …"

# Starts the launcher in a Python without ensurepip, as Debian's is without python3-venv.
WITHOUT_ENSUREPIP = """
import runpy, sys
sys.modules["ensurepip"] = None
sys.argv = ["linkwright", "keys"]
runpy.run_path(sys.path.pop(0) + "/linkwright", run_name="__main__")
"""


def test_the_first_launch_says_what_it_does_on_stderr_only(launched_checkout: SmallCheckout):
    first = launched_checkout.first
    assert first is not None
    assert first.returncode == 0
    assert json.loads(first.stdout)["sample"] == "1.0"
    assert [line for line in first.stderr.splitlines() if line.endswith("…")] == [
        f"linkwright: {MAKING}",
        f"linkwright: {INSTALLING}",
        "linkwright: Installing wa-js with npm …",
    ]
    assert "version 156.0.1" in first.stderr


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: SmallCheckout):
    checkout.lock("2.0")
    done = checkout.run("keys")
    assert json.loads(done.stdout)["sample"] == "2.0"
    assert MAKING not in done.stderr


def test_an_environment_made_by_hand_is_used(checkout: SmallCheckout):
    (checkout.folder / ".venv" / "linkwright.json").unlink()
    done = checkout.run("keys")
    assert done.returncode == 0
    assert MAKING not in done.stderr


def test_an_environment_whose_python_is_gone_is_made_again(checkout: SmallCheckout):
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    done = checkout.run("keys")
    assert done.returncode == 0
    assert MAKING in done.stderr


def test_an_environment_that_was_moved_is_installed_again(checkout: SmallCheckout):
    home = checkout.folder
    checkout.folder = home.rename(home.with_name("moved"))
    try:
        done = checkout.run("keys")
    finally:
        checkout.folder = checkout.folder.rename(home)
    assert done.returncode == 0
    assert INSTALLING in done.stderr


def test_a_package_that_is_not_what_the_lock_says_is_refused(checkout: SmallCheckout):
    checkout.lock("3.0", digest="0" * 64)
    done = checkout.run("keys")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "No matching distribution" in done.stderr or "DO NOT MATCH" in done.stderr


def test_without_an_index_it_says_what_to_set_and_works_once_that_is_done(checkout: SmallCheckout):
    checkout.lock("4.0")
    refused = checkout.run("keys", changes={"PIP_FIND_LINKS": ""})
    assert refused.returncode == 1
    assert "PIP_INDEX_URL" in refused.stderr
    assert json.loads(checkout.run("keys").stdout)["sample"] == "4.0"


def test_two_at_once_set_up_once(fresh_checkout: SmallCheckout):
    both = [fresh_checkout.start("up"), fresh_checkout.start("up")]
    done = [finish(process) for process in both]
    assert [each.returncode for each in done] == [0, 0]
    assert sum(MAKING in each.stderr for each in done) == 1
    assert sum("waiting for it" in each.stderr for each in done) == 1


def test_after_a_kill_in_the_middle_the_next_one_waits_and_begins_again(checkout: SmallCheckout):
    """The pip of a killed launcher lives on; nobody may touch .venv before it has ended."""
    checkout.lock("5.0")
    with socket.create_server(("127.0.0.1", 0)) as silent_index:
        first = checkout.start("keys", changes=hanging_on(silent_index))
        silent_index.settimeout(LIMIT_S)
        asking, _ = silent_index.accept()  # only now pip runs, and will outlive the launcher
        assert interrupted(checkout)
        first.kill()
        finish(first)
        second = checkout.start("keys")
        assert second.stderr is not None
        assert "waiting for it" in second.stderr.readline()
        asking.close()  # the pip of the first ends when its index goes away
    done = finish(second)
    assert done.returncode == 0
    assert MAKING in done.stderr
    assert json.loads(done.stdout)["sample"] == "5.0"


def test_ctrl_c_ends_it_quietly(checkout: SmallCheckout):
    checkout.lock("6.0")
    with socket.create_server(("127.0.0.1", 0)) as silent_index:
        process = checkout.start("keys", changes=hanging_on(silent_index))
        wait_until(lambda: interrupted(checkout))
        process.send_signal(signal.SIGINT)
        done = finish(process)
    assert done.returncode == 130
    assert done.stderr.endswith("linkwright: interrupted\n")


def test_a_checkout_that_may_not_be_written_to_is_named(fresh_checkout: SmallCheckout):
    (fresh_checkout.folder / ".venv.lock").mkdir()  # what root, too, cannot open for writing
    done = fresh_checkout.run("keys")
    assert done.returncode == 1
    assert f"{fresh_checkout.folder} cannot be written to" in done.stderr


def test_without_ensurepip_there_is_one_command_to_run(fresh_checkout: SmallCheckout):
    done = without_ensurepip(fresh_checkout)
    assert done.returncode == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"\n    sudo apt-get install -y python{version}-venv\n" in done.stderr


@AS_ROOT
def test_without_ensurepip_root_installs_it(fresh_checkout: SmallCheckout):
    log = fresh_checkout.home / "apt.log"
    fresh_checkout.program("apt-get", f'#!/bin/sh\necho "$@" >> {log}\n')
    done = without_ensurepip(fresh_checkout)
    assert done.returncode == 0, done.stderr
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    asked = ["update", f"install -y --no-install-recommends python{version}-venv"]
    assert log.read_text().splitlines() == asked


def interrupted(checkout: SmallCheckout) -> bool:
    state = checkout.folder / ".venv" / "linkwright.json"
    return state.exists() and "interrupted" in state.read_text()


def without_ensurepip(checkout: SmallCheckout) -> subprocess.CompletedProcess[str]:
    python = checkout.programs / "python3"
    program = f"import sys; sys.path.insert(0, {str(checkout.folder)!r}){WITHOUT_ENSUREPIP}"
    return finish(start([python, "-c", program], Path("/"), checkout.environment))
