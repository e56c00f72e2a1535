"""What goes wrong between a command and its service, each in one sentence."""

import base64
import json
import socket
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import client as client_module
from app.cli.connection import find_connection, is_loopback
from app.cli.ending import CommandFailed, Exit, Interruptible
from tests.command_line.conftest import Run, Service

MASTER_KEY = base64.b64encode(b"m" * 32).decode()
"""As `tests/running_api.py` serves with."""


@pytest.fixture
def stranger() -> Generator["Stranger"]:
    """Serve something that is not Linkwright."""
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        Stranger.url = f"http://127.0.0.1:{server.server_port}"
        Stranger.status, Stranger.body, Stranger.seen = 200, b"", []
        yield Stranger  # type: ignore[misc]  the class is the handle: HTTPServer makes instances
        server.shutdown()
        thread.join()


class Stranger(BaseHTTPRequestHandler):
    url = ""
    status = 200
    body = b""
    seen: list[str]

    def do_GET(self) -> None:
        Stranger.seen.append(self.headers.get("authorization", ""))
        self.send_response(Stranger.status)
        self.send_header("Content-Length", str(len(Stranger.body)))
        self.end_headers()
        self.wfile.write(Stranger.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  its signature
        """Say nothing."""


def test_nobody_listens(run: Run):
    shown = run("accounts", LINKWRIGHT_URL=unused_address(), LINKWRIGHT_API_KEY="lw_x")

    assert shown.exit_code == Exit.UNREACHABLE
    assert "is not running" in shown.stderr
    assert "linkwright up" in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_somebody_listens_and_never_answers(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_module, "ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        shown = run("accounts", LINKWRIGHT_URL=url, LINKWRIGHT_API_KEY="lw_x")

    assert shown.exit_code == Exit.UNREACHABLE
    assert "longer than" in shown.stderr


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>It works!</html>"),
        (200, b"{}"),
        (200, b'{"accounts": [{"id": 1}]}'),
        (404, b"<html>Not Found</html>"),
        (404, b'{"detail": "Not Found"}'),
        (404, b'{"type": "about:blank", "title": "Not Found"}'),
        (502, b"Bad Gateway"),
        (301, b""),
    ],
)
def test_somebody_else_answers(run: Run, stranger: type[Stranger], status: int, body: bytes):
    stranger.status, stranger.body = status, body

    shown = run("accounts", LINKWRIGHT_URL=stranger.url, LINKWRIGHT_API_KEY="lw_x")

    assert shown.exit_code == Exit.UNREACHABLE
    assert "not Linkwright's API" in shown.stderr


def test_the_service_is_in_trouble(run: Run, stranger: type[Stranger]):
    stranger.status = 503
    stranger.body = json.dumps(
        {
            "type": "/problems/storage_unavailable",
            "title": "The database cannot do this now",
            "detail": "The database does not answer.",
            "what_to_do": "Try again.",
        }
    ).encode()

    shown = run("accounts", LINKWRIGHT_URL=stranger.url, LINKWRIGHT_API_KEY="lw_x")

    assert shown.exit_code == Exit.SERVICE
    assert shown.stderr == "linkwright: The database does not answer. Try again.\n"


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8700", "ftp://x", "http://", "http://x:99999", "http://[", "🙂"]
)
def test_an_address_that_is_none(run: Run, url: str):
    shown = run("accounts", LINKWRIGHT_URL=url, LINKWRIGHT_API_KEY="lw_x")

    assert shown.exit_code == Exit.USAGE
    assert "LINKWRIGHT_URL" in shown.stderr


def test_a_setting_that_cannot_be_used(run: Run):
    shown = run("accounts", LINKWRIGHT_PORT="eighty", LINKWRIGHT_API_KEY="lw_x")

    assert shown.exit_code == Exit.USAGE
    assert "LINKWRIGHT_PORT" in shown.stderr


def test_no_key_anywhere(run: Run, service: Service):
    shown = run("accounts", LINKWRIGHT_URL=service.api.url)

    assert shown.exit_code == Exit.KEY
    assert "LINKWRIGHT_API_KEY" in shown.stderr
    assert "--key-file" in shown.stderr


def test_a_wrong_key_is_named_by_where_it_came_from(run: Run, service: Service, tmp_path: Path):
    file = key_file(tmp_path, "lw_wrong")
    url = service.api.url

    from_file = run("accounts", "--key-file", str(file), LINKWRIGHT_URL=url)
    from_variable = run("accounts", LINKWRIGHT_URL=url, LINKWRIGHT_API_KEY="lw_wrong")

    for shown, place in ((from_file, str(file)), (from_variable, "LINKWRIGHT_API_KEY")):
        assert shown.exit_code == Exit.KEY
        assert place in shown.stderr
        assert "lw_wrong" not in shown.stderr


@pytest.mark.parametrize("key", ["ключ", "a\x7fb", "a b", "lw_" + "x" * 5000])
def test_a_key_that_no_header_can_hold(run: Run, service: Service, key: str):
    shown = run("accounts", LINKWRIGHT_URL=service.api.url, LINKWRIGHT_API_KEY=key)

    assert shown.exit_code == Exit.KEY
    assert shown.stderr.count("\n") == 1


def test_the_key_of_a_file_goes_before_the_variable(run: Run, service: Service, tmp_path: Path):
    file = key_file(tmp_path, f"\n{service.api.key}\n")

    shown = run(
        "accounts",
        "--key-file",
        str(file),
        LINKWRIGHT_URL=service.api.url,
        LINKWRIGHT_API_KEY="lw_wrong",
    )

    assert shown.exit_code == Exit.DONE


@pytest.mark.parametrize("content", ["", "two keys", "one\ntwo"])
def test_a_key_file_without_a_key(run: Run, tmp_path: Path, content: str):
    shown = run("accounts", "--key-file", str(key_file(tmp_path, content)))

    assert shown.exit_code == Exit.KEY
    assert "exactly one key" in shown.stderr


def test_a_key_file_that_cannot_be_read(run: Run, tmp_path: Path):
    missing = run("accounts", "--key-file", str(tmp_path / "none"))
    folder = run("accounts", "--key-file", str(tmp_path))

    assert missing.exit_code == folder.exit_code == Exit.KEY
    assert "No such file" in missing.stderr


def test_a_key_file_that_others_can_read_is_said(run: Run, service: Service, tmp_path: Path):
    file = key_file(tmp_path, service.api.key)
    file.chmod(0o644)

    shown = run("accounts", "--key-file", str(file), LINKWRIGHT_URL=service.api.url)

    assert shown.exit_code == Exit.DONE
    assert "chmod 600" in shown.stderr


def test_the_operator_needs_no_key(run: Run, service: Service, tmp_path: Path):
    own = data_folder(tmp_path)

    shown = run("accounts", LINKWRIGHT_URL=service.api.url, LINKWRIGHT_DATA=str(own))

    assert shown.exit_code == Exit.DONE


def test_the_operator_of_another_installation_is_refused(
    run: Run, service: Service, tmp_path: Path
):
    other = data_folder(tmp_path, base64.b64encode(b"o" * 32).decode())

    shown = run("accounts", LINKWRIGHT_URL=service.api.url, LINKWRIGHT_DATA=str(other))

    assert shown.exit_code == Exit.KEY
    assert str(other) in shown.stderr


def test_the_operators_key_stays_on_this_machine(tmp_path: Path):
    own = data_folder(tmp_path)
    environment = {"LINKWRIGHT_DATA": str(own), "LINKWRIGHT_URL": "http://linkwright.example"}

    with pytest.raises(CommandFailed) as failed:
        find_connection(environment, None)

    assert failed.value.status == Exit.KEY


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8700", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8700", True),
        ("http://localhost:8700", True),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://127.0.0.1@example.org", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
    ],
)
def test_what_is_this_machine(url: str, here: bool):  # noqa: FBT001  a table's column
    assert is_loopback(url) is here


def test_a_master_key_is_never_made_by_a_command(run: Run, tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()

    run("accounts", LINKWRIGHT_DATA=str(own), LINKWRIGHT_URL=unused_address())

    assert list(own.iterdir()) == []


def test_a_master_key_that_cannot_be_used_is_said(run: Run, tmp_path: Path):
    shown = run("accounts", LINKWRIGHT_DATA=str(data_folder(tmp_path, "no key")))

    assert shown.exit_code == Exit.KEY
    assert "master key" in shown.stderr or "32 bytes" in shown.stderr


def test_a_proxy_of_the_environment_sees_nothing(
    run: Run, service: Service, stranger: type[Stranger]
):
    shown = run(
        "accounts",
        LINKWRIGHT_URL=service.api.url,
        LINKWRIGHT_API_KEY=service.api.key,
        HTTP_PROXY=stranger.url,
        ALL_PROXY=stranger.url,
    )

    assert shown.exit_code == Exit.DONE
    assert stranger.seen == []


def test_in_json_an_error_is_an_object_on_standard_error(run: Run):
    shown = run("accounts", "--json", LINKWRIGHT_URL=unused_address(), LINKWRIGHT_API_KEY="lw_x")

    told = json.loads(shown.stderr)["error"]
    assert shown.stdout == ""
    assert told["exit_status"] == shown.exit_code == Exit.UNREACHABLE
    assert told["code"] == "unreachable"
    assert told["sentence"]
    assert told["what_to_do"]


def test_in_json_a_refusal_has_the_problems_code(use: Run, service: Service):
    account_id, _ = service.do(service.api.ready_account())

    shown = use("link", account_id, "--json")

    assert json.loads(shown.stderr)["error"]["code"] == "already_linked"


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (ZeroDivisionError("1/0"), Exit.BROKEN),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (CommandFailed(Exit.SERVICE, "It is away.", "Wait."), Exit.SERVICE),
        (RecursionError(), Exit.BROKEN),
        (SystemExit(3), 3),
        (click.UsageError("wrong"), Exit.USAGE),
    ],
)
def test_no_traceback_reaches_a_user(raised: BaseException, status: int):
    @click.command(cls=Interruptible)
    def break_off() -> None:
        raise raised

    shown = CliRunner().invoke(break_off)

    assert shown.exit_code == status
    assert "Traceback" not in shown.output


def key_file(folder: Path, content: str) -> Path:
    file = folder / "key"
    file.write_text(content, "utf-8")
    file.chmod(0o600)
    return file


def data_folder(folder: Path, master_key: str = MASTER_KEY) -> Path:
    own = folder / "own"
    own.mkdir(mode=0o700)
    file = own / "master.key"
    file.write_text(f"{master_key}\n", "ascii")
    file.chmod(0o600)
    return own


def unused_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"
