"""The shape of the log: inputs (whatever reached a stream) and the events that were decided.

A stream is one account (its id) or one workspace (`workspace:` and its id). Both tables are
append-only; an input and its events are written in one transaction.
"""

from datetime import datetime
from typing import Literal

import msgspec

from domain.commands import AnyCommand
from domain.events import AccountEvent
from domain.workspace import WorkspaceCommand
from domain.workspace_events import WorkspaceEvent

Outcome = Literal["accepted", "ignored", "refused"]
AnyEvent = AccountEvent | WorkspaceEvent
AnyInput = AnyCommand | WorkspaceCommand


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who caused an input, and how it is found again across systems."""

    actor: str
    """`key:<id>`, `worker:<id>`, `clock`, `workspace`, `system`."""
    correlation_id: str = ""
    trace_parent: str = ""
    """W3C traceparent of the request, as received."""


class InputToAppend(msgspec.Struct, frozen=True, kw_only=True):
    """An input that has been decided and is to be written."""

    command: AnyInput
    outcome: Outcome
    origin: Origin
    rule: str = ""
    """Why it was ignored or refused; empty when accepted."""


class RecordedInput(msgspec.Struct, frozen=True, kw_only=True):
    """An input as the log holds it. `input_id` orders all inputs of all streams."""

    input_id: int
    stream: str
    stream_version: int
    """Version of the stream that the command was decided on."""
    kind: str
    """The command's class name."""
    command: AnyInput | None
    """None when this build does not know the kind (a newer one wrote it)."""
    at: datetime
    recorded_at: datetime
    """The database's clock at the append; `at` is the observer's."""
    outcome: Outcome
    rule: str
    origin: Origin


class RecordedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the log holds it. A reader that has seen a position has seen all before it."""

    position: int
    stream: str
    version: int
    """1 for the first event of the stream, then without gaps."""
    topic: str
    event: AnyEvent
    input_id: int
    """The input that caused it."""
    origin: Origin
    recorded_at: datetime


WORKSPACE_PREFIX = "workspace:"


def workspace_stream(workspace: str) -> str:
    """Name the stream of a workspace."""
    return WORKSPACE_PREFIX + workspace
