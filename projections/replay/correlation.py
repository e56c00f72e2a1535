"""Everything that carries one correlation id, told across accounts and workspaces."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from domain import workspace as wo
from domain import workspace_events as w
from domain.log import RecordedEvent, RecordedInput
from projections.input_sentences import rule_in_words
from projections.replay.account_log import AccountLog
from projections.timeline import TimelineRow


class CorrelatedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event, or one input that led to none."""

    account_id: str | None
    """None: of the workspace itself."""
    workspace: str
    what: Literal["event", "accepted", "ignored", "refused"]
    name: str
    """Topic of the event, or kind of the input."""
    sentence: str
    rule: str
    """Why an input was ignored or refused; empty for events."""
    position: int | None
    """The event's position in the log; None for inputs."""
    input_id: int
    """The input that led to it; for an ignored or refused one, that input."""
    actor: str
    at: datetime
    recorded_at: datetime


def account_rows(log: AccountLog, workspace: str) -> list[CorrelatedRow]:
    """Tell a part of an account's log that carries the id."""
    told = log.timeline()
    return [_account_row(row, log.account_id, workspace) for row in told.rows]


def _account_row(row: TimelineRow, account_id: str, workspace: str) -> CorrelatedRow:
    return CorrelatedRow(
        account_id=account_id,
        workspace=workspace,
        what=row.what,
        name=row.name,
        sentence=row.sentence,
        rule=row.rule,
        position=row.position,
        input_id=row.cause.input_id,
        actor=row.cause.actor,
        at=row.at,
        recorded_at=row.recorded_at,
    )


def workspace_rows(
    given: RecordedInput, caused: Iterable[RecordedEvent], workspace: str
) -> list[CorrelatedRow]:
    """Tell an input of a workspace: what came of it, or that nothing did."""
    rows = [
        CorrelatedRow(
            account_id=None,
            workspace=workspace,
            what="event",
            name=recorded.topic,
            sentence=_told(recorded.event, recorded.topic) + ".",
            rule="",
            position=recorded.position,
            input_id=given.input_id,
            actor=recorded.origin.actor,
            at=recorded.event.at,
            recorded_at=recorded.recorded_at,
        )
        for recorded in caused
    ]
    if rows:
        return rows
    why = f": {given.outcome}, {rule_in_words(given.rule)}" if given.rule else ""
    nothing = CorrelatedRow(
        account_id=None,
        workspace=workspace,
        what=given.outcome,
        name=given.kind,
        sentence=f"{_told(given.command, given.kind)}{why}.",
        rule=given.rule,
        position=None,
        input_id=given.input_id,
        actor=given.origin.actor,
        at=given.at,
        recorded_at=given.recorded_at,
    )
    return [nothing]


def _told(said: object, name: str) -> str:
    sentence = SENTENCES.get(type(said))
    return sentence(said) if sentence else f"{name}, which this build does not know"


SENTENCES: dict[type[Any], Callable[[Any], str]] = {
    wo.ClaimPhone: lambda c: f"The workspace heard that account {c.account} is READY",
    wo.LoseReadiness: lambda c: f"The workspace heard that account {c.account} is not READY now",
    wo.ReleasePhone: lambda c: f"The workspace heard that account {c.account} has no link now",
    w.PhoneClaimed: lambda v: f"Account {v.account} holds its phone number",
    w.PhoneClaimMoved: lambda v: f"The number of account {v.account} is account {v.to}'s now",
    w.PhoneReleased: lambda v: f"Account {v.account} holds no phone number any more",
    w.ReadinessLost: lambda v: f"Account {v.account} keeps its number, but is not READY now",
    w.PrimaryAssigned: lambda v: f"Account {v.account} is the primary of the workspace",
    w.PrimaryVacated: lambda v: f"Account {v.account} is the primary no more, and nobody is",
}
"""What a workspace hears, and what it decides; a test sees that each has its line."""
