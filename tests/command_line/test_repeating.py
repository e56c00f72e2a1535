"""An answer that is lost on its way is asked for again, and nothing is done twice."""

import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from app.cli import repeating
from app.cli.answers import AccountAnswer
from app.cli.client import Client
from app.cli.connection import Connection
from app.cli.ending import CommandFailed, Exit
from tests.command_line.conftest import Service


class LossyProxy(BaseHTTPRequestHandler):
    """Hands requests on to the service, and loses the first answers on their way back."""

    service = ""
    losing = 0
    away = 0
    keys: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = ("authorization", "idempotency-key", "content-type")
        given = {name: self.headers[name] for name in names if name in self.headers}
        LossyProxy.keys.append(given["idempotency-key"])
        if LossyProxy.losing == 0 and LossyProxy.away > 0:
            LossyProxy.away -= 1
            self.send_response(503)
            self.end_headers()
            return
        url = f"{LossyProxy.service}{self.path}"
        answer = httpx.post(url, content=body, headers=given, trust_env=False)
        if LossyProxy.losing > 0:
            LossyProxy.losing -= 1
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  its signature
        """Say nothing."""


@pytest.fixture
def proxy(service: Service) -> Generator[str]:
    """Stand between the command and the service; gives the address."""
    LossyProxy.service, LossyProxy.keys = service.api.url, []
    LossyProxy.losing = LossyProxy.away = 0
    with HTTPServer(("127.0.0.1", 0), LossyProxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def client(service: Service, proxy: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Client]:
    """Connect through the proxy, without long pauses."""
    monkeypatch.setattr(repeating, "FIRST_PAUSE_S", 0.01)
    headers = {"Authorization": f"Bearer {service.api.key}"}
    with httpx.Client(base_url=proxy, headers=headers, trust_env=False) as http:
        yield Client(http, Connection(url=proxy, key=service.api.key, key_from="the test"))


def test_an_account_is_registered_once_though_answers_are_lost(service: Service, client: Client):
    LossyProxy.losing, LossyProxy.away = 2, 1
    made = client.post("/v1/accounts", AccountAnswer, {"label": "Front desk"})
    accounts = service.do(service.accounts())
    assert [one["id"] for one in accounts] == [made.account.id]
    assert len(LossyProxy.keys) == 4
    assert len(set(LossyProxy.keys)) == 1


def test_each_request_has_a_key_of_its_own(service: Service, client: Client):
    for _ in range(2):
        client.post("/v1/accounts", AccountAnswer, {})
    assert len(service.do(service.accounts())) == 2
    assert len(set(LossyProxy.keys)) == 2


def test_an_answer_that_is_lost_for_ever_is_given_up(
    service: Service, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(repeating, "REPEAT_S", 0.1)
    LossyProxy.losing = 1000
    with pytest.raises(CommandFailed) as failed:
        client.post("/v1/accounts", AccountAnswer, {})
    assert failed.value.status is Exit.UNREACHABLE
    assert len(service.do(service.accounts())) == 1


def test_a_service_in_trouble_that_lost_nothing_is_told_of_at_once(client: Client):
    LossyProxy.away = 1
    with pytest.raises(CommandFailed):
        client.post("/v1/accounts", AccountAnswer, {})
    assert len(LossyProxy.keys) == 1


def test_nobody_there_is_told_of_at_once():
    asked: list[int] = []

    def ask() -> httpx.Response:
        asked.append(1)
        message = "refused"
        raise httpx.ConnectError(message)

    with pytest.raises(httpx.ConnectError):
        repeating.until_answered(ask)
    assert len(asked) == 1


def test_a_first_try_that_is_still_at_work_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(repeating, "FIRST_PAUSE_S", 0.0)
    problem = {"type": "/problems/request_in_progress", "status": 409}
    answers = [httpx.Response(409, json=problem), httpx.Response(201, json={})]
    assert repeating.until_answered(lambda: answers.pop(0)).status_code == 201
