"""What the page's bridge may tell us. The page is untrusted: schema, sizes and a nonce are checked.

bridge.js builds these messages; its field names are the ones below.
"""

import hmac
import re
from typing import Annotated, Any, Literal

import msgspec

MOST_BYTES = 400 * 1024
"""The longest text of WhatsApp, 65,536 characters, takes 384 kB if each has to be escaped."""

Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,40}\Z")]
# Words of the page that end in the log's `detail`: too short and too plain to carry a secret.
PlainWord = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{0,40}\Z")]
MemberName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.$]{1,80}\Z")]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5,20}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
# The text that a phone reads: printable ASCII; today's is about 240 characters long.
CodeText = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{20,1024}\Z")]
PairingText = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{8}\Z")]


class UnknownCallback(Exception):
    """Something called the bridge's binding that is not our bridge. `because` is a stable code."""

    def __init__(self, because: Literal["not_text", "too_large", "malformed", "foreign"]) -> None:
        super().__init__(f"a callback was refused: {because}")
        self.because = because


class FromPage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Common to all parts of a message."""


class Code(FromPage, frozen=True, kw_only=True):
    """The QR code on show. `ref` names it; the secret in `text` may change under one ref."""

    text: CodeText
    ref: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    source: Literal["page", "bridge"]
    life_s: Seconds | None = None
    """As the page tells it, from the moment it was painted."""


class Me(FromPage, frozen=True, kw_only=True):
    """The linked account as the page knows it."""

    phone: Digits
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    platform: Annotated[str, msgspec.Meta(max_length=40)] = ""


class PageSnapshot(FromPage, frozen=True, kw_only=True):
    """The state of the page at one moment."""

    phase: Literal["loading", "starting", "running"]
    """Waiting for the page's modules; wa-js runs in it; everything needed answers."""
    loaded: bool = False
    """The document is parsed."""
    whatsapp: PlainWord = ""
    """Versions of the page and of wa-js."""
    wa_js: PlainWord = ""
    mode: Word | None = None
    info: Word | None = None
    socket: Word | None = None
    authenticated: bool = False
    synced: bool = False
    sync_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    online: bool = True
    needs_update: bool = False
    code: Code | None = None
    pairing_code: PairingText | None = None
    pairing_refused: PlainWord | None = None
    """WhatsApp's word for why there is no pairing code."""
    me: Me | None = None
    left: PlainWord | None = None
    """Set on the page after a logout: the page's reason, or an empty text."""
    leaving: PlainWord | None = None
    """The page has begun to log out, and why."""
    banned: PlainWord | None = None
    banned_for_s: Annotated[int, msgspec.Meta(gt=0, lt=10**9)] | None = None
    storage_failed: bool = False
    passkey_asked: bool = False
    missing: Annotated[tuple[MemberName, ...], msgspec.Meta(max_length=40)] = ()
    """Modules and members that should be there by now and are not."""
    unloaded: Count = 0
    """Scripts of the page that the network has not brought, told when something is missing."""


class Message(FromPage, frozen=True, kw_only=True):
    """Common to all messages. `boot` names one load of the page, `sequence` counts in it."""

    nonce: Annotated[str, msgspec.Meta(max_length=64)]
    boot: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z]{8,40}\Z")]
    sequence: Count


class Beat(Message, frozen=True, kw_only=True, tag_field="kind", tag="beat"):
    """The page's script is alive."""


class Report(Message, frozen=True, kw_only=True, tag_field="kind", tag="snapshot"):
    """The state differs from the last one that was acknowledged."""

    snapshot: PageSnapshot


class Ack(FromPage, frozen=True, kw_only=True):
    """How far one sent message is: 2 delivered, 3 read."""

    whatsapp_id: Annotated[str, msgspec.Meta(pattern=r"^3EB0[0-9A-F]{18}\Z")]
    ack: Annotated[int, msgspec.Meta(ge=2, le=3)]


class Acks(Message, frozen=True, kw_only=True, tag_field="kind", tag="acks"):
    """News of sent messages, oldest first."""

    acks: Annotated[tuple[Ack, ...], msgspec.Meta(max_length=40)]


class Incoming(FromPage, frozen=True, kw_only=True):
    """A message that came in. `text` is the caption of a file; of the file itself only facts."""

    whatsapp_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z")]
    kind: Literal["text", "file"]
    sender: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{5,20})?\Z")]
    name: Annotated[str, msgspec.Meta(max_length=100)]
    text: Annotated[str, msgspec.Meta(max_length=65536)]
    at_s: Annotated[int, msgspec.Meta(ge=0, lt=2**33)]
    """Unix time, as the page tells it."""
    file_name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    media_type: Annotated[str, msgspec.Meta(pattern=r"^([\w.+-]{1,60}/[\w.+-]{1,60})?\Z")] = ""
    size_bytes: Count = 0


class Received(Message, frozen=True, kw_only=True, tag_field="kind", tag="received"):
    """Somebody wrote to the account."""

    received: Incoming


AnyMessage = Beat | Report | Acks | Received
_decoder = msgspec.json.Decoder(AnyMessage)


def read_message(given: object, nonce: str) -> AnyMessage:
    """Check and decode what the binding was called with; UnknownCallback says what is wrong."""
    if not isinstance(given, str):
        raise UnknownCallback("not_text")
    if len(given) > MOST_BYTES or len(given.encode(errors="replace")) > MOST_BYTES:
        raise UnknownCallback("too_large")
    try:
        message = _decoder.decode(given)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UnknownCallback("malformed") from error
    if not hmac.compare_digest(message.nonce.encode(), nonce.encode()):
        raise UnknownCallback("foreign")
    return message


_LONG_TOKEN = re.compile(r"[A-Za-z0-9+/=_@-]{16,}")
_PAIRING_CODE = re.compile(r"\b[A-Z0-9]{4}[ -]?[A-Z0-9]{4}\b")
# Also as people write a phone number: +49 (170) 123-4567.
_DIGITS = re.compile(r"[0-9](?:[ ()./-]{0,2}[0-9]){4,}")
_QUERY = re.compile(r"[?#]\S*")
_LONGEST_LINE = 300


def redact_line(text: str) -> str:
    """Take out of a free text whatever could be a key, a token, a code or a phone number."""
    for pattern in (_QUERY, _LONG_TOKEN, _PAIRING_CODE, _DIGITS):
        text = pattern.sub("…", text)
    return text[:_LONGEST_LINE]


def redact_path(path: str) -> str:
    """Take the same out of an address's path, and leave its other parts."""
    return "/".join(redact_line(part) for part in path.split("/"))[:_LONGEST_LINE]


def redact(snapshot: PageSnapshot, short_fingerprint: str) -> dict[str, Any]:
    """Turn a snapshot into what may be kept; `short_fingerprint` stands for the code on show."""
    kept: dict[str, Any] = {
        name: value
        for name in snapshot.__struct_fields__
        if (value := getattr(snapshot, name)) not in (None, "", False, ())
    }
    if snapshot.code:
        kept["code"] = {
            "fingerprint": short_fingerprint,
            "fields": snapshot.code.text.count(",") + 1,
            "source": snapshot.code.source,
            "life_s": snapshot.code.life_s,
        }
    if snapshot.pairing_code:
        kept["pairing_code"] = short_fingerprint
    if snapshot.me:
        kept["me"] = "…" + snapshot.me.phone[-3:]
    return kept
