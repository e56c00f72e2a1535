"""What of a log may be shown outside: an allow-list by field, at four levels.

none     everything, but for what is shown nowhere (a secret that a page put into its own words)
masked   phone numbers by their last four digits; no name, no label, no free text
limited  nothing of a person, and no id that is known elsewhere: each is numbered
full     what is not needed to decide is gone, and the story begins on EPOCH

A number or a mask stands for the same text throughout, and an empty text stays empty, so what is
left is decided and folded as it was. A field that is in no list is not shown at any level.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, Literal, TypeVar, get_args

import msgspec
from msgspec.structs import replace

from domain import events as e
from domain import message_events as m
from domain.account import Account
from domain.codes import SHOWN_AGAIN
from domain.facts_decided import MOVED_TO
from domain.message_observations import RecordMessageNotSent, RecordMessageSent
from domain.observations import RecordLogout
from projections.attempts import HELD_BY, AttemptRow
from projections.replay.account_log import AccountLog
from projections.secret_words import without_secrets
from projections.timeline import Before

Level = Literal["none", "masked", "limited", "full"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From the one that shows most to the one that shows least."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Rule(Enum):
    """What a field holds, and so what becomes of it."""

    FIXED = auto()
    """A number, or a word of a fixed set: the same for whoever it is about. Always shown."""
    PART = auto()
    """A struct, whose own fields have rules."""
    TIME = auto()
    ID = auto()
    """Made by Linkwright, at random."""
    DIGEST = auto()
    """Keyed, or of sealed bytes: says nothing by itself."""
    ACTOR = auto()
    CHOSEN = auto()
    """What a client's programs call it; nothing is decided by it."""
    PHONE = auto()
    NAME = auto()
    """A person has chosen it, and it is compared with the one before."""
    VERSION = auto()
    """Of WhatsApp's page, as it says: the same for everybody, if it is one."""
    TEXT = auto()
    """Free text, and nothing is decided by it."""


FIELDS: Mapping[Rule, str] = {
    Rule.FIXED: "number method policy phase phases percent ordinal source action confirmed because"
    " renewed size_bytes kind stage reason retry erase jitter awaited status registered erased site"
    " attempts primary primary_version workspace_version reconnects logout_requested unsealed"
    " chosen holder session_found session_dead scanned sync_percent codes_issued codes_fetched"
    " exhausted passkey_demanded fetched outcome rule topic version position input_id"
    " stream_version began_version ended_version linking initializing_us waiting_qr_us"
    " authenticating_us form queue waits tries delivered ack error",
    Rule.PART: "account command event origin deadline code standby messages queued sent",
    Rule.TIME: "at since started_at ended_at recorded_at expires_at due retry_at scan_until"
    " ready_at first_code_at first_fetched_at scanned_at linking_since queued_at",
    Rule.ID: "id account_id stream attempt attempt_id by link start starts message whatsapp_id"
    " heard endpoint silent_webhooks",
    Rule.DIGEST: "fingerprint phone_fingerprint codes_seen digest session_digest evidence"
    " recipient_fingerprint sender_fingerprint",
    Rule.ACTOR: "actor",
    Rule.CHOSEN: "workspace correlation_id trace_parent template",
    Rule.PHONE: "phone pairing_phone recipient sender",
    Rule.NAME: "name",
    Rule.VERSION: "whatsapp",
    Rule.TEXT: "label platform detail media_type",
}
"""THE allow-list, by name: a field means the same wherever it stands. A test sees that every field
of every command and event of an account, and of what is folded of them, is in it."""
EXCEPT: Mapping[tuple[type[Any], str], Rule] = {
    (Account, "attempt"): Rule.PART,
    (Before, "attempt"): Rule.PART,
    (e.ReconnectStarted, "by"): Rule.FIXED,
    (e.LoggedOut, "by"): Rule.FIXED,
    (RecordLogout, "by"): Rule.FIXED,
    (m.MessageSent, "by"): Rule.FIXED,
    (m.MessageNotSent, "by"): Rule.FIXED,
    (RecordMessageSent, "by"): Rule.FIXED,
    (RecordMessageNotSent, "by"): Rule.FIXED,
}
"""Fields that hold something else than others of their name."""
UNCHANGED: Mapping[Level, frozenset[Rule]] = {
    "none": frozenset({Rule.FIXED, Rule.TIME}),
    "masked": frozenset({Rule.FIXED, Rule.TIME, Rule.ID, Rule.DIGEST}),
    "limited": frozenset({Rule.FIXED, Rule.TIME}),
    "full": frozenset({Rule.FIXED}),
}
"""What is shown as it is."""
_RULES = {name: rule for rule, names in FIELDS.items() for name in names.split()}

PHONE = re.compile(r"\+?[0-9]{4,11}([0-9]{4})")
"""At least eight digits: four of a shorter one would be most of it."""
MASKED_PHONE = re.compile(r"[0-9]*…[0-9]{4}")
TECHNICAL = re.compile(
    r"\bnet::ERR_[A-Z_]{2,60}\b"  # Chromium's name for what kept the page from loading
    r"|\bban code [0-9]{1,4}(?:, until [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC)?"
    r"|\bthe page says (?:(?:SMB_)?TOS_BLOCK|PROXYBLOCK|DEPRECATED_VERSION|CONFLICT)\b"
    r"|\bno stream for [0-9.]{1,5} s\b"
    r"|\b[0-9]{1,6} MB are available, [0-9]{1,6} MB are needed\b"
    r"|\bthe browser (?:ended|did not start within [0-9.]{1,5} s)\b"
)
"""What a detail is left with, but at `full`: words of adapters/browser, with numbers at most."""
PERSONAL = re.compile(r"(^|[^0-9A-Za-z])\+?[0-9]{7,}($|[^0-9A-Za-z-])|@")
"""What programs call a thing is no name, unless it is, or holds, a phone number or an address."""
PREFIXED = re.compile(r"(acc|att|msg|whk)_[0-9a-z]{1,26}")
VERSION = re.compile(r"[0-9]{1,2}(\.[0-9]{1,10}){1,3}(-[a-z]{1,8})?")
ACTOR = re.compile(
    r"(clock|workspace|system|watch|nobody|key|link|worker|standby|webhooks)(:.+)?", re.DOTALL
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What a terminal obeys, and what turns the order of letters around."""

T = TypeVar("T", bound=msgspec.Struct)


def redact(log: AccountLog, level: Level) -> AccountLog:
    """Show a log at this level. Once more at the same level, nothing changes."""
    redaction = _Redaction(level, _begins_at(log))
    return AccountLog(
        account_id=redaction.text(Rule.ID, "account_id", log.account_id),
        before=redaction.struct(log.before),
        inputs=tuple(map(redaction.struct, log.inputs)),
        events=tuple(map(redaction.struct, log.events)),
    )


def mask_attempts(rows: Iterable[AttemptRow]) -> tuple[AttemptRow, ...]:
    """Mask rows of the attempts table, all of one account."""
    return tuple(map(_Redaction("masked", EPOCH).struct, rows))


def rule_of(owner: type[Any], field: str) -> Rule:
    """Give a field's rule; KeyError for one that nobody has decided on."""
    return EXCEPT.get((owner, field)) or _RULES[field]


def _begins_at(log: AccountLog) -> datetime:
    first = [given.at for given in log.inputs[:1]] + [told.event.at for told in log.events[:1]]
    return min(first, default=EPOCH)


class _Redaction:
    """Redacts one log: remembers what stands for which text."""

    def __init__(self, level: Level, begins_at: datetime) -> None:
        self._level: Level = level
        self._shift = EPOCH - begins_at if level == "full" else timedelta()
        self._numbers: dict[str, dict[str, int]] = {}
        self._plans: dict[type[Any], tuple[tuple[str, Rule], ...]] = {}

    def struct(self, body: T) -> T:
        """Redact every field of a struct, and of the structs in it."""
        changes: dict[str, Any] = {}
        for name, rule in self._plan(type(body)):
            value = getattr(body, name)
            if value is not None and value != "":
                changes[name] = self._value(rule, name, value)
        return replace(body, **changes) if changes else body

    def _plan(self, owner: type[Any]) -> tuple[tuple[str, Rule], ...]:
        """List the fields that may look otherwise at this level."""
        plan = self._plans.get(owner)
        if plan is None:
            rules = {name: rule_of(owner, name) for name in owner.__struct_fields__}
            changed = (one for one in rules.items() if one[1] not in UNCHANGED[self._level])
            plan = self._plans[owner] = tuple(changed)
        return plan

    def _value(self, rule: Rule, name: str, value: Any) -> Any:  # noqa: ANN401  whatever a field holds
        if rule is Rule.PART:
            return self._parts(value)
        if rule is Rule.TIME:
            return self._time(value)
        if isinstance(value, str):
            return self.text(rule, name, value)
        return tuple(self.text(rule, name, text) for text in value)

    def _parts(self, value: T | tuple[T, ...]) -> T | tuple[T, ...]:
        return tuple(map(self.struct, value)) if isinstance(value, tuple) else self.struct(value)

    def text(self, rule: Rule, name: str, text: str) -> str:
        """Redact the text of a field with this name."""
        if not text or rule in UNCHANGED[self._level]:
            return text
        if self._level == "none":
            plain = CONTROL.sub("\ufffd", text)
            return without_secrets(plain) if rule in (Rule.NAME, Rule.TEXT) else plain
        match rule:
            case Rule.ID:
                return self._numbered_id(text)
            case Rule.DIGEST:
                return self._numbered("digest", text)
            case Rule.ACTOR:
                return self._actor(text)
            case Rule.CHOSEN:
                return self._chosen(name, text)
            case Rule.PHONE:
                return self._phone(text)
            case Rule.NAME:
                return self._numbered(name, text)
            case Rule.VERSION:
                return text if VERSION.fullmatch(text) else self._numbered("version", text)
            case _:
                return self._free(name, text)

    def _time(self, moment: datetime) -> datetime:
        try:
            return moment + self._shift
        except OverflowError:  # a page may say any time at all
            return moment

    def _actor(self, text: str) -> str:
        found = ACTOR.fullmatch(text)
        kind = found[1] if found else "other"
        if self._level == "full" or kind == text:
            return kind
        if self._level == "masked" and found and not PERSONAL.search(text):
            return text
        return f"{kind}:{self._number(kind, text)}"

    def _chosen(self, name: str, text: str) -> str:
        if self._level == "full":
            return ""
        if self._level == "masked" and not PERSONAL.search(text):
            return text
        return self._numbered(name, text)

    def _phone(self, text: str) -> str:
        if self._level != "masked":
            return f"{self._number('phone', text):04d}"
        if MASKED_PHONE.fullmatch(text):
            return text
        found = PHONE.fullmatch(text)
        if found is None:
            return f"…{self._number('phone', text):04d}"
        number = self._number(found[1], text)
        return f"…{found[1]}" if number == 1 else f"{number}…{found[1]}"

    def _free(self, name: str, text: str) -> str:
        for own in (MOVED_TO, HELD_BY):
            account = text.removeprefix(own)
            if account != text and PREFIXED.fullmatch(account):
                return own + self.text(Rule.ID, name, account)
        if text == SHOWN_AGAIN:
            return text
        if self._level == "full":
            return ""
        kept: list[str] = TECHNICAL.findall(text)
        if kept == [text]:
            return text
        return " ".join((self._numbered(name, text), *kept))

    def _numbered_id(self, text: str) -> str:
        found = PREFIXED.fullmatch(text)
        kind = found[1] if found else "id"
        return f"{kind}_{self._number(kind, text)}"

    def _numbered(self, kind: str, text: str) -> str:
        return f"{kind}-{self._number(kind, text)}"

    def _number(self, kind: str, text: str) -> int:
        numbers = self._numbers.setdefault(kind, {})
        return numbers.setdefault(text, len(numbers) + 1)
