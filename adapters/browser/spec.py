"""What a session is given, and what it hands out: plain data, the callbacks, the errors.

SessionError
├── PageUnavailable      there is no page to ask: not started, closed, crashed
├── CommandTimedOut      the page did not answer within the limit
└── CommandFailed        the page answered with a refusal; `code` says which

SendFailed               a message was not sent, or not within its time; `reason` says why

NotRecorded              raised by the callbacks: the world behind them is away, ask again
NotHeld                  raised by the store: the account's session is somebody else's now
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from domain.events import Method
from domain.message_reasons import FINAL, MessageReason
from domain.observations import Observation


class SessionError(Exception):
    """A session could not do what it was asked. The message holds no secret."""


class PageUnavailable(SessionError):
    """There is no page to ask: the session has not started, has ended, or its page crashed."""


class CommandTimedOut(SessionError):
    """The page did not answer within the limit."""


class CommandFailed(SessionError):
    """The page refused. `code` is a short word of the page's or of wa-js's."""

    def __init__(self, command: str, code: str) -> None:
        super().__init__(f"{command} failed: {code}")
        self.command = command
        self.code = code


class SendFailed(Exception):
    """A message was not sent this time. The text holds no secret, and no phone number."""

    def __init__(self, reason: MessageReason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
        self.retryable = reason not in FINAL
        """Another try, of the same whatsapp_id, may do better."""


class NotRecorded(Exception):
    """What was handed to a callback could not be stored now; the session hands it over again."""


class NotHeld(Exception):
    """Somebody else has opened the account since, or its session was ended."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a session waits for the outside world, in seconds, and how much it holds."""

    launch_s: float = 25.0
    """Launching takes 0.2 to 3.1 s, 12 s with 20 full browsers at once (browser-findings 4)."""
    goto_s: float = 25.0
    """First byte to parsed document. Both below the domain's 30 s: the cause has its name."""
    evaluate_s: float = 10.0
    """A call into the page; a stopped page would let it hang for ever (browser-findings 5)."""
    send_s: float = 30.0
    """A text until WhatsApp's server has it."""
    send_file_s: float = 120.0
    """A file: 16 MB take 34 s at 4 Mbit/s."""
    pairing_s: float = 20.0
    """A pairing code needs one round trip to WhatsApp."""
    logout_s: float = 12.0
    """Below the domain's 15 s, after which the logout counts as unconfirmed."""
    close_s: float = 5.0
    """A clean close takes 0.1 to 0.5 s; then the processes are killed."""
    kill_s: float = 5.0
    """From SIGKILL until the processes are gone."""
    flush_s: float = 3.0
    """Writing Local Storage at once takes 0.1 to 0.4 s (docs/decisions/kept-sessions.md)."""
    written_after_s: float = 1.2
    """By then it is written anyway: Chromium waits a second with the flag in host.py."""
    settle_s: float = 5.0
    """Files that did not change for so long have settled."""
    seal_every_s: float = 300.0
    """A session that goes on changing is sealed this often: each one is a fact in the log."""
    sealed_bytes: int = 4 * 1024 * 1024
    """Packed. A larger one is sealed as much less often as it is larger: hundreds of 20 MB each
    would have the database write 20 MB/s."""
    put_away_s: float = 12.0
    """Packing and sealing after the close; `up` ends a worker when nothing has closed for 20 s."""
    screenshot_s: float = 3.0
    """151 ms at the moment of failure when measured (browser-findings 6); a hung page is closed
    this much later."""
    heartbeat_s: float = 2.0
    """The page's own beat (browser-findings 5)."""
    hang_after_s: float = 8.0
    """Silence of four beats is a hang (browser-findings 5)."""
    health_look_s: float = 30.0
    """How often a page that is READY is asked through the bridge (policy.health_look_s)."""
    hang_forgiven_s: float = 300.0
    """A page that was restarted and then ran this long may be restarted once more."""
    offline_after_s: float = 10.0
    """A stream that was READY may be away this long: page reconnects take 5 to 10 s."""
    come_back_s: float = 45.0
    """As `offline_after_s`, for a page that was loaded anew: it has to start first."""
    missing_after_s: float = 15.0
    """Silence of the page's module loader after which what is still missing is named."""
    retry_s: float = 1.0
    """Pause before something that was not recorded is handed over again."""
    inbox_size: int = 256
    """Notes waiting. One page has at most one report under way, so this fills only by abuse."""

    def next_seal_s(self, packed_bytes: int) -> float:
        """Tell how long a session that was as large may go on changing until it is sealed again."""
        return self.seal_every_s * max(1.0, packed_bytes / self.sealed_bytes)


@dataclass(frozen=True, kw_only=True)
class SessionSpec:
    """One attempt of one account. Times of codes are multiplied by `code_life_scale`."""

    account_id: str
    attempt_id: str
    url: str
    allowed_hosts: tuple[str, ...]
    """Host names that the browser may reach, `*.` for subdomains; all others do not resolve."""
    fingerprint_key: bytes = field(repr=False)
    """Deployment-wide, so that a phone number has one fingerprint in all its accounts."""
    workspace: str = ""
    """Workspaces take turns at starting browsers."""
    person_waits: bool = True
    """Somebody looks at the screen until a code is there; a reconnect happens by itself."""
    method: Method = "qr"
    pairing_phone: str | None = field(default=None, repr=False)
    code_life_scale: float = 1.0
    limits: Limits = field(default_factory=Limits)


WHATSAPP_URL = "https://web.whatsapp.com/"
WHATSAPP_HOSTS = ("whatsapp.com", "*.whatsapp.com", "whatsapp.net", "*.whatsapp.net")


@dataclass(frozen=True, kw_only=True)
class SpecFile:
    """A file to be sent; JPEG and PNG go as pictures, all else as a document."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    caption: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class SpecMessage:
    """A text or a file for a phone number: digits with country code."""

    message_id: str
    whatsapp_id: str
    """See whatsapp_id_of: the same one at every try."""
    recipient: str = field(repr=False)
    text: str = field(default="", repr=False)
    file: SpecFile | None = None


@dataclass(frozen=True, kw_only=True)
class MessageAck:
    """How far a message of ours is. May come twice, and in any order."""

    whatsapp_id: str
    ack: Literal["delivered", "read"]


@dataclass(frozen=True, kw_only=True)
class ReceivedMessage:
    """Somebody wrote to the account. May come twice. Of a file there are only its facts."""

    whatsapp_id: str
    sender: str = field(repr=False)
    """Digits with country code; empty when WhatsApp does not tell the number."""
    name: str = field(repr=False)
    """What the sender calls itself."""
    kind: Literal["text", "file"]
    text: str = field(repr=False)
    """Of a file its caption."""
    at: datetime
    """As WhatsApp tells it."""
    file_name: str = field(default="", repr=False)
    media_type: str = ""
    size_bytes: int = 0
    """Of the file, or of the text in UTF-8."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is kept of a failed attempt; no part holds a secret."""

    screenshot: bytes | None
    """JPEG with codes and pictures covered; None when there was none to take, or chats may show."""
    records: bytes
    """JSON array, oldest first: what the page said of itself, at most 64 KiB."""
    browser: bytes
    """JSON object: what it ran on, see witness.Circumstances."""


Record = Callable[[Observation], Awaitable[None]]
"""Takes an observation to the one door. Raises NotRecorded when the log is away."""
OnAck = Callable[[MessageAck], Awaitable[None]]
OnMessage = Callable[[ReceivedMessage], Awaitable[None]]
"""Both raise NotRecorded when the log is away: the page tells it again."""


@dataclass(frozen=True, kw_only=True)
class Inherited:
    """What whoever had the account open before has left in the store."""

    earlier_holder: str | None
    """Under which word it was opened before; None: never."""
    packed: bytes | None = field(default=None, repr=False)
    unreadable: bool = False
    """A session is kept, and cannot be read."""


class SessionStore(Protocol):
    """Where one account's session is kept sealed. Every method may raise NotRecorded."""

    async def holder(self) -> str | None:
        """Tell under which word the account was opened last; None: never."""
        ...

    async def claim(self, holder: str) -> Inherited:
        """Become the only one who may `put`; nobody can under an earlier word any more."""
        ...

    async def put(self, packed: bytes) -> None:
        """Keep this session in place of the one before. Raises NotHeld."""
        ...

    async def not_kept(self, detail: str) -> None:
        """Hear that the session is too large to be kept."""
        ...


class ShowCode(Protocol):
    """Puts the text of a code into the vault. Called before the code is recorded."""

    async def __call__(
        self, *, attempt: str, fingerprint: str, text: str, expires_at: datetime
    ) -> None:
        """Raise NotRecorded when the vault is away."""
        ...
