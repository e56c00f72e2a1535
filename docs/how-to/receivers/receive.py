"""Receives Linkwright's webhooks: python3 receive.py [PORT]. Python's own library is enough.

WEBHOOK_SECRET   the endpoint's secret, whsec_…
WEBHOOK_PROFILE  standard (the default) or blazz, as the endpoint was made
WEBHOOK_INBOX    folder that takes the messages, one file each
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import uuid
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECRET = os.environ["WEBHOOK_SECRET"]
PROFILE = os.environ.get("WEBHOOK_PROFILE", "standard")
INBOX = Path(os.environ.get("WEBHOOK_INBOX", "inbox"))
TOLERANCE_S = 300
LARGEST_BODY = 1024 * 1024


def verified_id(headers: Message, body: bytes) -> str | None:
    """Return what names this message on every try of it, or None: then it is not Linkwright's."""
    if PROFILE == "blazz":
        timestamp = headers.get("x-timestamp", "")
        right = hmac.new(SECRET.encode(), timestamp.encode() + body, hashlib.sha256).hexdigest()
        given = [headers.get("x-hmac-signature", "")]
        message_id = ""  # it stands in the body
    else:
        message_id = headers.get("webhook-id", "")
        timestamp = headers.get("webhook-timestamp", "")
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{message_id}.{timestamp}.".encode() + body
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        right = "v1," + base64.b64encode(digest).decode()
        given = headers.get("webhook-signature", "").split(" ")  # several while a key is exchanged
    in_time = timestamp.isdecimal() and abs(time.time() - int(timestamp)) <= TOLERANCE_S
    genuine = any(hmac.compare_digest(one.encode(), right.encode()) for one in given)
    if not (in_time and genuine):
        return None
    return message_id or str(json.loads(body)["id"])


def keep(message_id: str, body: bytes) -> None:
    """Put the message where a worker finds it. A message that comes again changes nothing."""
    INBOX.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(message_id.encode()).hexdigest() + ".json"
    written = INBOX / f".{uuid.uuid4().hex}"
    written.write_bytes(body)
    try:
        os.link(written, INBOX / name)  # all of it at once, or not at all
    except FileExistsError:
        pass
    finally:
        written.unlink()


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection for the next message
    timeout = 60

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self.answer(413)
            return
        # The bytes as they came: JSON that is read and written again differs.
        body = self.rfile.read(int(length))
        message_id = verified_id(self.headers, body)
        if message_id is None:
            self.answer(401)
            return
        keep(message_id, body)
        self.answer(204)  # at once; what is to be done with it is done later

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int((sys.argv[1:] or ["8000"])[0])), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()
