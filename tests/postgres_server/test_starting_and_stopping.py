import os
import signal
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres_server import EmbeddedPostgres, Limits
from adapters.postgres_server.failures import AlreadyRunning, ServerFailed
from adapters.postgres_server.remains import servers_of
from tests.postgres_server.rows import add_row, count_rows
from tests.waiting import wait_until

LONG = "a-rather-long-name-" * 5


def test_rows_outlive_a_stop(server: EmbeddedPostgres):
    add_row(server.start())
    server.stop()
    assert not server.alive()
    assert count_rows(server.start()) == 1


def test_starting_twice_changes_nothing(server: EmbeddedPostgres):
    first = server.start()
    pid = server.pid
    assert server.start() == first
    assert server.pid == pid


def test_stopping_twice_changes_nothing(server: EmbeddedPostgres):
    server.start()
    server.stop()
    server.stop()
    assert not server.alive()


def test_it_is_a_context(data_folder: Path):
    with EmbeddedPostgres(data_folder, durable=False) as server:
        assert server.alive()
    assert servers_of(data_folder / "cluster") == []


def test_tells_what_takes_a_moment(data_folder: Path):
    told: list[str] = []
    with EmbeddedPostgres(data_folder, durable=False, progress=told.append) as server:
        assert server.alive()
    assert any("creating a PostgreSQL" in sentence for sentence in told)


@pytest.mark.parametrize("name", ["with spaces in it", "with,comma", "ünï-cødé", f"{LONG}/{LONG}"])
def test_any_folder_name_will_do(tmp_path: Path, name: str):
    with EmbeddedPostgres(tmp_path / name / "data", durable=False) as server:
        conninfo = server.start()
        add_row(conninfo)
        assert count_rows(conninfo) == 1


def test_the_short_name_of_a_long_folder_goes_with_the_server(tmp_path: Path):
    server = EmbeddedPostgres(tmp_path / LONG / LONG / "data", durable=False)
    short = Path(str(conninfo_to_dict(server.start())["host"]))
    assert short.is_symlink()
    assert short.parent.stat().st_mode & 0o777 == 0o700
    server.stop()
    assert not short.parent.exists()


def test_the_sockets_of_a_long_folder_stay_after_the_server_was_killed(tmp_path: Path):
    with EmbeddedPostgres(tmp_path / LONG / LONG / "data", durable=False) as server:
        conninfo = server.start()
        kill_the_server(server)
        assert server.start() == conninfo


def test_whoever_was_refused_leaves_the_sockets_of_the_one_that_runs(tmp_path: Path):
    folder = tmp_path / LONG / LONG / "data"
    with EmbeddedPostgres(folder, durable=False) as server:
        short = Path(str(conninfo_to_dict(server.start())["host"]))
        second = EmbeddedPostgres(folder)
        with pytest.raises(AlreadyRunning):
            second.start()
        second.stop()
        assert short.is_symlink()


def test_settings_of_the_environment_stay_outside(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    assert count_rows(server.start()) == 0


def test_a_killed_server_loses_nothing_acknowledged(server: EmbeddedPostgres):
    conninfo = server.start()
    for _ in range(20):
        add_row(conninfo)
    kill_the_server(server)
    assert not server.alive()
    assert server.start() == conninfo
    assert count_rows(conninfo) == 20


def test_gives_up_on_a_recovery_without_end_and_leaves_nothing_running(data_folder: Path):
    with EmbeddedPostgres(data_folder) as server:
        add_row(server.start())
        kill_the_server(server)
    impatient = EmbeddedPostgres(data_folder, limits=Limits(ready_s=0))
    with pytest.raises(ServerFailed, match="not ready after"):
        impatient.start()
    assert servers_of(data_folder / "cluster") == []
    with EmbeddedPostgres(data_folder) as server:
        assert count_rows(server.start()) == 1


def test_ctrl_c_in_the_terminal_does_not_reach_it(server: EmbeddedPostgres):
    server.start()
    assert server.pid is not None
    assert os.getpgid(server.pid) != os.getpgid(0)
    assert os.getsid(server.pid) != os.getsid(0)


def test_says_why_it_did_not_start(server: EmbeddedPostgres, data_folder: Path):
    server.start()
    server.stop()
    (data_folder / "cluster" / "postgresql.conf").write_text("shared_buffers = lots\n")
    with pytest.raises(ServerFailed, match=r"shared_buffers.*server\.log"):
        server.start()


def kill_the_server(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not server.alive())
