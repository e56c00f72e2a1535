"""A launch with nothing left to do, and what the command is started with."""

import json
import os
from pathlib import Path

import pytest

from app.launcher.qt_webengine import why_not_here
from tests.launcher.small_checkout import SmallCheckout

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may install system packages")


def test_a_second_launch_says_nothing_and_runs_the_command(checkout: SmallCheckout):
    done = checkout.run("up", "--port", "0")
    assert done.stderr == ""
    assert json.loads(done.stdout)["arguments"] == ["up", "--port", "0"]


def test_the_exit_status_is_the_commands(checkout: SmallCheckout):
    assert checkout.run("up", changes={"END_WITH": "7"}).returncode == 7


def test_the_command_is_told_of_the_browser_and_the_data_folder(checkout: SmallCheckout):
    seen = json.loads(checkout.run("up").stdout)
    assert seen["LINKWRIGHT_BROWSER"] == str(checkout.programs / "chromium-headless-shell")
    assert seen["LINKWRIGHT_DATA"] == str(checkout.folder / ".linkwright")


def test_a_data_folder_of_ones_own_is_kept(checkout: SmallCheckout):
    seen = json.loads(checkout.run("up", changes={"LINKWRIGHT_DATA": "elsewhere"}).stdout)
    assert seen["LINKWRIGHT_DATA"] == "elsewhere"


def test_it_works_from_a_folder_that_has_an_app_of_its_own(checkout: SmallCheckout, tmp_path: Path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("raise SystemExit('the wrong app')")
    (tmp_path / "sample.py").write_text("raise SystemExit('the wrong package')")
    done = checkout.run("up", folder=tmp_path, changes={"PYTHONPATH": str(tmp_path)})
    assert json.loads(done.stdout)["folder"] == str(tmp_path)


def test_it_works_through_a_link(checkout: SmallCheckout, tmp_path: Path):
    link = tmp_path / "lw"
    link.symlink_to(checkout.folder / "linkwright")
    assert checkout.run("up", program=link).returncode == 0


def test_it_works_inside_its_own_activated_environment(checkout: SmallCheckout):
    path = os.pathsep.join([str(checkout.folder / ".venv" / "bin"), *_path(checkout)])
    assert checkout.run("up", changes={"PATH": path}).stderr == ""


def test_a_command_without_pages_needs_no_browser(checkout: SmallCheckout):
    done = checkout.run("keys", changes={"LINKWRIGHT_BROWSER": "/nowhere"})
    assert json.loads(done.stdout)["arguments"] == ["keys"]


def test_the_tests_never_see_the_data_of_a_service(checkout: SmallCheckout, tmp_path: Path):
    service = {
        "DATABASE_URL": "postgresql://production",
        "LINKWRIGHT_DATA": "/srv/linkwright",
        "LINKWRIGHT_TEST_DATABASE_URL": "postgresql://for-tests",
    }
    done = checkout.run("test", "-x", folder=tmp_path, changes=service)
    arguments, folder, seen = json.loads(done.stdout)
    assert (arguments, folder) == (["-x"], str(checkout.folder))
    settings = {name for name in seen if name.startswith(("LINKWRIGHT_", "DATABASE"))}
    shared = set() if why_not_here() else {"LINKWRIGHT_SHARED_BROWSER"}
    assert settings == {"LINKWRIGHT_BROWSER", "LINKWRIGHT_TEST_DATABASE_URL", *shared}


@AS_ROOT
def test_the_tests_bring_php_where_there_is_none(checkout: SmallCheckout):
    log = checkout.home / "apt.log"
    checkout.program("apt-get", f'#!/bin/sh\necho "$@" >> {log}\n')
    for _ in range(2):  # the second one does not try again
        assert checkout.run("test").returncode == 0
    assert log.read_text().splitlines() == ["update", "install -y --no-install-recommends php-cli"]


def test_without_php_the_tests_say_what_they_leave_out(checkout: SmallCheckout):
    done = checkout.run("test")
    assert done.returncode == 0
    assert "there is no PHP, so the receiver in PHP is not tested" in done.stderr
    checkout.program("php", "#!/bin/sh\n")
    assert "PHP" not in checkout.run("test").stderr


def test_wrong_words_are_answered_with_the_right_ones(checkout: SmallCheckout):
    done = checkout.run("check", "--fast")
    assert done.returncode == 1
    assert "usage: ./linkwright check [--static]" in done.stderr


def _path(checkout: SmallCheckout) -> list[str]:
    return checkout.environment["PATH"].split(os.pathsep)
