"""Whose server it is: one keeper per folder, none left behind."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.postgres_server import EmbeddedPostgres, Limits
from adapters.postgres_server.account import server_account
from adapters.postgres_server.failures import AlreadyRunning
from adapters.postgres_server.remains import servers_of
from tests.postgres_server.keeper import Keeper
from tests.postgres_server.rows import add_row, count_rows
from tests.waiting import wait_until

WHERE = pytest.mark.parametrize("where", ["in the main thread", "in another thread"])


@WHERE
def test_the_server_dies_with_its_keeper(
    data_folder: Path, keep: Callable[..., Keeper], where: str
):
    keeper = keep(data_folder, where)
    assert keeper.server_pid in servers_of(data_folder / "cluster")
    keeper.kill()
    wait_until(lambda: servers_of(data_folder / "cluster") == [])


@WHERE
def test_nothing_is_left_after_a_stop(data_folder: Path, keep: Callable[..., Keeper], where: str):
    keeper = keep(data_folder, where)
    keeper.let_go()
    assert servers_of(data_folder / "cluster") == []
    wait_until(lambda: not watchers_of(keeper.pid))


def test_starts_at_once_after_its_keeper_was_killed(
    server: EmbeddedPostgres, data_folder: Path, keep: Callable[..., Keeper]
):
    add_row(server.start())
    server.stop()
    keep(data_folder).kill()
    assert count_rows(server.start()) == 1


def test_a_second_keeper_is_refused_and_told_who_the_first_is(
    server: EmbeddedPostgres, data_folder: Path, keep: Callable[..., Keeper]
):
    keeper = keep(data_folder)
    with pytest.raises(AlreadyRunning, match=f"process {keeper.pid}") as refusal:
        server.start()
    assert refusal.value.pid == keeper.pid
    assert keeper.server_pid in servers_of(data_folder / "cluster")
    keeper.let_go()
    assert server.start()


def test_a_second_server_in_the_same_process_is_refused(
    server: EmbeddedPostgres, data_folder: Path
):
    server.start()
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        EmbeddedPostgres(data_folder).start()
    assert server.alive()


def test_a_server_that_somebody_started_by_hand_is_left_alone(
    server: EmbeddedPostgres, data_folder: Path
):
    server.start()
    (data_folder / "lock").unlink()  # as if nobody held it
    second = EmbeddedPostgres(data_folder, limits=Limits(last_server_s=0.2))
    with pytest.raises(AlreadyRunning, match=f"PostgreSQL process {server.pid}"):
        second.start()
    assert server.alive()


def test_starts_although_the_old_number_belongs_to_another_process_now(
    server: EmbeddedPostgres, data_folder: Path
):
    """In a container numbers begin again: the dead server's may be a neighbour's."""
    add_row(server.start())
    server.stop()
    cluster = data_folder / "cluster"
    account = server_account(cluster)
    user = account.uid if account.is_other else None
    with subprocess.Popen(["sleep", "600"], user=user) as neighbour:  # noqa: S607
        (cluster / "postmaster.pid").write_text(f"{neighbour.pid}\n{cluster}\n1\n5432\n.\n\n")
        try:
            assert count_rows(server.start()) == 1
        finally:
            neighbour.kill()


def watchers_of(pid: int) -> list[int]:
    """Return the processes that wait for the end of the given one."""
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and f'"parent": {pid}' in command_line(process)
    ]


def command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""
