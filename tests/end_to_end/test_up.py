"""Starting and stopping as a new user meets it: one clear sentence for whatever is in the way."""

import os
import signal
import socket
from collections.abc import Callable

import pytest

from tests.end_to_end.installation import Installation
from tests.waiting import wait_until

Maker = Callable[..., Installation]
CANNOT_START = 2


def refusal(installation: Installation) -> str:
    """Start what cannot start; returns the sentence."""
    process = installation.launch()
    assert process.wait(60) == CANNOT_START, installation.said()
    assert "Traceback" not in installation.said()
    wait_until(lambda: not installation.leftovers())
    return installation.said()


def test_it_starts_says_its_key_once_and_stops_with_nothing_left(fresh_installation: Maker):
    installation = fresh_installation()
    installation.start()
    assert installation.api_key.startswith("lw_")
    assert installation.stop(signal.SIGINT) == 0
    wait_until(lambda: not installation.leftovers())
    installation.start()
    assert "lw_" not in installation.said()
    assert installation.stop(signal.SIGTERM) == 0
    wait_until(lambda: not installation.leftovers())


@pytest.mark.parametrize("which", ["LINKWRIGHT_PORT", "LINKWRIGHT_SANDBOX_PORT"])
def test_a_taken_port_is_named_with_the_setting_that_moves_it(
    fresh_installation: Maker, which: str
):
    installation = fresh_installation()
    port = installation.port if which == "LINKWRIGHT_PORT" else installation.sandbox_port
    with socket.create_server(("127.0.0.1", port)):
        said = refusal(installation)
    assert f"Port {port}" in said
    assert which in said


def test_an_unwritable_data_folder_is_named(fresh_installation: Maker):
    installation = fresh_installation()
    installation.data.write_text("a file where the folder should be")
    said = refusal(installation)
    assert f"The data folder {installation.data} cannot be written" in said
    assert "LINKWRIGHT_DATA" in said


def test_an_unreachable_database_is_named_without_its_password(fresh_installation: Maker):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    address = f"postgresql://someone:secret-word@127.0.0.1:{port}/linkwright"
    said = refusal(fresh_installation(DATABASE_URL=address))
    assert "The database cannot be reached" in said
    assert "DATABASE_URL" in said
    assert "secret-word" not in said


def test_a_missing_browser_is_named(fresh_installation: Maker):
    said = refusal(fresh_installation(LINKWRIGHT_BROWSER="/nowhere/chromium"))
    assert "/nowhere/chromium" in said


def test_a_setting_that_cannot_be_used_is_named(fresh_installation: Maker):
    assert "LINKWRIGHT_POLICY" in refusal(fresh_installation(LINKWRIGHT_POLICY='{"logout_s": -1}'))


def test_a_second_start_on_the_same_folder_names_the_first(fresh_installation: Maker):
    first = fresh_installation()
    first.start()
    second = fresh_installation(LINKWRIGHT_DATA=str(first.data))
    process = second.launch()
    assert process.wait(60) == CANNOT_START
    assert f"process {first.pids('up')[0]}" in second.said()
    assert first.stop() == 0


def test_another_database_server_is_used_when_it_is_given(
    fresh_installation: Maker, empty_database: str
):
    installation = fresh_installation(DATABASE_URL=empty_database)
    installation.start()
    assert not (installation.data / "postgres").exists()
    assert installation.stop() == 0


def test_an_impatient_second_interrupt_still_leaves_nothing(fresh_installation: Maker):
    installation = fresh_installation()
    installation.start()
    os.kill(installation.pids("up")[0], signal.SIGINT)
    wait_until(lambda: not installation.pids("worker"))
    assert installation.stop(signal.SIGINT) == 0
    wait_until(lambda: not installation.leftovers())


def test_the_interrupted_terminal_reaches_only_the_supervisor(fresh_installation: Maker):
    """Ctrl-C goes to the whole foreground group; the children must still stop in order."""
    installation = fresh_installation()
    installation.start()
    groups = {os.getpgid(pid) for part in ("serve", "worker") for pid in installation.pids(part)}
    assert os.getpgid(installation.pids("up")[0]) not in groups
    assert installation.stop() == 0
    wait_until(lambda: not installation.leftovers())


def test_nothing_new_begins_while_the_browsers_close(fresh_installation: Maker):
    """The clock would start a reconnect for each link that the worker gives up."""
    installation = fresh_installation()
    installation.start()
    (worker,) = installation.pids("worker")
    os.kill(worker, signal.SIGSTOP)
    os.kill(installation.pids("up")[0], signal.SIGTERM)
    wait_until(lambda: not installation.pids("serve"))
    assert installation.pids("worker") == [worker]
    os.kill(worker, signal.SIGCONT)
    assert installation.stop(signal.SIGTERM) == 0
    wait_until(lambda: not installation.leftovers())
