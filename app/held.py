"""An account as the service holds it: folded, with the rows of its read models."""

import msgspec

from adapters.event_log.interface import RowWrite
from domain.account import NEW, Account
from domain.events import AccountEvent
from domain.evolve import evolve
from domain.log import RecordedEvent
from projections.accounts import AccountRow, project_account
from projections.attempts import AttemptRow, project_attempt
from projections.rows import columns


class Held(msgspec.Struct, frozen=True):
    """A folded account with its read-model rows, as of `version` of its stream."""

    account: Account = NEW
    version: int = 0
    row: AccountRow | None = None
    attempt_row: AttemptRow | None = None


def fold(held: Held, recorded: RecordedEvent) -> Held:
    """Fold one recorded event into the account and its rows."""
    event = recorded.event
    if not isinstance(event, AccountEvent):
        return held
    return Held(
        account=evolve(held.account, event),
        version=recorded.version,
        row=project_account(held.row, recorded),
        attempt_row=project_attempt(held.attempt_row, recorded),
    )


def rows_of(held: Held) -> dict[tuple[str, int], RowWrite]:
    """Give the rows to write, by table and number: later ones of the same key replace them."""
    rows: dict[tuple[str, int], RowWrite] = {}
    if held.row is not None:
        rows["accounts", 0] = RowWrite("accounts", columns(held.row))
    if held.attempt_row is not None:
        attempt = held.attempt_row
        rows["attempts", attempt.number] = RowWrite("attempts", columns(attempt))
    return rows
