"""Logs for the read models' tests: every one is made by the real `decide`, none is written by hand.

A `Story` is a whole log in memory, of one or more accounts. Times are seconds after NOON.
"""

from datetime import UTC, datetime, timedelta

from domain.account import NEW, Account
from domain.commands import AnyCommand
from domain.decide import decide
from domain.decision import Ignored
from domain.evolve import evolve
from domain.log import AnyEvent, Origin, Outcome, RecordedEvent, RecordedInput
from domain.refusals import Refused
from domain.workspace_events import WorkspaceEvent

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WRITE_TAKES = timedelta(milliseconds=3)
"""How much later than the observer the log's clock is in every story."""

CLIENT = Origin(actor="key:erp", correlation_id="order-7")
WORKER = Origin(actor="worker:w1", correlation_id="order-7")
CLOCK = Origin(actor="clock")
WORKSPACE = Origin(actor="workspace")


def at(seconds: float) -> datetime:
    """Give the moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


class Story:
    """A log in memory. `tell` decides a command on an account and records what comes of it."""

    def __init__(self) -> None:
        self.inputs: list[RecordedInput] = []
        self.events: list[RecordedEvent] = []
        self.accounts: dict[str, Account] = {}
        self.commands: list[AnyCommand] = []

    def tell(self, *commands: AnyCommand, by: Origin = WORKER, to: str = "acc_1") -> "Story":
        """Decide each command as dispatch does, and record input and events."""
        for command in commands:
            self._tell(command, by, to)
        return self

    def _tell(self, command: AnyCommand, by: Origin, to: str) -> None:
        account = self.accounts.get(to, NEW)
        outcome: Outcome = "accepted"
        rule = ""
        decided: list[AnyEvent] = []
        try:
            decision = decide(account, command)
        except Refused as refused:
            outcome, rule = "refused", refused.rule
        else:
            if isinstance(decision, Ignored):
                outcome, rule = "ignored", decision.because
            else:
                decided = list(decision)
                for event in decision:
                    account = evolve(account, event)
        self.accounts[to] = account
        self.commands.append(command)
        self._record(command, by, to, outcome=outcome, rule=rule)
        for event in decided:
            self._append(event, by, to)

    def _record(
        self, command: AnyCommand, by: Origin, to: str, *, outcome: Outcome, rule: str
    ) -> None:
        self.inputs.append(
            RecordedInput(
                input_id=len(self.inputs) + 1,
                stream=to,
                stream_version=self._version(to),
                kind=type(command).__name__,
                command=command,
                at=command.at,
                recorded_at=command.at + WRITE_TAKES,
                outcome=outcome,
                rule=rule,
                origin=by,
            )
        )

    def _append(self, event: AnyEvent, by: Origin, to: str) -> None:
        self.events.append(
            RecordedEvent(
                position=len(self.events) + 1,
                stream=to,
                version=self._version(to) + 1,
                topic=type(event).__name__,
                event=event,
                input_id=len(self.inputs),
                origin=by,
                recorded_at=event.at + WRITE_TAKES,
            )
        )

    def workspace_event(self, event: WorkspaceEvent, workspace: str = "ws_1") -> "Story":
        """Put an event of a workspace's stream into the log."""
        self._append(event, WORKSPACE, f"workspace:{workspace}")
        return self

    def _version(self, stream: str) -> int:
        return sum(1 for recorded in self.events if recorded.stream == stream)

    def of(self, stream: str = "acc_1") -> tuple[list[RecordedInput], list[RecordedEvent]]:
        """Give the inputs and the events of one stream."""
        return (
            [recorded for recorded in self.inputs if recorded.stream == stream],
            [recorded for recorded in self.events if recorded.stream == stream],
        )
