"""The browser that accounts can share: installed for those who set it, seen loading, handed on."""

import json
import os
import platform
import shutil
import socket
import sys
from io import StringIO
from pathlib import Path

import pytest

from app.launcher.python_packages import PythonPackages
from app.launcher.qt_webengine import is_shared, why_not_here
from app.launcher.shared_browser import SharedBrowser
from app.launcher.steps import Narrator, SetupFailed
from tests.launcher.small_checkout import SmallCheckout, engine, finish, hanging_on
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.skipif(why_not_here() != "", reason="no Qt WebEngine runs here")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may install system packages")
SHARED = {"LINKWRIGHT_ACCOUNTS_PER_BROWSER": "10"}
INSTALLING = "Installing the shared browser, 260 MB to download …"


@pytest.fixture
def folder(checkout: SmallCheckout) -> Path:
    """Return where it will be, with nothing there."""
    folder = checkout.folder / ".shared-browser"
    shutil.rmtree(folder, ignore_errors=True)
    (checkout.folder / ".venv" / "linkwright-shared-browser.json").unlink(missing_ok=True)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a folder with an engine that somebody has put there."""
    own = tmp_path / "own"
    (own / "PySide6").mkdir(parents=True)
    for name, text in engine("140.0.2").items():
        (own / name).write_text(text)
    return own


def test_who_shares_gets_it_and_then_every_command_knows_of_it(
    checkout: SmallCheckout, folder: Path
):
    first = checkout.run("standby", changes=SHARED)
    assert f"linkwright: {INSTALLING}" in first.stderr
    assert "Chromium 140.0.1 with security patches up to 152.0.1" in first.stderr
    assert json.loads(first.stdout)["LINKWRIGHT_SHARED_BROWSER"] == str(folder)
    assert sorted(path.name for path in folder.iterdir() if "-" not in path.name) == [
        "PySide6",
        "linkwright.json",
    ]
    again = checkout.run("worker", changes=SHARED)
    assert again.stderr == ""
    seen = json.loads(checkout.run("keys").stdout)
    assert seen["LINKWRIGHT_SHARED_BROWSER"] == str(folder)


@pytest.mark.parametrize(("command", "number"), [("up", "1"), ("doctor", "10"), ("bench", "10")])
def test_nobody_else_waits_for_it(checkout: SmallCheckout, folder: Path, command: str, number: str):
    done = checkout.run(command, changes={"LINKWRIGHT_ACCOUNTS_PER_BROWSER": number})
    assert json.loads(done.stdout)["LINKWRIGHT_SHARED_BROWSER"] is None
    assert not folder.exists()


def test_checks_have_its_types_and_do_not_load_it(checkout: SmallCheckout, folder: Path):
    (checkout.home / "no-library").touch()
    checked = checkout.run("check", "--static")
    assert INSTALLING in checked.stderr
    assert "does not load" not in checked.stderr
    (checkout.home / "no-library").unlink()
    measured = checkout.run("bench", "sessions")
    assert INSTALLING not in measured.stderr
    assert f"the shared browser is in {folder}, Chromium 140.0.1" in measured.stderr


def test_another_lock_is_installed_and_leaves_nothing_of_the_old(
    checkout: SmallCheckout, folder: Path
):
    (folder / "PySide6").mkdir(parents=True)
    (folder / "PySide6" / "of_the_old.py").touch()
    checkout.lock_shared_browser("141.0.1")
    done = checkout.run("up", changes=SHARED)
    assert "Chromium 141.0.1" in done.stderr
    assert not (folder / "PySide6" / "of_the_old.py").exists()


def test_after_a_kill_in_the_middle_the_next_one_waits_and_begins_again(
    checkout: SmallCheckout, folder: Path
):
    with socket.create_server(("127.0.0.1", 0)) as silent_index:
        first = checkout.start("up", changes=SHARED | hanging_on(silent_index))
        silent_index.settimeout(LIMIT_S)
        asking, _ = silent_index.accept()  # only now pip runs, and will outlive the launcher
        first.kill()
        finish(first)
        assert (folder / "unpacking").is_dir()
        second = checkout.start("up", changes=SHARED)
        assert second.stderr is not None
        assert "waiting for it" in second.stderr.readline()
        asking.close()  # the pip of the first ends when its index goes away
    done = finish(second)
    assert INSTALLING in done.stderr
    assert json.loads(done.stdout)["LINKWRIGHT_SHARED_BROWSER"] == str(folder)
    assert not (folder / "unpacking").exists()


def test_a_folder_of_ones_own_is_used_and_nothing_installed(
    checkout: SmallCheckout, folder: Path, own: Path
):
    configured = SHARED | {"LINKWRIGHT_SHARED_BROWSER": own.name}
    done = checkout.run("up", folder=own.parent, changes=configured)
    assert f"the shared browser is in {own}, Chromium 140.0.2" in done.stderr
    assert json.loads(done.stdout)["LINKWRIGHT_SHARED_BROWSER"] == str(own)
    assert not folder.exists()
    assert checkout.run("up", folder=own.parent, changes=configured).stderr == ""


@pytest.mark.usefixtures("folder")
def test_a_folder_of_ones_own_without_an_engine_is_named(checkout: SmallCheckout, tmp_path: Path):
    done = checkout.run("up", changes=SHARED | {"LINKWRIGHT_SHARED_BROWSER": str(tmp_path)})
    assert done.returncode == 1
    assert f"the shared browser in {tmp_path} does not load: ModuleNotFoundError" in done.stderr
    assert "Correct LINKWRIGHT_SHARED_BROWSER, or unset it" in done.stderr


@AS_ROOT
@pytest.mark.usefixtures("folder")
def test_a_missing_library_is_installed_by_root(checkout: SmallCheckout, own: Path, tmp_path: Path):
    lacking, log = checkout.home / "no-library", tmp_path / "apt.log"
    lacking.touch()
    checkout.link("rm")
    checkout.program(
        "apt-get",
        f'#!/bin/sh\necho "$@" >> {log}\n[ "$1" = update ] || rm {lacking}\n',
    )
    done = checkout.run("up", changes=SHARED | {"LINKWRIGHT_SHARED_BROWSER": str(own)})
    assert done.returncode == 0, done.stderr
    assert "does not load: ImportError: libxkbfile.so.1" in done.stderr
    update, install = log.read_text().splitlines()
    assert update == "update"
    assert {"install", "libnss3", "libxkbfile1", "^libasound2(t64)?$"} <= set(install.split())


@pytest.mark.usefixtures("folder")
def test_where_libraries_cannot_be_installed_there_is_one_command(
    checkout: SmallCheckout, own: Path
):
    (checkout.home / "no-library").touch()
    checkout.program("dnf", "#!/bin/sh\nexit 1\n")
    done = checkout.run("up", changes=SHARED | {"LINKWRIGHT_SHARED_BROWSER": str(own)})
    assert (done.returncode, done.stdout) == (1, "")
    assert "\n    sudo dnf install -y alsa-lib " in done.stderr


@pytest.mark.parametrize(
    ("machine", "libc", "can"),
    [
        ("x86_64", "glibc 2.36", True),
        ("x86_64", "glibc 2.31", False),
        ("aarch64", "glibc 2.36", False),
        ("aarch64", "glibc 2.41", True),
        ("riscv64", "glibc 2.41", False),
        ("x86_64", None, False),
    ],
)
def test_where_there_is_no_build_of_it_that_is_known_before_a_download(
    monkeypatch: pytest.MonkeyPatch, machine: str, libc: str | None, *, can: bool
):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(os, "confstr", lambda _: libc)
    assert (why_not_here() == "") is can


def test_where_it_cannot_be_tests_do_without_and_the_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(sys, "platform", "darwin")
    said = StringIO()
    told = Narrator(said)
    assert not SharedBrowser(PythonPackages(tmp_path, {})).is_wanted(told, by_tests=False)
    shared = SharedBrowser(PythonPackages(tmp_path, SHARED))
    assert not shared.is_wanted(told, by_tests=True)
    assert "what accounts share is not tested" in said.getvalue()
    with pytest.raises(SetupFailed, match=r"ACCOUNTS_PER_BROWSER cannot be used here: .* Linux"):
        shared.is_wanted(told, by_tests=False)


@pytest.mark.parametrize(
    ("number", "shared"),
    [("2", True), ("50", True), ("1", False), ("0", False), ("", False), ("two", False)],
)
def test_sharing_begins_at_two(number: str, *, shared: bool):
    assert is_shared({"LINKWRIGHT_ACCOUNTS_PER_BROWSER": number}) is shared
