"""Defects to be found: each is a mistake that somebody could make, in a part or in the log."""

import asyncio
from typing import Any, cast

from msgspec.structs import replace

from adapters.event_log.interface import Append, Appended, DueDeadline, EventLog, Snapshot
from adapters.event_log.memory import MemoryEventLog
from app.deadline_clock import DeadlineClock
from app.dispatch import Answer, Dispatch
from app.reactor import CURSOR, Reactor
from domain.commands import AnyCommand
from domain.log import Origin, RecordedEvent
from tests.simulation.parts import Build


class ThroughLog:
    """A log that does as the one behind it; a defect says otherwise in one place."""

    def __init__(self, log: EventLog) -> None:
        self.log = log

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the log has
        return getattr(self.log, name)


class AcknowledgedEarly(ThroughLog):
    """Answers as soon as it has sent, without waiting for the commit."""

    async def append(self, append: Append) -> Appended:
        """Guess the answer."""
        written = len(await self.log.read_inputs(None))
        head = await self.log.head()
        self.sending = asyncio.create_task(self.log.append(append))
        self.sending.add_done_callback(lambda sent: sent.cancelled() or sent.exception())
        first = append.expected_version
        return Appended(
            input_id=written + 1,
            positions=tuple(head + nth for nth, _ in enumerate(append.events, 1)),
            versions=tuple(first + nth for nth, _ in enumerate(append.events, 1)),
            recorded_at=append.input.command.at,
        )


class RowsForgotten(ThroughLog):
    """Leaves out the rows when an attempt ends."""

    async def append(self, append: Append) -> Appended:
        """Write the events alone."""
        ends = any(type(event).__name__ == "LinkFailed" for event in append.events)
        return await self.log.append(replace(append, rows=()) if ends else append)


class SnapshotsShifted(ThroughLog):
    """Goes on one event too far behind a snapshot."""

    async def resume(
        self,
        *given: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> tuple[Snapshot | None, list[RecordedEvent]]:
        """Drop the first event."""
        snapshot, events = await self.log.resume(*given, **named)
        return snapshot, events[1:] if snapshot else events


class CursorMovedEarly(ThroughLog):
    """Counts what it has only read as handled."""

    async def read(self, *given: Any, **named: Any) -> list[RecordedEvent]:  # noqa: ANN401
        """Save the cursor at once."""
        events = await self.log.read(*given, **named)
        if events:
            await self.log.save_cursor(CURSOR, events[-1].position)
        return events


class ScansNeverLate(ThroughLog):
    """Overlooks one kind of deadline."""

    async def due_deadlines(self, *given: Any) -> list[DueDeadline]:  # noqa: ANN401
        """Leave out the linking window."""
        due = await self.log.due_deadlines(*given)
        return [deadline for deadline in due if deadline.awaited != "scan"]


def through(log: EventLog, defect: type[ThroughLog]) -> EventLog:
    """Put the defect before the log."""
    return cast("EventLog", defect(log))


class EarlyDispatch(Dispatch):
    def __init__(self, log: EventLog, *rest: Any) -> None:  # noqa: ANN401
        super().__init__(through(log, AcknowledgedEarly), *rest)


class RowlessDispatch(Dispatch):
    def __init__(self, log: EventLog, *rest: Any) -> None:  # noqa: ANN401
        super().__init__(through(log, RowsForgotten), *rest)


class ClaimlessDispatch(Dispatch):
    """Forgets the claim, so that a repetition is a second command."""

    async def submit(
        self,
        account_id: str,
        command: AnyCommand,
        origin: Origin,
        claim: object = None,  # noqa: ARG002  this is the defect
    ) -> Answer:
        return await super().submit(account_id, command, origin)


class SkippingReactor(Reactor):
    """Overlooks every ninth event."""

    async def react(self, recorded: RecordedEvent) -> None:
        if recorded.position % 9:
            await super().react(recorded)


class EarlyReactor(Reactor):
    def __init__(self, log: EventLog, *rest: Any) -> None:  # noqa: ANN401
        super().__init__(through(log, CursorMovedEarly), *rest)


class ScanlessClock(DeadlineClock):
    def __init__(self, log: EventLog, *rest: Any, **named: Any) -> None:  # noqa: ANN401
        super().__init__(through(log, ScansNeverLate), *rest, **named)


class ForgetfulLog(MemoryEventLog):
    """Loses its last append when it is restarted, as without a flush."""

    def forget(self) -> None:
        """Lose it."""
        if self._inputs:
            lost = self._inputs.pop()
            kept = lost.stream_version
            for _ in self._streams.get(lost.stream, [])[kept:]:
                self._stored.pop()
            self._streams[lost.stream] = self._streams.get(lost.stream, [])[:kept]


class UnguardedLog(MemoryEventLog):
    """Appends whatever version it was decided on."""

    async def append(self, append: Append) -> Appended:
        version = len(self._streams.get(append.stream, []))
        return await super().append(replace(append, expected_version=version))


class SnapshotDispatch(Dispatch):
    """Takes snapshots from `SnapshotsShifted`."""

    def __init__(self, log: EventLog, snapshots: Any) -> None:  # noqa: ANN401
        super().__init__(log, type(snapshots)(through(log, SnapshotsShifted), "simulated"))


DEFECTS: dict[str, Build] = {
    "a dispatch that acknowledges before it appends": Build(dispatch=EarlyDispatch),
    "a dispatch that forgets rows": Build(dispatch=RowlessDispatch),
    "a dispatch that forgets the claim": Build(dispatch=ClaimlessDispatch),
    "a snapshot that is folded on wrongly": Build(dispatch=SnapshotDispatch),
    "a reactor that skips events": Build(reactor=SkippingReactor),
    "a reactor that moves its cursor too early": Build(reactor=EarlyReactor),
    "a deadline that is never fired": Build(deadline_clock=ScanlessClock),
    "a log that loses the last append in a crash": Build(
        store=ForgetfulLog, recovered=lambda store: cast("ForgetfulLog", store).forget()
    ),
    "a log that does not compare versions": Build(store=UnguardedLog),
}
