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


class Hello(Message):
    page_id: Short
    noise_key: Short
    identity_key: Short
    login: Login | None


class DrawCode(Message):
    """`text` holds a pairing secret: it stays in memory while the code is on show."""

    drawing: int
    ref: Short
    text: Short


class CodesRanOut(Message):
    pass


class RefreshCodes(Message):
    pass


class PairVerified(Message):
    pass


class PairRefused(Message):
    pass


class PairingCodeStarted(Message):
    """`proof` is the base64 SHA-256 of `code:phone_number`; the code itself stays in the page."""

    phone_number: Short
    proof: Short


class PasskeyGiven(Message):
    pass


class StateReported(Message):
    socket: Short
    mode: Short | None
    info: Short


class Logout(Message):
    pass


class SendMessage(Message):
    id: Short
    to: Short
    text: Text


FromPage = (
    Hello
    | DrawCode
    | CodesRanOut
    | RefreshCodes
    | PairVerified
    | PairRefused
    | PairingCodeStarted
    | PasskeyGiven
    | StateReported
    | Logout
    | SendMessage
)


# To the page. All seconds are already divided by the time scale.


class CodesIssued(Message):
    refs: list[str]
    first_s: float
    later_s: float


class CodeDrawn(Message):
    """`rows` are the dots of the code, one string of 0 and 1 for each row."""

    drawing: int
    rows: list[str]


class AdvSecretRetired(Message):
    pass


class PairingStarted(Message):
    pass


class PairingCancelled(Message):
    pass


class PairingCodeEntered(Message):
    pass


class PasskeyRequested(Message):
    limit_s: float


class PasskeyAnswered(Message):
    approved: bool


class PairSucceeded(Message):
    """`details` is JSON text; `signature` its HMAC-SHA256 under the secret that was scanned."""

    details: str
    signature: str
    via: str


class LoggedIn(Message):
    resumed: bool


class Identified(Message):
    phone_number: str
    lid: str
    name: str


class SyncProgressed(Message):
    percent: int


class SyncFinished(Message):
    pass


class Conflict(Message):
    pass


class Banned(Message):
    form: str
    expires_in_s: int


class Outdated(Message):
    pass


class LoggedOut(Message):
    reason: str


class PhoneUnreachable(Message):
    pass


class PhoneReachable(Message):
    pass


class MessageAcked(Message):
    id: str
    ack: int


class MessageReceived(Message):
    """`at` in Unix seconds, as the page's own messages carry it."""

    id: str
    sender: str
    text: str
    at: int


class Misbehave(Message):
    how: str


def from_page(data: str | bytes) -> FromPage:
    """Raises msgspec.ValidationError or msgspec.DecodeError for anything a page would not say."""
    return msgspec.json.decode(data, type=FromPage)


def to_page(message: Message) -> str:
    return msgspec.json.encode(message).decode()
