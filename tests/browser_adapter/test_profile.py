"""Profiles: private, held by one at a time, and gone when they are erased."""

import os
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import pytest

from adapters.browser.profile import Profile, ProfileLocked, Profiles

# A process with a browser's mark; it ends by itself should a test fail to end it.
STAND_IN = "import sys, time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    return Profiles(tmp_path / "profiles")


@pytest.fixture
def orphan(tmp_path: Path) -> Generator[subprocess.Popen[str]]:
    """Return a process that uses the profile of acc_1, as a browser of a dead worker would."""
    mark = f"--user-data-dir={tmp_path / 'profiles' / 'acc_1' / 'browser'}"
    process = subprocess.Popen(
        [sys.executable, "-c", STAND_IN, mark],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_nobody_else_can_read_anything(profiles: Profiles, tmp_path: Path):
    before = os.umask(0)
    try:
        with profiles.hold("acc_1") as profile:
            await profile.prepare()
    finally:
        os.umask(before)
    root = tmp_path / "profiles"
    assert [mode(p) for p in (root, root / "acc_1", profile.folder)] == [0o700] * 3
    assert mode(root / "acc_1" / "lock") == 0o600


def test_a_profile_is_held_by_one(profiles: Profiles):
    with profiles.hold("acc_1"), pytest.raises(ProfileLocked), profiles.hold("acc_1"):
        pass


def test_a_profile_is_free_again(profiles: Profiles):
    with profiles.hold("acc_1"):
        pass
    with profiles.hold("acc_1"):
        pass


def test_accounts_do_not_wait_for_each_other(profiles: Profiles):
    with profiles.hold("acc_1"), profiles.hold("acc_2"):
        pass


@pytest.mark.parametrize("account", ["", "..", "a/b", "/etc", ".hidden", "a\n", "x" * 101, "-x"])
def test_an_account_id_is_no_path(profiles: Profiles, account: str):
    with pytest.raises(ValueError, match="account id"), profiles.hold(account):
        pass


async def test_leftovers_of_a_killed_browser_are_removed_under_the_lock(profiles: Profiles):
    with profiles.hold("acc_1") as profile:
        await profile.prepare()
        (profile.folder / "SingletonLock").symlink_to("another-host-4711")
        (profile.folder / "Local State").touch()
        await profile.prepare()
        assert [path.name for path in profile.folder.iterdir()] == ["Local State"]


@pytest.mark.parametrize("how", [Profile.prepare, Profile.wipe])
async def test_the_socket_of_a_killed_browser_is_removed_wherever_it_is(
    profiles: Profiles, tmp_path: Path, how: Callable[[Profile], Awaitable[None] | None]
):
    outside = tmp_path / "org.chromium.Chromium.3msgo5"
    outside.mkdir()
    (outside / "SingletonSocket").touch()
    (outside / "SingletonCookie").symlink_to("9805540990564345560")
    with profiles.hold("acc_1") as profile:
        await profile.prepare()
        (profile.folder / "SingletonSocket").symlink_to(outside / "SingletonSocket")
        if (done := how(profile)) is not None:
            await done
    assert not outside.exists()


async def test_a_link_to_a_folder_that_is_not_a_browser_s_is_left_alone(
    profiles: Profiles, tmp_path: Path
):
    outside = tmp_path / "org.chromium"
    outside.mkdir()
    (outside / "SingletonSocket").touch()
    with profiles.hold("acc_1") as profile:
        await profile.prepare()
        (profile.folder / "SingletonSocket").symlink_to(outside / "SingletonSocket")
        profile.wipe()
    assert (outside / "SingletonSocket").exists()


@pytest.mark.usefixtures("orphan")
async def test_a_browser_of_a_dead_worker_is_ended_first(
    profiles: Profiles, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("adapters.browser.profile.ORPHAN_PATIENCE_S", 0.1)
    with profiles.hold("acc_1") as profile:
        assert profile.processes.running()
        await profile.prepare()
        assert not profile.processes.running()


async def test_a_browser_that_is_ending_gets_time_for_it(
    profiles: Profiles, orphan: subprocess.Popen[str]
):
    with profiles.hold("acc_1") as profile:
        orphan.terminate()
        orphan.wait()
        assert await profile.processes.wait_gone(limit_s=5)


async def test_erased_means_gone(profiles: Profiles, tmp_path: Path):
    with profiles.hold("acc_1") as profile:
        await profile.prepare()
        (profile.folder / "Default").mkdir()
    await profiles.erase("acc_1")
    assert list((tmp_path / "profiles").iterdir()) == []


async def test_erasing_what_is_not_there_does_nothing(profiles: Profiles):
    await profiles.erase("acc_1")
    await profiles.erase("acc_1")


async def test_a_profile_in_use_is_not_erased(profiles: Profiles):
    with profiles.hold("acc_1") as profile:
        await profile.prepare()
        with pytest.raises(ProfileLocked):
            await profiles.erase("acc_1")
        assert profile.folder.is_dir()
