"""A Laravel back end as the seeds tell of it: it signs its calls, and checks what it is told.

Written from their text alone; only the phone is the sandbox's.
"""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

from tests.plain_http import NO_TLS

HMAC_SECRET = "an-example-of-a-shared-secret"
TTL_S = 300


def signature(timestamp: str, body: bytes) -> str:
    return hmac.new(HMAC_SECRET.encode(), timestamp.encode() + body, hashlib.sha256).hexdigest()


class WebhookController:
    """What arrived, in order; whatever is not signed as agreed is answered with 401."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[tuple[str, dict[str, Any]]] = []
        self._news = threading.Condition()

    def take(self, headers: Any, body: bytes) -> int:  # noqa: ANN401  a mapping of headers
        timestamp = headers.get("X-Timestamp", "0")
        right = hmac.compare_digest(headers.get("X-HMAC-Signature", ""), signature(timestamp, body))
        if not right or abs(time.time() - int(timestamp)) > TTL_S:
            return 401
        told = json.loads(body)
        with self._news:
            self.received.append((told["event"], told["data"]))
            self._news.notify_all()
        return 200

    def wait_for(self, event: str, limit_s: float = 20.0, **data: object) -> dict[str, Any]:
        """Wait until a webhook has come that says so; give what it says."""

        def found() -> dict[str, Any] | None:
            fitting = [
                told
                for name, told in self.received
                if name == event and data.items() <= told.items()
            ]
            return fitting[-1] if fitting else None

        with self._news:
            assert self._news.wait_for(found, limit_s), (event, data, self.received)
            told = found()
        assert told is not None
        return told

    def events(self, session: str) -> list[str]:
        """Name the events of a session, in the order of their arrival, each once."""
        names = [name for name, told in self.received if told["session_id"] == session]
        return list(dict.fromkeys(names))


@contextmanager
def webhook_controller() -> Generator[WebhookController]:
    """Receive webhooks on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(controller.take(self.headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    controller = WebhookController(f"http://127.0.0.1:{server.server_port}/api/whatsapp/webhooks")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield controller
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Laravel:
    """The back end's calls: no key, only the secret that both sides know."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Linkwright-Site": "sandbox"},
            timeout=60.0,
            trust_env=False,
            verify=NO_TLS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, path: str, **body: object) -> httpx.Response:
        """Send a signed request."""
        content = json.dumps(body).encode()
        timestamp = str(int(time.time()))
        headers = {"X-Timestamp": timestamp, "X-HMAC-Signature": signature(timestamp, content)}
        headers["Content-Type"] = "application/json"
        return self._client.post(path, content=content, headers=headers)

    def generate_qr(self, session: str, workspace: int, account: int) -> dict[str, Any]:
        answered = self.post(
            "/api/sessions/generate-qr",
            session_id=session,
            workspace_id=workspace,
            account_id=account,
        )
        assert answered.status_code == 200, answered.text
        return answered.json()

    def mark_disconnected(self, session: str, workspace: int) -> httpx.Response:
        path = f"/api/whatsapp/sessions/{session}/mark-disconnected"
        return self.post(path, workspace_id=workspace, reason="LOGOUT")
