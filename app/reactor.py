"""The workspace reactor: carries facts from account streams to workspaces and back.

It follows the log from its own cursor and submits what `domain.reactions` answers. Deliveries may
come twice (a crash between submitting and saving the cursor): every reaction is harmless when
repeated, so each takes effect exactly once.
"""

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import EventLog
from app.causes import following
from app.dispatch import Dispatch
from app.projecting.parking import Parking
from app.projecting.registry import REACTOR
from app.tail import PAGE, follow, read_page
from app.workspace_dispatch import WorkspaceDispatch
from domain.events import AccountEvent
from domain.log import WORKSPACE_PREFIX, RecordedEvent
from domain.reactions import Reaction, reactions
from domain.refusals import Refused
from domain.workspace import WorkspaceCommand

CURSOR = REACTOR
ORIGIN_ACTOR = "workspace"
POLL_S = 1.0


class Reactor:
    """Keeps every workspace's two rules up to date with its accounts."""

    def __init__(self, log: EventLog, dispatch: Dispatch, workspaces: WorkspaceDispatch) -> None:
        self._log = log
        self._dispatch = dispatch
        self._workspaces = workspaces
        self._workspace_of: dict[str, str] = {}
        self._parking = Parking(log, REACTOR)

    async def run(self) -> None:
        """React until cancelled; StorageUnavailable ends it, and the caller starts it again."""
        after = await self._log.load_cursor(CURSOR)
        async for batch in follow(self._log, after, POLL_S, self._park):
            await self._parking.prepare([recorded.stream for recorded in batch])
            for recorded in batch:
                if not self._parking.stops(recorded.stream):
                    async with self._parking.guarding(recorded.stream, recorded):
                        await self.react(recorded)
            if batch:
                await self._log.save_cursor(CURSOR, batch[-1].position)

    async def _park(self, error: UnreadableEvent) -> None:
        await self._parking.park_unreadable(error)
        await self._log.save_cursor(CURSOR, error.position)

    async def react(self, recorded: RecordedEvent) -> None:
        """Submit what one event asks for."""
        await self._learn_workspace(recorded)
        for reaction in reactions(recorded, lambda account: self._workspace_of.get(account, "")):
            await self._parking.prepare([reaction.stream])
            if not self._parking.stops(reaction.stream):
                async with self._parking.guarding(reaction.stream, recorded):
                    await self._submit(reaction, recorded)

    async def react_again(self, stream: str, position: int) -> None:
        """Submit whatever a parked stream was to tell or to hear since a position.

        Raises what keeps it parked. Other streams that are parked have their own turn.
        """
        after = position - 1
        while True:
            batch, after = await read_page(self._log, after, PAGE, _pass_over)
            if not batch:
                return
            await self._parking.prepare([recorded.stream for recorded in batch])
            for recorded in batch:
                if _may_concern(recorded, stream):
                    await self._react_for(recorded, stream)

    async def _react_for(self, recorded: RecordedEvent, stream: str) -> None:
        if recorded.stream != stream and self._parking.stops(recorded.stream):
            return
        await self._learn_workspace(recorded)
        for reaction in reactions(recorded, lambda account: self._workspace_of.get(account, "")):
            told, heard = recorded.stream == stream, reaction.stream == stream
            if heard or (told and not self._parking.stops(reaction.stream)):
                await self._submit(reaction, recorded)

    async def _learn_workspace(self, recorded: RecordedEvent) -> None:
        stream = recorded.stream
        if isinstance(recorded.event, AccountEvent) and stream not in self._workspace_of:
            held = await self._dispatch.load(stream)
            if held.account.registered:
                self._workspace_of[stream] = held.account.workspace

    async def _submit(self, reaction: Reaction, cause: RecordedEvent) -> None:
        origin = following(cause.origin, ORIGIN_ACTOR)
        try:
            if isinstance(reaction.command, WorkspaceCommand):
                await self._workspaces.submit(reaction.stream, reaction.command, origin)
            else:
                await self._dispatch.submit(reaction.stream, reaction.command, origin)
        except Refused:
            return  # it stays in the log as refused; the account is no longer what it was


def _may_concern(recorded: RecordedEvent, stream: str) -> bool:
    """An account hears of workspaces and of itself; a workspace may hear of any account."""
    return recorded.stream == stream or (
        recorded.stream.startswith(WORKSPACE_PREFIX) != stream.startswith(WORKSPACE_PREFIX)
    )


async def _pass_over(error: UnreadableEvent) -> None:
    """Leave it: its own stream is parked for it."""
