"""Signs what we send, and checks what is sent to us: docs/reference/webhook-signatures.md.

Two forms. *Standard Webhooks* signs `id.timestamp.body`, by several keys at once while they are
exchanged. The *seeds' form*, which qr-integration-final's Laravel back end checks, signs the
timestamp with the body after it, by one key.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

SECRET_PREFIX = "whsec_"  # noqa: S105  the mark of a secret, not one
SECRET_BYTES = 32
SHORTEST_SECRET_BYTES = 24
LONGEST_SECRET_BYTES = 64
"""Both by the specification of Standard Webhooks."""
TOLERANCE_S = 300
"""Five minutes, as the seeds, the specification and its libraries have it."""
MOST_SIGNATURES = 16
"""That are looked at in one request."""
MOST_REMEMBERED = 10_000

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
SEED_TIMESTAMP_HEADER = "x-timestamp"
SEED_SIGNATURE_HEADER = "x-hmac-signature"

Why = Literal["missing", "malformed", "too_old", "too_new", "wrong", "repeated", "too_many"]

_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z")


class SignatureRefused(Exception):
    """A request is not what a holder of a key sent just now; `why` says what is wrong with it."""

    def __init__(self, why: Why) -> None:
        super().__init__(_SENTENCES[why])
        self.why: Why = why


class Signed(NamedTuple):
    """A request whose signature is right."""

    id: str
    """The message's; the signature where it has none. Sent again later, it has another time."""
    at: datetime


def new_secret() -> str:
    """Make a secret for an endpoint."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def sign_standard(
    message_id: str, at: datetime, body: bytes, keys: Sequence[str]
) -> dict[str, str]:
    """Give the headers of Standard Webhooks, a signature for each secret. Raises ValueError."""
    if not message_id or "." in message_id:
        raise ValueError("an id has no dot: it would move the border of what is signed")
    timestamp = _seconds(at)
    signed = _standard_text(message_id, timestamp, body)
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: " ".join(_standard_signature(key, signed) for key in keys),
    }


def sign_as_seeds(at: datetime, body: bytes, key: str) -> dict[str, str]:
    """Give the headers of the seeds' form. The key is the secret's text as it was handed out."""
    timestamp = _seconds(at)
    return {
        SEED_TIMESTAMP_HEADER: timestamp,
        SEED_SIGNATURE_HEADER: _seed_signature(key, timestamp, body),
    }


def check_standard(
    headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: datetime
) -> Signed:
    """Return what was signed. Raises SignatureRefused, and ValueError for a key that is none."""
    given = _lower(headers)
    message_id, timestamp = given.get(ID_HEADER, ""), given.get(TIMESTAMP_HEADER, "")
    signatures = given.get(SIGNATURE_HEADER, "").split()
    if not (message_id and timestamp and signatures):
        raise SignatureRefused("missing")
    if "." in message_id or len(signatures) > MOST_SIGNATURES:
        raise SignatureRefused("malformed")
    at = _checked_time(timestamp, now)
    signed = _standard_text(message_id, timestamp, body)
    _compare(signatures, [_standard_signature(key, signed) for key in keys])
    return Signed(message_id, at)


def check_as_seeds(
    headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: datetime
) -> Signed:
    """Return what was signed. Raises SignatureRefused."""
    given = _lower(headers)
    timestamp = given.get(SEED_TIMESTAMP_HEADER, "")
    signature = given.get(SEED_SIGNATURE_HEADER, "").lower()
    if not (timestamp and signature):
        raise SignatureRefused("missing")
    at = _checked_time(timestamp, now)
    _compare([signature], [_seed_signature(key, timestamp, body) for key in keys])
    return Signed(signature, at)


class RepeatGuard:
    """Remembers what came in while its time still counts; repeated, it is refused.

    Where it can remember no more it refuses too: only holders of a key get this far.
    """

    def __init__(self, most: int = MOST_REMEMBERED, grace_s: float = 0.0) -> None:
        """`grace_s`: how long the same may come again, from a sender whose answer was lost."""
        self._most = most
        self._grace_s = grace_s
        self._came: dict[Signed, float] = {}
        """When it came first."""

    def admit(self, signed: Signed, now: datetime) -> None:
        """Let a request in once, and again within the grace. Raises SignatureRefused."""
        now_s = now.timestamp()
        came_s = self._came.get(signed)
        if came_s is not None and _counts(signed, now_s):
            if now_s - came_s >= self._grace_s:
                raise SignatureRefused("repeated")
            return
        if len(self._came) >= self._most:
            self._came = {one: at for one, at in self._came.items() if _counts(one, now_s)}
        if len(self._came) >= self._most:
            raise SignatureRefused("too_many")
        self._came[signed] = now_s


def _counts(signed: Signed, now_s: float) -> bool:
    return signed.at.timestamp() + TOLERANCE_S >= now_s


def _standard_text(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode() + body


def _standard_signature(key: str, signed: bytes) -> str:
    digest = hmac.digest(_standard_key(key), signed, "sha256")
    return "v1," + base64.b64encode(digest).decode("ascii")


def _standard_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a secret is whsec_ and base64") from None
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise ValueError("a secret has 24 to 64 bytes")
    return key


def _seed_signature(key: str, timestamp: str, body: bytes) -> str:
    return hmac.digest(key.encode(), timestamp.encode() + body, "sha256").hex()


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def _checked_time(timestamp: str, now: datetime) -> datetime:
    if not _TIMESTAMP.match(timestamp):
        raise SignatureRefused("malformed")
    late_s = now.timestamp() - int(timestamp)
    if late_s > TOLERANCE_S:
        raise SignatureRefused("too_old")
    if late_s < -TOLERANCE_S:
        raise SignatureRefused("too_new")
    return datetime.fromtimestamp(int(timestamp), UTC)


def _compare(given: Sequence[str], right: Sequence[str]) -> None:
    """Compare in constant time, and always all: how far it came is nobody's business."""
    found = [
        hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
        for one in given
        for other in right
    ]
    if not any(found):
        raise SignatureRefused("wrong")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value.strip() for name, value in headers.items()}


_SENTENCES: dict[Why, str] = {
    "missing": "The request is not signed.",
    "malformed": "The signature's headers cannot be read.",
    "too_old": "The request was signed more than five minutes ago.",
    "too_new": "The request was signed more than five minutes in the future.",
    "wrong": "The signature is not right.",
    "repeated": "The same request has come before.",
    "too_many": "More signed requests came than can be told apart.",
}
