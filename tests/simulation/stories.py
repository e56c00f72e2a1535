"""The log as it must be: every event read once, folded afresh, and compared with what is stored.

Nothing here knows a cache, a dispatch or a fault. What a process answers is held against it.
"""

import msgspec

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
        before = story[-1]
        attempt_row = project_attempt(before.attempt_row, recorded)
        if attempt_row is not None:
            self.attempts.setdefault(recorded.stream, {})[attempt_row.number] = attempt_row
        after = Told(
            evolve(before.account, event), project_account(before.row, recorded), attempt_row
        )
        story.append(after)

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


def _check_row(row: Row, expected: dict[str, object]) -> None:
    differing = [name for name, value in expected.items() if row[name] != value]
    assert not differing, f"the row differs from a fresh fold in {differing}"
