"""What a deployment may set, read once from the environment.

docs/reference/settings.md lists every variable; a test sees that it does.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from adapters.outgoing.allow_list import AllowList, read_allow_list
from adapters.phone_numbers import REGIONS
from domain.policy import Policy

PORTS = range(1, 65_536)
DEFAULT_PORT = 8700
DEFAULT_SANDBOX_PORT = 8701
"""Fixed: a browser keeps a sandbox session under its origin, port included."""
IDEMPOTENCY_HOURS = 24
"""As long as Stripe's are kept: a client that lost an answer has asked again by then."""
MOST_IDEMPOTENCY_HOURS = 24 * 366
MESSAGE_CONTENT_DAYS = 7
"""A client that missed an incoming message has asked for it by then."""
MOST_MESSAGE_CONTENT_DAYS = 3660
MESSAGE_FILE_MB = 16
"""What the page is given at most (adapters/browser/sending.py), as WhatsApp takes for a picture."""
MESSAGES_PER_MINUTE = 20
"""WhatsApp publishes no limit for linked devices, and bans what does not look like a person: this
is one who types short messages without a pause."""
MOST_MESSAGES_PER_MINUTE = 600
MESSAGE_WAIT_HOURS = 24
"""A notice that is a day late is mostly worse than none."""
MOST_MESSAGE_WAIT_HOURS = 24 * 30
MOST_ACCOUNTS_PER_BROWSER = 50
"""When a shared browser dies, all its accounts come back at once."""
EVIDENCE_DAYS = 30
"""A failure that nobody has asked about for a month is told well enough by the log."""
MOST_EVIDENCE_DAYS = 3660


MOST_CALLS = 1_000_000
"""As good as no limit."""
SHORTEST_SECRET = 16
"""`reverb:install` makes 20 characters."""
Standby = Literal["off", "proved", "warm"]
STANDBY: Standby = "proved"
Switch = Literal["on", "off"]
Site = Literal["live", "sandbox"]


class SettingsError(ValueError):
    """A setting cannot be used; the sentence names the variable and what is allowed."""


class Reverb(msgspec.Struct, frozen=True):
    """What a Laravel back end and its front end call a Reverb application."""

    app_key: str
    app_secret: str

    def __repr__(self) -> str:
        """Keep the secret out of tracebacks and logs."""
        return f"Reverb({self.app_key})"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment."""

    data: Path
    """Private folder for the embedded database, browser profiles, keys and the sandbox's state."""
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    sandbox_port: int = DEFAULT_SANDBOX_PORT
    sandbox_time_scale: float = 1.0
    """1 = codes live as long as WhatsApp's; 20 = twenty times shorter, for tests."""
    database_url: str = ""
    """Empty: the embedded PostgreSQL below `data`."""
    policy: Policy = Policy()
    idempotency_hours: int = IDEMPOTENCY_HOURS
    """How long an Idempotency-Key is known."""
    evidence_days: int = EVIDENCE_DAYS
    """How long evidence of failures is kept; 0: none is."""
    message_content_days: int = MESSAGE_CONTENT_DAYS
    """How long what messages say is kept; 0: until they are sent, and nothing of incoming ones."""
    message_file_mb: int = MESSAGE_FILE_MB
    """The largest file that may be sent."""
    messages_per_minute: int = MESSAGES_PER_MINUTE
    """That one account sends at most."""
    message_wait_hours: int = MESSAGE_WAIT_HOURS
    """How long a message waits to be sent before it has failed."""
    standby: Standby = STANDBY
    """How ready a second process is to take sessions over; see docs/decisions/standby.md."""
    default_region: str = ""
    """Whose numbers are typed without a country code; empty: nobody's."""
    drop_ins: Switch = "on"
    """Whether the APIs of replaced systems are there; see docs/decisions/dropin.md."""
    drop_ins_site: Site = "live"
    """Where accounts live that a drop-in API makes."""
    hmac_secret: str = ""
    """What a Laravel back end signs its calls with; empty: calls need a key."""
    requests_per_minute: int = 1000
    """Of one address, and of one key; see docs/decisions/rate-limits.md."""
    codes_per_minute: int = 30
    """Requests for codes, of one key for one account."""
    reverb: Reverb | None = None
    """Not None: Laravel's front ends may listen as they did at Reverb."""

    accounts_per_browser: int = 1
    """More than one share a browser, which takes less memory: docs/decisions/browser-cost.md."""
    webhook_allow: AllowList = AllowList()
    """What webhooks may reach beside the public Internet: docs/decisions/outgoing-requests.md."""

    @property
    def profiles(self) -> Path:
        """Folder of the browser profiles, one below it for each account."""
        return self.data / "profiles"

    @property
    def standby_profiles(self) -> Path:
        """The same for the standby process, which keeps none while it does not run."""
        return self.data / "standby"

    @property
    def live_pages(self) -> Path:
        """Where this machine's processes agree on who has an account's page open."""
        return self.data / "live-pages"

    @property
    def key_file(self) -> Path:
        """The master key, unless LINKWRIGHT_MASTER_KEY gives it."""
        return self.data / "master.key"

    @property
    def idempotency_s(self) -> float:
        """How long an Idempotency-Key is known, in seconds."""
        return self.idempotency_hours * 3600.0

    @property
    def message_file_bytes(self) -> int:
        """The largest file that may be sent."""
        return self.message_file_mb * 1024 * 1024

    @property
    def sandbox_url(self) -> str:
        """Base address of the stand-in page."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def url(self) -> str:
        """Base address of the API for a person on this machine."""
        return f"http://{'127.0.0.1' if self.host in ('0.0.0.0', '') else self.host}:{self.port}"  # noqa: S104  compared, not bound


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings; SettingsError names the variable that cannot be used."""
    return Settings(
        data=Path(environment.get("LINKWRIGHT_DATA") or ".linkwright").expanduser().absolute(),
        host=environment.get("LINKWRIGHT_HOST") or "127.0.0.1",
        port=_port(environment, "LINKWRIGHT_PORT", DEFAULT_PORT),
        sandbox_port=_port(environment, "LINKWRIGHT_SANDBOX_PORT", DEFAULT_SANDBOX_PORT),
        sandbox_time_scale=_scale(environment, "LINKWRIGHT_SANDBOX_TIME_SCALE"),
        database_url=environment.get("DATABASE_URL") or "",
        policy=_policy(environment, "LINKWRIGHT_POLICY"),
        idempotency_hours=_whole(
            environment,
            "LINKWRIGHT_IDEMPOTENCY_HOURS",
            "hours",
            IDEMPOTENCY_HOURS,
            range(1, MOST_IDEMPOTENCY_HOURS + 1),
        ),
        evidence_days=_whole(
            environment,
            "LINKWRIGHT_EVIDENCE_DAYS",
            "days",
            EVIDENCE_DAYS,
            range(MOST_EVIDENCE_DAYS + 1),
        ),
        **_messages(environment),
        accounts_per_browser=_whole(
            environment,
            "LINKWRIGHT_ACCOUNTS_PER_BROWSER",
            "accounts",
            1,
            range(1, MOST_ACCOUNTS_PER_BROWSER + 1),
        ),
        standby=_word(environment, "LINKWRIGHT_STANDBY", Standby, STANDBY),
        default_region=_region(environment, "LINKWRIGHT_DEFAULT_REGION"),
        drop_ins=_word(environment, "LINKWRIGHT_DROP_INS", Switch, "on"),
        drop_ins_site=_word(environment, "LINKWRIGHT_DROP_INS_SITE", Site, "live"),
        hmac_secret=_secret(environment, "LINKWRIGHT_HMAC_SECRET"),
        reverb=_reverb(environment, "LINKWRIGHT_REVERB_APP_KEY", "LINKWRIGHT_REVERB_APP_SECRET"),
        requests_per_minute=_calls(environment, "LINKWRIGHT_REQUESTS_PER_MINUTE", 1000),
        codes_per_minute=_calls(environment, "LINKWRIGHT_CODES_PER_MINUTE", 30),
        webhook_allow=_allow_list(environment, "LINKWRIGHT_WEBHOOK_ALLOW"),
    )


def _calls(environment: Mapping[str, str], name: str, default: int) -> int:
    return _whole(environment, name, "requests", default, range(1, MOST_CALLS + 1))


def _messages(environment: Mapping[str, str]) -> dict[str, int]:
    wait_hours = range(1, MOST_MESSAGE_WAIT_HOURS + 1)
    per_minute = range(1, MOST_MESSAGES_PER_MINUTE + 1)
    numbers = {
        "message_content_days": (
            "days",
            MESSAGE_CONTENT_DAYS,
            range(MOST_MESSAGE_CONTENT_DAYS + 1),
        ),
        "message_file_mb": ("MB", MESSAGE_FILE_MB, range(1, MESSAGE_FILE_MB + 1)),
        "messages_per_minute": ("messages", MESSAGES_PER_MINUTE, per_minute),
        "message_wait_hours": ("hours", MESSAGE_WAIT_HOURS, wait_hours),
    }
    return {
        name: _whole(environment, f"LINKWRIGHT_{name.upper()}", unit, default, allowed)
        for name, (unit, default, allowed) in numbers.items()
    }


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) not in PORTS:
        message = f"{name} must be a port from 1 to 65535, not {text!r}"
        raise SettingsError(message)
    return int(text)


def _scale(environment: Mapping[str, str], name: str) -> float:
    text = environment.get(name) or "1"
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0.1 <= scale <= 1000:  # noqa: PLR2004  beyond these a code lives hours or milliseconds
        message = f"{name} must be a number from 0.1 to 1000, not {text!r}"
        raise SettingsError(message)
    return scale


def _whole(
    environment: Mapping[str, str], name: str, unit: str, default: int, allowed: range
) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) not in allowed:
        message = f"{name} must be whole {unit} from {allowed[0]} to {allowed[-1]}, not {text!r}"
        raise SettingsError(message)
    return int(text)


def _word(environment: Mapping[str, str], name: str, words: Any, default: str) -> Any:  # noqa: ANN401  one of the words of a Literal
    text = environment.get(name) or default
    if text not in get_args(words):
        message = f"{name} must be one of {', '.join(get_args(words))}, not {text!r}"
        raise SettingsError(message)
    return text


def _region(environment: Mapping[str, str], name: str) -> str:
    region = (environment.get(name) or "").upper()
    if region and region not in REGIONS:
        message = f"{name} must be the two letters of a country, such as IN, not {region!r}"
        raise SettingsError(message)
    return region


def _secret(environment: Mapping[str, str], name: str) -> str:
    secret = environment.get(name) or ""
    if secret and len(secret) < SHORTEST_SECRET:
        message = f"{name} must have at least {SHORTEST_SECRET} characters"
        raise SettingsError(message)
    return secret


def _reverb(environment: Mapping[str, str], key_name: str, secret_name: str) -> Reverb | None:
    app_key, app_secret = environment.get(key_name) or "", environment.get(secret_name) or ""
    if not app_key and not app_secret:
        return None
    if not app_key.isascii() or not app_key.isalnum() or len(app_secret) < SHORTEST_SECRET:
        message = (
            f"{key_name} must be letters and digits, and {secret_name} at least {SHORTEST_SECRET}"
            " characters; set both or neither"
        )
        raise SettingsError(message)
    return Reverb(app_key, app_secret)


def _allow_list(environment: Mapping[str, str], name: str) -> AllowList:
    try:
        return read_allow_list(environment.get(name) or "")
    except ValueError as error:
        message = f"{name} must be networks and host names, divided by commas: {error}"
        raise SettingsError(message) from error


def _policy(environment: Mapping[str, str], name: str) -> Policy:
    text = environment.get(name) or "{}"
    try:
        return msgspec.json.decode(text.encode(), type=Policy)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        message = f"{name} must be a JSON object of policy numbers: {error}"
        raise SettingsError(message) from error
