"""What all read models share: they are made of account events and stored as plain columns."""

from datetime import datetime
from typing import Any

import msgspec

from domain.events import AccountEvent
from domain.log import RecordedEvent


def columns(row: msgspec.Struct) -> dict[str, Any]:
    """Give a row as column name -> value, enums by their value: what a table stores."""
    return msgspec.to_builtins(row, builtin_types=(datetime,))


def account_event(recorded: RecordedEvent) -> AccountEvent:
    """Give the recorded event of an account's stream; TypeError for a workspace's."""
    event = recorded.event
    if isinstance(event, AccountEvent):
        return event
    raise TypeError(f"{recorded.topic} at position {recorded.position} is no account's event")
