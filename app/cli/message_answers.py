"""What the commands about messages read out of the API's answers."""

from datetime import datetime
from typing import Any

import msgspec


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why it failed, or why its first try did."""

    code: str
    sentence: str
    next_step: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and how far it has come."""

    id: str
    direction: str
    phone: str
    kind: str
    status: str
    accepted_at: datetime
    name: str = ""
    template: str = ""
    tries: int = 0
    by: str | None = None
    fallback_used: bool = False
    failure: Failure | None = None


class MessageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One message, as it came for `--json`."""

    message: dict[str, Any]


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of them, each as it came for `--json`."""

    messages: list[Any]
    next_cursor: str | None = None
