"""What all read models share: they are made of account events and stored as plain columns."""

from enum import Enum

import msgspec

from domain.events import AccountEvent
from domain.log import RecordedEvent


def columns(row: msgspec.Struct) -> dict[str, object]:
    """Give a row as column name -> value, enums by their value: what a table stores."""
    return {
        name: value.value if isinstance(value, Enum) else value
        for name, value in msgspec.structs.asdict(row).items()
    }


def account_event(recorded: RecordedEvent) -> AccountEvent:
    """Give the recorded event of an account's stream; TypeError for a workspace's."""
    event = recorded.event
    if isinstance(event, AccountEvent):
        return event
    raise TypeError(f"{recorded.topic} at position {recorded.position} is no account's event")
