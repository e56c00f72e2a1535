"""The door to workspace streams: load, decide, append, as `dispatch` does for accounts."""

import msgspec

from adapters.event_log.errors import Conflict
from adapters.event_log.interface import Append, EventLog
from app.dispatch import MOST_CONFLICTS, TooBusy
from app.folded_cache import FoldedCache
from app.loading import Loader
from app.snapshots import Snapshots
from domain.decision import Ignored
from domain.log import InputToAppend, Origin, RecordedEvent
from domain.workspace import (
    NEW_WORKSPACE,
    Workspace,
    WorkspaceCommand,
    decide_workspace,
    evolve_workspace,
)
from domain.workspace_events import WorkspaceEvent

CACHED_WORKSPACES = 1024
CACHED_BYTES = 64_000_000
"""Folded workspaces kept in memory, whichever is reached first: a large one has thousands of
accounts."""


class HeldWorkspace(msgspec.Struct, frozen=True):
    """A folded workspace as of `version` of its stream."""

    workspace: Workspace = NEW_WORKSPACE
    version: int = 0


def fold_workspace(held: HeldWorkspace, recorded: RecordedEvent) -> HeldWorkspace:
    """Fold one recorded event into the workspace."""
    workspace = held.workspace
    if isinstance(recorded.event, WorkspaceEvent):
        workspace = evolve_workspace(workspace, recorded.event)
    return HeldWorkspace(workspace, recorded.version)


class WorkspaceDispatch:
    """Submits commands to workspaces."""

    def __init__(self, log: EventLog, snapshots: Snapshots | None = None) -> None:
        self._log = log
        self._workspaces = Loader(
            log,
            HeldWorkspace(),
            fold_workspace,
            FoldedCache(most=CACHED_WORKSPACES, most_bytes=CACHED_BYTES, weigh=_bytes_of),
            snapshots,
        )

    async def load(self, stream: str) -> tuple[Workspace, int]:
        """Load a workspace and the version of its stream."""
        held = await self._workspaces.load(stream)
        return held.workspace, held.version

    async def submit(self, stream: str, command: WorkspaceCommand, origin: Origin) -> None:
        """Decide one command and append it; raises TooBusy or StorageUnavailable.

        A command that changes nothing is not recorded: the account's own event is, and a
        reactor that starts again would repeat thousands of them.
        """
        for _ in range(MOST_CONFLICTS):
            workspace, version = await self.load(stream)
            decision = decide_workspace(workspace, command)
            if isinstance(decision, Ignored):
                return
            decided = InputToAppend(command=command, outcome="accepted", origin=origin)
            try:
                await self._log.append(
                    Append(
                        stream=stream,
                        expected_version=version,
                        input=decided,
                        events=tuple(decision),
                        rows=(),
                    )
                )
            except Conflict:
                continue
            return
        message = f"{stream} is being changed by others; try again"
        raise TooBusy(message)


def _bytes_of(held: HeldWorkspace) -> int:
    """Tell about how much memory it takes."""
    workspace = held.workspace
    return 1_000 + 125 * (
        len(workspace.holders) + len(workspace.ready_since) + len(workspace.claims)
    )
