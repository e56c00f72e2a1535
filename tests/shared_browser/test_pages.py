"""Which processes run an account's pages, also after their numbers were given to others."""

import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from adapters.shared_browser.pages import PageProcesses
from tests.waiting import wait_until

LIMIT_S = 20.0
LONG_AGO = "1"


@pytest.fixture
def page(tmp_path: Path) -> Generator[subprocess.Popen[bytes]]:
    """Run what the kernel calls by the name of a page's process."""
    program = tmp_path / "QtWebEngineProc"
    program.write_text("#!/bin/sh\nread forever\n")
    program.chmod(0o700)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as started:
        name = Path("/proc", str(started.pid), "comm")
        wait_until(lambda: name.read_text().startswith("QtWebEngine"), LIMIT_S)
        yield started
        started.kill()


def test_pages_are_known_until_they_end(page: subprocess.Popen[bytes]):
    pages = PageProcesses()
    assert pages.note([page.pid])
    assert not pages.note([page.pid])
    assert not pages.note([])
    assert pages.alive() == {page.pid}
    pages.kill()
    page.wait(LIMIT_S)
    assert pages.alive() == set()
    assert pages.note([0, page.pid])


def test_a_process_that_has_a_dead_pages_number_is_left_alone(page: subprocess.Popen[bytes]):
    pages = PageProcesses({page.pid: LONG_AGO})
    assert pages.alive() == set()
    pages.kill()
    assert page.poll() is None
    assert pages.note([page.pid])
    assert pages.alive() == {page.pid}
