"""Exactly once: whatever ends a writer, every row is what the log says."""

import subprocess
import sys

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from adapters.event_log.new_table import LOG_KEY
from adapters.event_log.partitions import Reading
from tests.projecting.tables import all_same, asked
from tests.waiting import wait_until

NAME = "telling"
THERE = "select 1 from pg_stat_activity where application_name = 'telling'"
WAITS = "select 1 from pg_locks where not granted and locktype = 'advisory'"


def start(database: str) -> "subprocess.Popen[str]":
    conninfo = make_conninfo(database, application_name=NAME)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.projecting.telling_process", conninfo],
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(writer: "subprocess.Popen[str]", database: str) -> int:
    """Kill it, wait until the server has done what it had been sent, and give the last position."""
    writer.kill()
    rest, _ = writer.communicate()
    wait_until(lambda: not asked(database, THERE))
    return max((int(line.split()[1]) for line in rest.splitlines() if line.count(" ")), default=0)


@pytest.mark.parametrize("acknowledged", [1, 2, 3, 4, 11, 30])
def test_a_writer_that_is_killed_leaves_every_row_as_the_log_says(
    reading: Reading, database: str, acknowledged: int
) -> None:
    writer = start(database)
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(acknowledged)]
    last = max(int(said[-1].split()[1]), kill(writer, database))

    ((head,),) = asked(database, "select max(notification_id) from events")
    assert head >= last
    assert all_same(reading)


@pytest.mark.parametrize("victim", ["writer", "server"])
def test_killed_between_sending_and_the_commit(
    reading: Reading, database: str, victim: str
) -> None:
    """The append waits inside the server: it is then done whole, or not at all."""
    writer = start(database)
    assert writer.stdout is not None
    writer.stdout.readline()
    with psycopg.connect(database, autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(%s)", (LOG_KEY,))
        wait_until(lambda: asked(database, WAITS))
        if victim == "server":
            asked(
                database,
                "select pg_terminate_backend(pid) from pg_locks"
                " where not granted and locktype = 'advisory'",
            )
        writer.kill()
    kill(writer, database)
    assert all_same(reading)
