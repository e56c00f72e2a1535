"""The disk of a worker may be lost, and may be stolen: links stay, and nothing can be read."""

import re
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from tests.end_to_end.conftest import FAST
from tests.end_to_end.machines import MASTER_KEY, Machines
from tests.end_to_end.story import Story
from tests.waiting import wait_until

BACK_S = 60.0


@pytest.fixture
def machines(tmp_path: Path, database: str) -> Generator[Machines]:
    """Return a Linkwright whose worker runs on machine `a`."""
    made = Machines(tmp_path, database, **FAST)
    try:
        made.start()
        made.start_worker("a")
        yield made
    finally:
        made.stop()


@pytest.fixture
def story(machines: Machines) -> Generator[Story]:
    """Return an account that is linked."""
    with machines.client() as client:
        story = Story(client)
        assert story.link_to_ready()["status"] == "READY", story.told()
        yield story


def comes_back(story: Story, times: int = 2) -> None:
    """Wait until the link is complete once more; nobody scans."""
    wait_until(lambda: story.names().count("LinkCompleted") >= times, BACK_S)
    assert story.show()["status"] == "READY", story.told()
    assert story.names().count("QrScanned") == 1


def test_another_machine_goes_on_after_a_stop(machines: Machines, story: Story):
    names = story.names()
    assert names.index("SessionSealed") < names.index("LinkCompleted")
    machines.stop_worker("a")
    machines.start_worker("b")
    comes_back(story)


def test_another_machine_goes_on_after_a_crash_right_after_ready(machines: Machines, story: Story):
    machines.kill_worker("a")
    left = machines.sessions_on("a")
    assert left
    machines.start_worker("b")
    comes_back(story)
    machines.stop_worker("b")
    machines.start_worker("a")
    comes_back(story, times=3)
    machines.stop_worker("a")
    assert not machines.sessions_on("a")


def test_the_same_machine_goes_on_after_a_crash_right_after_ready(machines: Machines, story: Story):
    machines.kill_worker("a")
    machines.start_worker("a")
    comes_back(story)


def test_what_a_crash_left_is_deleted_once_the_session_has_ended(machines: Machines, story: Story):
    machines.kill_worker("a")
    machines.start_worker("b")
    comes_back(story)
    story.post("logout")
    story.until("DISCONNECTED")
    machines.stop_worker("b")
    machines.start_worker("a")
    wait_until(lambda: not machines.sessions_on("a"))


def test_a_damaged_session_leads_to_a_code_and_says_why(
    machines: Machines, story: Story, database: str
):
    machines.stop_worker("a")
    with psycopg.connect(database) as connection:
        connection.execute("update session_copies set sealed = sealed || '\\x00'::bytea")
    machines.start_worker("b")
    story.until("WAITING_QR")
    rejected = next(row for row in story.timeline() if row["name"] == "SessionRejected")
    assert rejected["event"]["reason"] == "session_unreadable"
    story.scan()
    assert story.until("READY", "FAILED")["status"] == "READY"


def test_a_destroyed_account_keeps_nothing_anywhere(
    machines: Machines, story: Story, database: str
):
    story.client.delete(f"/v1/accounts/{story.id}")
    wait_until(lambda: not list(machines.data("a").glob(f"profiles/{story.id}")))
    assert _copies(database) == 0


def test_disk_and_database_without_the_master_key_give_no_session(
    machines: Machines, story: Story, database: str
):
    secrets = set(re.findall(rb'"sealed":"([A-Za-z0-9+/=]{40,})"', machines.content("a")))
    assert secrets  # the page's own login is on the disk of a running browser
    assert _copies(database) == 1
    machines.stop_worker("a")

    disk, dump = machines.content("a"), _dump(database)
    assert story.id.encode() in dump
    for secret in (*secrets, MASTER_KEY, MASTER_KEY.hex().encode()):
        assert secret not in disk
        assert secret not in dump
        assert secret.hex().encode() not in dump
    assert b"indexeddb" not in disk.lower()


def _copies(database: str) -> int:
    with psycopg.connect(database) as connection:
        copies = connection.execute("select copy_id from session_copies").fetchall()
    return len(copies)


def _dump(database: str) -> bytes:
    """Give all tables as a dump has them, with the columns of bytes as they are too."""
    found = b""
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'public'"
        ).fetchall()
        for (table,) in tables:
            copying = f"copy {table} to stdout".encode()
            with connection.cursor() as cursor, cursor.copy(copying) as copy:
                found += b"".join(bytes(part) for part in copy)
            with connection.cursor(binary=True) as cursor:
                for row in cursor.execute(f"table {table}".encode()):
                    found += b"\t".join(v if isinstance(v, bytes) else b"" for v in row)
    return found
