"""What the campaign sees of browsers that accounts share, and what it finds wrong with them."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fleet_campaign.leftovers import of_shared, two_at_once
from tests.fleet_campaign.processes import Browser, Process, Sight, look
from tests.waiting import wait_until

LIMIT_S = 20.0
# Processes with the command lines of the real ones: a zygote, of which two pages come.
PROGRAM = """
import subprocess
names = ["/qt/QtWebEngineProcess", "-c", "sleep 60 & sleep 60 & wait"]
subprocess.Popen(names, executable="/bin/sh").wait()
"""
PAGES = 2
WORKER, FIRST = 7, 100


@pytest.fixture
def program(tmp_path: Path) -> Generator[subprocess.Popen[bytes]]:
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "shared_browser.py").write_text(PROGRAM)
    started = subprocess.Popen(
        [sys.executable, "-m", "adapters.shared_browser"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path / "tmp")},
        start_new_session=True,
    )
    yield started
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def pages_of(data: Path, program: int) -> list[int]:
    def pages() -> list[int]:
        found = [one for browser in look(data).browsers for one in browser.strays]
        return [one.pid for one in found if one.arguments[0] == "sleep" and one.group == program]

    wait_until(lambda: len(pages()) == PAGES, LIMIT_S)
    return pages()


def mark(data: Path, account: str, program: int, *pages: int) -> None:
    path = data / "profiles" / account / "shared"
    path.parent.mkdir(parents=True)
    path.write_text(f"{program}\n{' '.join(map(str, pages))}\n")


def test_accounts_of_a_shared_browser_are_told_apart_by_their_marks(
    tmp_path: Path, program: subprocess.Popen[bytes]
):
    data = tmp_path / "data"
    one, other = pages_of(data, program.pid)
    mark(data, "acc_1", program.pid, one, 2**22 + 1)  # the second one has ended long ago
    mark(data, "acc_2", program.pid)
    sight = look(data)
    assert [page.pid for page in sight.tabs("acc_1")] == [one]
    assert sight.tabs("acc_2") == []
    assert [first.pid for first in sight.first("acc_2", "profiles")] == [program.pid]
    assert sight.first("acc_2", "standby") == []
    (browser,) = sight.browsers
    assert [page.pid for page in browser.strays] == [other]
    assert {program.pid, one, other} < {process.pid for process in sight.everything()}
    assert look(tmp_path / "elsewhere" / "data").browsers == []


def test_pages_whose_browser_was_killed_are_still_seen(
    tmp_path: Path, program: subprocess.Popen[bytes]
):
    pages = pages_of(tmp_path / "data", program.pid)
    mark(tmp_path / "data", "acc_1", program.pid, *pages)
    program.kill()
    program.wait()
    sight = look(tmp_path / "data")
    assert sight.first("acc_1") == []
    assert {page.pid for page in sight.tabs("acc_1")} == set(pages)


def process(pid: int, parent: int) -> Process:
    return Process(pid, parent, FIRST, "S", ("QtWebEngineProcess",))


def browser_with(*accounts: str, pages: int, worker: int = WORKER) -> Browser:
    first, zygote = process(FIRST, worker), process(FIRST + 1, FIRST)
    tabs = [process(FIRST + 2 + n, zygote.pid) for n in range(pages)]
    own = {account: [tab] for account, tab in zip(accounts, tabs, strict=False)}
    return Browser("profiles", [first, zygote, *tabs], own, is_shared=True)


def sight_of(*browsers: Browser) -> Sight:
    parts: Mapping[str, list[Process]] = {"worker": [process(WORKER, 1)], "standby": []}
    return Sight(dict(parts), list(browsers), [], [])


@pytest.mark.parametrize(
    ("browsers", "words"),
    [
        ([browser_with("a", "b", pages=2)], ""),
        ([browser_with(pages=0)], ""),
        ([browser_with("a", "b", pages=2), browser_with(pages=0)], ""),
        ([browser_with("a", pages=1), browser_with(pages=0)], "2 browsers of 7 have room"),
        ([browser_with("a", pages=2)], "103: a page without an account"),
        ([browser_with("a", "b", "c", pages=3)], "3 accounts share a browser"),
        ([browser_with("a", pages=1, worker=1)], "a browser of 1, which is gone"),
    ],
)
def test_a_shared_browser_may_be_empty_but_not_beside_one_that_has_room(
    browsers: list[Browser], words: str
):
    found = of_shared(sight_of(*browsers), most=2)
    assert [words in sentence for sentence in found] == ([True] if words else [])


def test_a_profile_that_two_browsers_have_open_is_found_whatever_their_marks_say(tmp_path: Path):
    home = tmp_path / "profiles" / "acc_1" / "browser"
    home.mkdir(parents=True)
    ours = Process(os.getpid(), 1, os.getpid(), "S", ("python",))
    shared = Browser("profiles", [ours], {}, is_shared=True)
    own = Browser("profiles", [process(FIRST, 1)], {"acc_1": []})
    with (home / "LOCK").open("w"):
        assert two_at_once(sight_of(shared, own), tmp_path) == [
            f"profiles/acc_1: browsers {[os.getpid(), FIRST]} at once"
        ]
    assert two_at_once(sight_of(shared, own), tmp_path) == []
