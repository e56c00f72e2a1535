"""A whole log in memory: streams with versions, one order over all, optimistic appends."""

from domain import workspace as wo
from domain.account import NEW, Account
from domain.decide import decide
from domain.decision import Ignored
from domain.events import AccountEvent
from domain.evolve import evolve
from domain.log import AnyEvent, AnyInput, Origin, RecordedEvent
from domain.refusals import Refused
from domain.workspace_events import WorkspaceEvent
from tests.examples import START

NOBODY = Origin(actor="system")


class Conflict(Exception):
    """Somebody else has appended to the stream since it was read."""


class MemoryLog:
    """Append-only. Accounts and workspaces are always folded from it anew, so nothing is kept."""

    def __init__(self) -> None:
        self.recorded: list[RecordedEvent] = []
        self._streams: dict[str, list[AnyEvent]] = {}

    def events(self, stream: str) -> list[AnyEvent]:
        """Give the stream's events, oldest first."""
        return list(self._streams.get(stream, ()))

    def append(self, stream: str, expected_version: int, *events: AnyEvent) -> None:
        """Append to a stream that is still as it was read; raises Conflict otherwise."""
        held = self._streams.setdefault(stream, [])
        if len(held) != expected_version:
            raise Conflict(stream)
        for event in events:
            held.append(event)
            self.recorded.append(
                RecordedEvent(
                    position=len(self.recorded) + 1,
                    stream=stream,
                    version=len(held),
                    topic=type(event).__name__,
                    event=event,
                    input_id=0,
                    origin=NOBODY,
                    recorded_at=START,
                )
            )

    def account(self, stream: str) -> Account:
        """Fold an account."""
        account = NEW
        for event in self.events(stream):
            assert isinstance(event, AccountEvent)
            account = evolve(account, event)
        return account

    def workspace(self, stream: str) -> wo.Workspace:
        """Fold a workspace."""
        workspace = wo.NEW_WORKSPACE
        for event in self.events(stream):
            assert isinstance(event, WorkspaceEvent)
            workspace = wo.evolve_workspace(workspace, event)
        return workspace

    def decide(self, stream: str, command: AnyInput) -> list[AnyEvent] | Ignored:
        """Decide a command on the stream as it is now; raises Refused."""
        if isinstance(command, wo.AccountNews):
            decided = wo.decide_workspace(self.workspace(stream), command)
        else:
            decided = decide(self.account(stream), command)
        return decided if isinstance(decided, Ignored) else list(decided)

    def submit(
        self, stream: str, command: AnyInput, *, overtaken_by: tuple[AnyInput, ...] = ()
    ) -> list[AnyEvent] | Ignored | Refused:
        """Decide and append; after a conflict decide again on what the log holds by then.

        `overtaken_by` are commands that others get in between the first decision and its append.
        """
        while True:
            version = len(self.events(stream))
            try:
                decided = self.decide(stream, command)
            except Refused as refused:
                decided = refused
            for faster in overtaken_by:
                self.submit(stream, faster)
            overtaken_by = ()
            if not isinstance(decided, list):
                if version == len(self.events(stream)):
                    return decided
                continue  # the input itself is appended too, and conflicts as events do
            try:
                self.append(stream, version, *decided)
            except Conflict:
                continue
            return decided
