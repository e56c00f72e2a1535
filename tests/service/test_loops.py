"""The loops of the service: deadlines, workspaces, the worker watch, and going on after trouble."""

import asyncio
from datetime import datetime

import pytest

from adapters.clock import monotonic_s
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import Claim, EventLog
from adapters.event_log.memory import MemoryEventLog
from app.deadline_clock import DeadlineClock
from app.dispatch import Answer, Dispatch
from app.reactor import CURSOR, Reactor
from app.steady import keep_running
from app.worker_watch import SILENT_S, WorkerWatch
from app.workspace_dispatch import WorkspaceDispatch
from domain.commands import AnyCommand, RecordQr, RecordReady, RegisterAccount, RequestLink
from domain.log import Origin, workspace_stream
from domain.observations import RecordProblem, RecordSealedSession, RecordStandby
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import RequestReconnect
from tests.examples import ATTEMPT, NEXT_ATTEMPT, PHONE, PHONE_KEYED, QR_KEYED_1, at

BY_TEST = Origin(actor="system")
ONE, TWO = "acc_one", "acc_two"


def steps_to_ready(attempt: str, seconds: float = 0.0) -> list[AnyCommand]:
    return [
        RegisterAccount(at=at(seconds), workspace="shop"),
        RequestLink(at=at(seconds + 1), attempt=attempt),
        RecordQr(
            at=at(seconds + 2),
            attempt=attempt,
            fingerprint=QR_KEYED_1,
            expires_at=at(seconds + 62),
        ),
        RecordReady(
            at=at(seconds + 3), attempt=attempt, phone=PHONE, phone_fingerprint=PHONE_KEYED
        ),
    ]


async def submit_all(dispatch: Dispatch, account: str, commands: list[AnyCommand]) -> None:
    for command in commands:
        await dispatch.submit(account, command, BY_TEST)


async def status(dispatch: Dispatch, account: str) -> Status:
    return (await dispatch.load(account)).account.status


class Clock:
    """A clock that is a number."""

    def __init__(self) -> None:
        self.moment = at(0)

    def __call__(self) -> datetime:
        return self.moment


async def test_a_deadline_fires_when_it_has_passed_and_not_before(log: EventLog):
    dispatch, now = Dispatch(log), Clock()
    deadlines = DeadlineClock(log, dispatch, now)
    await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT)[:2])
    now.moment = at(30.9)
    assert await deadlines.fire_due() == 0
    now.moment = at(31.0)
    assert await deadlines.fire_due() == 1
    account = (await dispatch.load(ONE)).account
    assert (account.status, account.reason) == (Status.FAILED, Reason.INITIALIZE_TIMED_OUT)
    assert await deadlines.fire_due() == 0


async def test_two_clocks_fire_one_deadline_once(log: EventLog):
    now = Clock()
    clocks = [DeadlineClock(log, Dispatch(log), now) for _ in range(2)]
    dispatch = Dispatch(log)
    await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT)[:2])
    now.moment = at(40)
    await asyncio.gather(*(clock.fire_due() for clock in clocks))
    assert [event.topic for event in await log.load(ONE)].count("LinkFailed") == 1


async def test_the_later_of_two_accounts_with_one_number_keeps_it(log: EventLog):
    dispatch = Dispatch(log)
    reactor = Reactor(log, dispatch, WorkspaceDispatch(log))
    await submit_all(dispatch, ONE, steps_to_ready("attempt-one"))
    await submit_all(dispatch, TWO, steps_to_ready("attempt-two", 10))
    await react_to_everything(log, reactor)
    assert await status(dispatch, ONE) is Status.DISCONNECTED
    assert await status(dispatch, TWO) is Status.READY
    assert (await dispatch.load(ONE)).account.reason is Reason.SUPERSEDED
    workspace, _ = await WorkspaceDispatch(log).load(workspace_stream("shop"))
    assert workspace.holders == {PHONE_KEYED: TWO}


async def test_a_reactor_that_starts_over_changes_nothing_twice(log: EventLog):
    dispatch = Dispatch(log)
    reactor = Reactor(log, dispatch, WorkspaceDispatch(log))
    await submit_all(dispatch, ONE, steps_to_ready("attempt-one"))
    await submit_all(dispatch, TWO, steps_to_ready("attempt-two", 10))
    await react_to_everything(log, reactor)
    head = await log.head()
    await react_to_everything(log, Reactor(log, Dispatch(log), WorkspaceDispatch(log)))
    assert await log.head() == head


async def react_to_everything(log: EventLog, reactor: Reactor) -> None:
    after = 0
    while batch := await log.read(after, 100):
        for recorded in batch:
            await reactor.react(recorded)
        after = batch[-1].position


async def test_the_reactor_goes_on_from_where_it_stood(log: EventLog):
    dispatch = Dispatch(log)
    await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT))
    reactor = Reactor(log, dispatch, WorkspaceDispatch(log))
    running = asyncio.create_task(reactor.run())
    async with asyncio.timeout(20):
        async for _ in log.wakeups(0.05):
            if await log.load_cursor(CURSOR) == await log.head():
                break
    running.cancel()
    await asyncio.wait([running])
    assert (await dispatch.load(ONE)).account.primary


async def test_links_of_a_silent_worker_are_lost_once(log: EventLog):
    dispatch, silent = Dispatch(log), [0.0]

    async def silent_s() -> float:
        return silent[0]

    watch = WorkerWatch(log, dispatch, silent_s=silent_s, now=lambda: at(50))
    await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT))
    await watch.look()
    assert await status(dispatch, ONE) is Status.READY
    silent[0] = SILENT_S
    await watch.look()
    await watch.look()
    account = (await dispatch.load(ONE)).account
    assert (account.status, account.reason) == (Status.DISCONNECTED, Reason.WORKER_LOST)
    assert account.deadline is not None  # it comes back by itself
    assert [i.kind for i in await log.read_inputs(ONE)].count("RecordProblem") == 1


async def test_what_could_not_be_heard_during_an_outage_is_no_silence(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
):
    """Every start of the watch is the end of one: whoever lives gets the time to say so."""
    monkeypatch.setattr("app.worker_watch.SILENT_S", 0.2)
    asked: asyncio.Queue[float] = asyncio.Queue()

    async def silent_s() -> float:
        asked.put_nowait(monotonic_s())
        return 0.0

    watch = WorkerWatch(log, Dispatch(log), silent_s=silent_s, now=lambda: at(50))
    began_s = monotonic_s()
    watching = asyncio.create_task(watch.run())
    async with asyncio.timeout(20):
        assert await asked.get() - began_s >= 0.2
    watching.cancel()
    await asyncio.wait([watching])


class Overtaken(Dispatch):
    """Somebody else is faster than the first word of a standby that failed."""

    def __init__(self, log: EventLog, faster: AnyCommand) -> None:
        super().__init__(log)
        self._faster: list[AnyCommand] = [faster]

    async def submit(
        self, account_id: str, command: AnyCommand, origin: Origin, claim: Claim | None = None
    ) -> Answer:
        if isinstance(command, RecordStandby) and command.stage == "failed" and self._faster:
            await super().submit(account_id, self._faster.pop(), BY_TEST)
        return await super().submit(account_id, command, origin, claim)


async def test_no_standby_is_ready_once_its_process_was_never_heard_of(log: EventLog):
    """Switched off, or its row was forgotten; the primary comes back in this very moment."""
    back = RequestReconnect(at=at(7), attempt=NEXT_ATTEMPT)
    dispatch = Overtaken(log, back)

    async def silent_s() -> None:
        return None

    ready = [
        RecordStandby(at=at(5), attempt=ATTEMPT, stage=stage, digest="sealed-1")
        for stage in ("requested", "ready")
    ]
    await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT))
    sealed = RecordSealedSession(at=at(4), attempt=ATTEMPT, digest="sealed-1", size_bytes=1)
    lost = RecordProblem(at=at(6), attempt=ATTEMPT, reason=Reason.NETWORK_LOST)
    await submit_all(dispatch, ONE, [sealed, *ready, lost])
    watch = WorkerWatch(log, dispatch, silent_s=silent_s, now=lambda: at(50), holder="standby")
    await watch.look()
    await watch.look()
    account = (await dispatch.load(ONE)).account
    assert account.status is Status.INITIALIZING
    assert (account.standby.stage, account.standby.reason) == ("failed", Reason.WORKER_LOST)
    told = [i for i in await log.read_inputs(ONE) if i.kind == "RecordStandby"]
    assert [i.rule for i in told] == ["", "", "foreign_attempt", ""], "and not once more"


async def test_a_loop_goes_on_after_an_outage_of_the_database():
    runs, went_on = [], asyncio.Event()

    async def loop() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise StorageUnavailable("the database is away")
        went_on.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(keep_running("a loop", loop))
    async with asyncio.timeout(20):
        await went_on.wait()
    running.cancel()
    await asyncio.wait([running])
    assert len(runs) == 3


async def test_a_command_for_a_workspace_that_changes_nothing_is_not_recorded():
    log = MemoryEventLog()
    dispatch = Dispatch(log)
    await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT))
    await react_to_everything(log, Reactor(log, dispatch, WorkspaceDispatch(log)))
    inputs = len(await log.read_inputs(workspace_stream("shop")))
    await react_to_everything(log, Reactor(log, Dispatch(log), WorkspaceDispatch(log)))
    assert len(await log.read_inputs(workspace_stream("shop"))) == inputs
