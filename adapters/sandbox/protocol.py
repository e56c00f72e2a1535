"""What the stand-in page and the stand-in server say to each other, as JSON tagged by `type`.

Names are snake case of the class: `CodesIssued` travels as `codes_issued`.
"""

from typing import Annotated

import msgspec


def _snake(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")


Text = Annotated[str, msgspec.Meta(max_length=65536)]  # WhatsApp's own limit of one message
Short = Annotated[str, msgspec.Meta(max_length=512)]


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_snake):
    pass


# From the page.


class Login(msgspec.Struct, frozen=True):
    device_id: Short
    token: Short


class Hello(Message, frozen=True):
    page_id: Short
    noise_key: Short
    identity_key: Short
    login: Login | None


class DrawCode(Message, frozen=True):
    """`text` holds a pairing secret: it stays in memory while the code is on show."""

    drawing: int
    ref: Short
    text: Short


class CodesRanOut(Message, frozen=True):
    pass


class RefreshCodes(Message, frozen=True):
    pass


class PairAnswered(Message, frozen=True):
    """Whether the phone's signature fits the secret that the page has now."""

    verified: bool


class PairingCodeStarted(Message, frozen=True):
    """`proof` is the base64 SHA-256 of `code:phone_number`; the code itself stays in the page."""

    phone_number: Short
    proof: Short


class PasskeyGiven(Message, frozen=True):
    pass


class StateReported(Message, frozen=True):
    socket: Short
    mode: Short | None
    info: Short


class Logout(Message, frozen=True):
    pass


class File(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file. Its content is not kept: whoever wants to compare has the digest."""

    name: Short
    media_type: Short
    size: int
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class SendMessage(Message, frozen=True):
    """`text` is the caption of a file."""

    id: Short
    to: Short
    text: Text
    file: File | None = None


class AskNumber(Message, frozen=True):
    """Whether somebody uses WhatsApp under this number."""

    number: Short


FromPage = (
    Hello
    | DrawCode
    | CodesRanOut
    | RefreshCodes
    | PairAnswered
    | PairingCodeStarted
    | PasskeyGiven
    | StateReported
    | Logout
    | SendMessage
    | AskNumber
)


# To the page. All seconds are already divided by the time scale.


class CodesIssued(Message, frozen=True):
    refs: list[str]
    first_s: float
    later_s: float


class CodeDrawn(Message, frozen=True):
    """`rows` are the dots of the code, one string of 0 and 1 for each row."""

    drawing: int
    rows: list[str]


class AdvSecretRetired(Message, frozen=True):
    pass


class PairingStarted(Message, frozen=True):
    pass


class PairingCancelled(Message, frozen=True):
    pass


class PairingCodeEntered(Message, frozen=True):
    pass


class PairingCodeExpired(Message, frozen=True):
    pass


class PasskeyRequested(Message, frozen=True):
    limit_s: float


class PasskeyAnswered(Message, frozen=True):
    approved: bool


class PairSucceeded(Message, frozen=True):
    """`details` is JSON text; `signature` its HMAC-SHA256 under the secret that was scanned."""

    details: str
    signature: str
    via: str


class LoggedIn(Message, frozen=True):
    resumed: bool


class Identified(Message, frozen=True):
    phone_number: str
    lid: str
    name: str


class SyncProgressed(Message, frozen=True):
    percent: int


class PastMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`at` in Unix seconds, as the page's own messages carry it. `is_new`: no page had it yet."""

    id: str
    from_me: bool
    peer: str
    name: str
    text: str
    file: File | None
    ack: int
    at: int
    is_new: bool


class HistorySynced(Message, frozen=True):
    messages: list[PastMessage]


class SyncFinished(Message, frozen=True):
    pass


class Conflict(Message, frozen=True):
    pass


class Banned(Message, frozen=True):
    form: str
    expires_in_s: int


class Outdated(Message, frozen=True):
    pass


class LoggedOut(Message, frozen=True):
    reason: str


class PhoneUnreachable(Message, frozen=True):
    pass


class PhoneReachable(Message, frozen=True):
    pass


class MessageAcked(Message, frozen=True):
    id: str
    to: str
    ack: int


class MessageRefused(Message, frozen=True):
    id: str


class MessageReceived(Message, frozen=True):
    """`at` in Unix seconds."""

    id: str
    sender: str
    name: str
    text: str
    file: File | None
    at: int


class NumberAnswered(Message, frozen=True):
    number: str
    exists: bool


class Misbehave(Message, frozen=True):
    how: str


def from_page(data: str | bytes) -> FromPage:
    """Raises msgspec.ValidationError or msgspec.DecodeError for anything a page would not say."""
    return msgspec.json.decode(data, type=FromPage)


def to_page(message: Message) -> str:
    return msgspec.json.encode(message).decode()
