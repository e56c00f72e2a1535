"""The log as it must be: every event read once, folded afresh, and compared with what is stored.

Nothing here knows a cache, a dispatch or a fault. What a process answers is held against it.
"""

import msgspec
from msgspec.structs import replace

from adapters.event_log.interface import Row
from domain.account import NEW, Account
from domain.events import AccountEvent
from domain.evolve import evolve
from domain.log import RecordedEvent, RecordedInput
from domain.workspace import NEW_WORKSPACE, Workspace, evolve_workspace
from domain.workspace_events import WorkspaceEvent
from projections.accounts import AccountRow, project_account
from projections.attempts import AttemptRow, project_attempt
from projections.rows import columns


class Told(msgspec.Struct, frozen=True):
    """An account and its rows after one event of its story."""

    account: Account = NEW
    row: AccountRow | None = None
    attempt_row: AttemptRow | None = None


class Stories:
    """Every stream at every version it has had."""

    def __init__(self) -> None:
        self.inputs: list[RecordedInput] = []
        self.events: list[RecordedEvent] = []
        self.accounts: dict[str, list[Told]] = {}
        self.attempts: dict[str, dict[int, AttemptRow]] = {}
        self.read_before: dict[int, RecordedEvent] = {}
        """Position -> how an event read before its account was erased."""
        self.workspaces: dict[str, list[Workspace]] = {}

    def told(self, stream: str, version: int | None = None) -> Told:
        """Give an account as of a version, the newest by default."""
        story = self.accounts.get(stream)
        if story is None:
            return Told()
        return story[-1 if version is None else version]

    def workspace(self, stream: str) -> Workspace:
        """Give a workspace as it is now."""
        return self.workspaces[stream][-1] if stream in self.workspaces else NEW_WORKSPACE

    def version(self, stream: str) -> int:
        """Give the stream's newest version."""
        story = self.accounts.get(stream) or self.workspaces.get(stream)
        return len(story) - 1 if story else 0

    def add(self, recorded: RecordedEvent) -> None:
        """Fold the next event."""
        self.events.append(recorded)
        if isinstance(recorded.event, WorkspaceEvent):
            story = self.workspaces.setdefault(recorded.stream, [NEW_WORKSPACE])
            story.append(evolve_workspace(story[-1], recorded.event))
        elif isinstance(recorded.event, AccountEvent):
            self._add_to_account(recorded, recorded.event)

    def _add_to_account(self, recorded: RecordedEvent, event: AccountEvent) -> None:
        story = self.accounts.setdefault(recorded.stream, [Told()])
        after = _told_on(story[-1], recorded, event)
        story.append(after)
        if after.attempt_row is not None:
            attempts = self.attempts.setdefault(recorded.stream, {})
            attempts[after.attempt_row.number] = after.attempt_row

    def forget(self, stream: str, events: list[RecordedEvent], inputs: list[RecordedInput]) -> None:
        """Take in an account's story as it reads since it was erased.

        What it comes to is what it came to before: so it does not matter who heard it when.
        """
        told, attempts = Told(), self.attempts.get(stream, {})
        for recorded in events:
            assert isinstance(recorded.event, AccountEvent)
            self.read_before[recorded.position] = self.events[recorded.position - 1]
            self.events[recorded.position - 1] = recorded
            told = _told_on(told, recorded, recorded.event)
            if told.attempt_row is not None:
                attempts[told.attempt_row.number] = told.attempt_row
        for number, row in attempts.items():
            attempts[number] = replace(row, detail="")
        assert told == self.told(stream), f"{stream}: the erased story comes to something else"
        for given in inputs:
            self.inputs[given.input_id - 1] = given

    def check_account_row(self, stream: str, row: Row | None) -> None:
        """The stored row is what a fresh fold of the account's events makes of it."""
        expected = self.told(stream).row
        assert (row is None) == (expected is None), f"{stream} has no row, or one too early"
        if row is not None and expected is not None:
            _check_row(row, columns(expected))

    def check_attempt_rows(self, stream: str, rows: list[Row]) -> None:
        """As above, for every attempt; each that is over says why."""
        expected = self.attempts.get(stream, {})
        assert [row["number"] for row in rows] == sorted(expected), "an attempt's row is missing"
        for row in rows:
            _check_row(row, columns(expected[row["number"]]))


def _told_on(before: Told, recorded: RecordedEvent, event: AccountEvent) -> Told:
    return Told(
        evolve(before.account, event),
        project_account(before.row, recorded),
        project_attempt(before.attempt_row, recorded),
    )


def _check_row(row: Row, expected: dict[str, object]) -> None:
    differing = [name for name, value in expected.items() if row[name] != value]
    assert not differing, f"the row differs from a fresh fold in {differing}"
