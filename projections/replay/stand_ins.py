"""Stand-ins for everything in a log that tells of a person, a device or a day.

Equal values get equal stand-ins, so that every comparison comes out as it did. Only the domain's
own words are taken over; a field that is not known here gets a stand-in too.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When every story with stand-ins begins: no day of anybody's."""

KINDS: dict[str, str] = {
    "attempt": "attempt",
    "id": "attempt",
    "link": "attempt",
    "fingerprint": "code",
    "codes_seen": "code",
    "phone_fingerprint": "phone",
    "digest": "digest",
    "session_digest": "digest",
    "evidence": "digest",
    "workspace": "workspace",
    "by": "account",
    "message": "message",
    "whatsapp_id": "whatsapp",
    "heard": "whatsapp",
    "endpoint": "webhook",
    "silent_webhooks": "webhook",
    "recipient_fingerprint": "phone",
    "sender_fingerprint": "phone",
}
"""Field -> what its stand-ins are called: `code-3`, say, is the third of them."""
PHONES = frozenset({"phone", "pairing_phone", "recipient", "sender"})
FREE_TEXT = frozenset({"label", "name", "platform", "detail", "template", "media_type"})
"""Nothing turns on these: they are left out."""
OWN_FIELDS = frozenset(
    {
        *("method", "kind", "holder", "stage", "because", "site", "action", "phase", "phases"),
        *("source", "ack", "error"),
    }
)
"""Fields that hold words of the domain's own."""
OWN_WORDS = frozenset({"client", "phone", "whatsapp", "policy", "primary", "standby"})
"""What `by` says where it does not name an account."""

S = TypeVar("S", bound=msgspec.Struct)


class StandIns:
    """Maps the structs of one story; `attempts` are its attempts' ids and what they are called."""

    def __init__(self, first_at: datetime, attempts: dict[str, str]) -> None:
        self._moved_by = START - first_at
        self._attempts = attempts
        self._known: dict[str, str] = {}
        self._count: Counter[str] = Counter()

    def of(self, struct: S) -> S:
        """Give the struct with stand-ins in place of its values."""
        fields = {
            name: self._value(name, getattr(struct, name)) for name in struct.__struct_fields__
        }
        return msgspec.structs.replace(struct, **fields)

    def _value(self, name: str, value: Any) -> Any:  # noqa: ANN401  whatever a field holds
        match value:
            case msgspec.Struct():
                return self.of(value)
            case datetime():
                return value + self._moved_by
            case tuple():
                return tuple(self._value(name, one) for one in value)  # pyright: ignore[reportUnknownVariableType]
            case str() if value:
                return self._text(name, value)
            case _:
                return value

    def _text(self, name: str, value: str) -> str:
        if name in FREE_TEXT:
            return ""
        if name in OWN_FIELDS or (name == "by" and value in OWN_WORDS):
            return value
        if name in PHONES:
            return self._stand_in("1000000000", value)
        kind = KINDS.get(name, "text")
        if kind == "attempt":
            return self._attempts.get(value) or self._stand_in("foreign-attempt-", value)
        return self._stand_in(f"{kind}-", value)

    def _stand_in(self, kind: str, value: str) -> str:
        """Name a value once, whatever the field: a command may call it otherwise than an event."""
        known = self._known.get(value)
        if known is None:
            self._count[kind] += 1
            known = self._known[value] = f"{kind}{self._count[kind]}"
        return known


def without_texts(struct: S) -> S:
    """Leave out the texts for people, as stand-ins do: the domain writes some of its own."""
    texts = {name: "" for name in FREE_TEXT if getattr(struct, name, "")}
    return msgspec.structs.replace(struct, **texts) if texts else struct


def moved(struct: S, by: timedelta) -> S:
    """Give the struct with each of its times moved."""
    changed: dict[str, object] = {}
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if isinstance(value, datetime):
            changed[name] = value + by
        elif isinstance(value, msgspec.Struct):
            changed[name] = moved(value, by)
    return msgspec.structs.replace(struct, **changed)
