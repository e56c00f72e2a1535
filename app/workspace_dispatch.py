"""The door to workspace streams: load, decide, append, as `dispatch` does for accounts."""

from adapters.event_log.errors import Conflict
from adapters.event_log.interface import Append, EventLog
from app.dispatch import MOST_CONFLICTS, TooBusy
from domain.decision import Ignored
from domain.log import InputToAppend, Origin
from domain.workspace import (
    NEW_WORKSPACE,
    Workspace,
    WorkspaceCommand,
    decide_workspace,
    evolve_workspace,
)
from domain.workspace_events import WorkspaceEvent


class WorkspaceDispatch:
    """Submits commands to workspaces."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._cache: dict[str, tuple[Workspace, int]] = {}

    async def load(self, stream: str) -> tuple[Workspace, int]:
        """Load a workspace and the version of its stream."""
        workspace, version = self._cache.get(stream, (NEW_WORKSPACE, 0))
        for recorded in await self._log.load(stream, version):
            if isinstance(recorded.event, WorkspaceEvent):
                workspace = evolve_workspace(workspace, recorded.event)
            version = recorded.version
        self._cache[stream] = (workspace, version)
        return workspace, version

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
