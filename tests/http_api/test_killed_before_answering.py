"""`kill -9` between commit and answer: the repetition gets the answer, nothing happens twice."""

import base64
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from threading import Thread

import httpx
import psycopg
import pytest

from adapters.keys import Keys
from tests.end_to_end.installation import CHECKOUT, free_port
from tests.plain_http import NO_TLS
from tests.running_api import MASTER_KEY
from tests.waiting import wait_until

STOP_LIMIT_S = 20.0


class Served:
    """`linkwright serve` as a process of its own, without browsers, to be killed and restarted."""

    def __init__(self, database: str, folder: Path) -> None:
        self.port = free_port()
        self._database = database
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "DATABASE_URL": self._database,
                "LINKWRIGHT_DATA": str(self._folder),
                "LINKWRIGHT_PORT": str(self.port),
                "LINKWRIGHT_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
            },
        )
        wait_until(self._lives)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_LIMIT_S)

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {Keys(MASTER_KEY).operator}"},
            timeout=30,
            trust_env=False,
            verify=NO_TLS,
        )

    def _lives(self) -> bool:
        try:
            with self.client() as client:
                return client.get("/v1/accounts").is_success
        except httpx.TransportError:
            return False


@pytest.fixture
def served(database: str, tmp_path: Path) -> Generator[Served]:
    """Serve on the test's database; killed at the end in any case."""
    made = Served(database, tmp_path)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def inputs_with(database: str, key: str) -> int:
    with psycopg.connect(database) as connection:
        return connection.execute("select from inputs where idempotency_key = %s", (key,)).rowcount


def ask_and_be_cut_off(served: Served, path: str, key: str) -> Thread:
    """Send a request whose answer nobody gets to read."""

    def ask() -> None:
        try:
            with served.client() as client:
                client.post(path, json={}, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return

    asking = Thread(target=ask)
    asking.start()
    return asking


def test_an_attempt_whose_answer_was_held_is_begun_once(served: Served, database: str) -> None:
    """It waits for a code, so the kill hits the time between commit and answer for certain."""
    with served.client() as client:
        account_id = client.post("/v1/accounts", json={}).json()["account"]["id"]
    path = f"/v1/accounts/{account_id}/link?wait=5"
    asking = ask_and_be_cut_off(served, path, "held")
    wait_until(lambda: inputs_with(database, "held"))
    served.kill()
    asking.join()
    served.start()
    with served.client() as client:
        headers = {"Idempotency-Key": "held"}
        again = client.post(path, json={}, headers=headers)
        once_more = client.post(path, json={}, headers=headers)
    assert again.status_code == 202
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["account"]["attempt"]["number"] == 1
    assert once_more.content == again.content
    assert inputs_with(database, "held") == 1


def test_accounts_are_registered_once_however_soon_it_is_killed(
    served: Served, database: str
) -> None:
    for number in range(2):
        key = f"register-{number}"
        asking = ask_and_be_cut_off(served, "/v1/accounts", key)
        wait_until(lambda key=key: inputs_with(database, key))
        served.kill()
        asking.join()
        served.start()
        with served.client() as client:
            headers = {"Idempotency-Key": key}
            answers = [client.post("/v1/accounts", json={}, headers=headers) for _ in range(2)]
            accounts = client.get("/v1/accounts").json()["accounts"]
        assert {one.status_code for one in answers} == {201}
        assert answers[0].content == answers[1].content
        assert all(one.headers["idempotent-replayed"] == "true" for one in answers)
        assert len(accounts) == number + 1
        assert answers[0].json()["account"]["id"] == accounts[-1]["id"]
        assert inputs_with(database, key) == 1
