"""The one door: accepted, ignored, refused and conflict, each as the log then tells it."""

import asyncio
from typing import Any

import pytest

from adapters.event_log.errors import Conflict
from adapters.event_log.interface import Append, Appended, EventLog
from adapters.event_log.memory import MemoryEventLog
from app.dispatch import MOST_CONFLICTS, Dispatch, TooBusy
from domain.commands import CancelLink, RecordPage, RegisterAccount, RequestLink
from domain.log import Origin, RecordedEvent
from domain.refusals import Refused
from domain.status import Status
from domain.wishes import DestroyAccount
from tests.examples import ATTEMPT, FOREIGN, NEXT_ATTEMPT, at

ACCOUNT = "acc_one"
BY_KEY = Origin(actor="key:test", correlation_id="req_1")
REGISTER = RegisterAccount(at=at(0), workspace="shop")
LINK = RequestLink(at=at(1), attempt=ATTEMPT)


async def test_accepted_is_in_the_log_and_in_the_tables_when_it_is_answered(log: EventLog):
    dispatch = Dispatch(log)
    await dispatch.submit(ACCOUNT, REGISTER, BY_KEY)
    answer = await dispatch.submit(ACCOUNT, LINK, BY_KEY)
    assert (answer.outcome, answer.position) == ("accepted", 2)
    assert answer.held.account.status is Status.INITIALIZING
    row = await log.account_row(ACCOUNT)
    assert row is not None
    assert (row["status"], row["attempt_id"]) == ("INITIALIZING", ATTEMPT)
    assert [r["outcome"] for r in await log.attempt_rows(ACCOUNT)] == ["running"]
    inputs = await log.read_inputs(ACCOUNT)
    assert [(i.kind, i.outcome, i.origin) for i in inputs] == [
        ("RegisterAccount", "accepted", BY_KEY),
        ("RequestLink", "accepted", BY_KEY),
    ]


async def test_ignored_is_recorded_with_its_rule_and_moves_nothing(log: EventLog):
    dispatch = Dispatch(log)
    await dispatch.submit(ACCOUNT, REGISTER, BY_KEY)
    await dispatch.submit(ACCOUNT, LINK, BY_KEY)
    late = RecordPage(at=at(2), attempt=FOREIGN, phase="page_loaded")
    answer = await dispatch.submit(ACCOUNT, late, BY_KEY)
    assert (answer.outcome, answer.rule, answer.position) == ("ignored", "foreign_attempt", 0)
    assert await log.head() == 2
    last = (await log.read_inputs(ACCOUNT))[-1]
    assert (last.outcome, last.rule, last.stream_version) == ("ignored", "foreign_attempt", 2)


async def test_refused_is_raised_and_recorded_and_moves_nothing(log: EventLog):
    dispatch = Dispatch(log)
    await dispatch.submit(ACCOUNT, REGISTER, BY_KEY)
    with pytest.raises(Refused) as refused:
        await dispatch.submit(ACCOUNT, CancelLink(at=at(1)), BY_KEY)
    assert refused.value.rule == "nothing_to_cancel"
    assert await log.head() == 1
    assert (await log.read_inputs(ACCOUNT))[-1].rule == "nothing_to_cancel"


async def test_refused_of_an_account_that_does_not_exist_leaves_no_trace(log: EventLog):
    with pytest.raises(Refused):
        await Dispatch(log).submit(ACCOUNT, LINK, BY_KEY)
    assert await log.read_inputs(ACCOUNT) == []


async def test_an_erased_account_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch):
    log = MemoryEventLog()
    read: list[str] = []
    load = log.load

    async def counted(stream: str, *given: Any, **more: Any) -> list[RecordedEvent]:  # noqa: ANN401  as the log's
        read.append(stream)
        return await load(stream, *given, **more)

    monkeypatch.setattr(log, "load", counted)
    dispatch = Dispatch(log)
    await dispatch.submit(ACCOUNT, REGISTER, BY_KEY)
    await dispatch.submit(ACCOUNT, LINK, BY_KEY)
    assert read == [ACCOUNT]
    await dispatch.submit(ACCOUNT, DestroyAccount(at=at(2), erase=True), BY_KEY)
    with pytest.raises(Refused):
        await dispatch.submit(ACCOUNT, CancelLink(at=at(3)), BY_KEY)
    assert read == [ACCOUNT, ACCOUNT]


async def test_conflict_is_decided_again_on_the_newer_account(log: EventLog):
    here, there = Dispatch(log), Dispatch(log)
    await here.submit(ACCOUNT, REGISTER, BY_KEY)
    await there.load(ACCOUNT)  # both processes hold version 1
    await here.submit(ACCOUNT, LINK, BY_KEY)
    with pytest.raises(Refused) as refused:
        await there.submit(ACCOUNT, RequestLink(at=at(2), attempt=NEXT_ATTEMPT), BY_KEY)
    assert refused.value.rule == "attempt_in_progress"
    assert (await there.load(ACCOUNT)).version == 2


async def test_what_is_only_ignored_on_an_old_account_is_decided_on_the_newer_one(log: EventLog):
    here, there = Dispatch(log), Dispatch(log)
    await here.submit(ACCOUNT, REGISTER, BY_KEY)
    await there.load(ACCOUNT)
    await here.submit(ACCOUNT, LINK, BY_KEY)
    # Version 1 has no attempt, so an old account would ignore this as foreign.
    started = RecordPage(at=at(2), attempt=ATTEMPT, phase="browser_started")
    assert (await there.submit(ACCOUNT, started, BY_KEY)).outcome == "accepted"


async def test_many_at_once_in_two_processes_are_all_decided_in_some_order(log: EventLog):
    doors = [Dispatch(log), Dispatch(log)]
    await doors[0].submit(ACCOUNT, REGISTER, BY_KEY)

    async def link(number: int) -> str:
        wish = RequestLink(at=at(number), attempt=f"attempt-{number}")
        try:
            return (await doors[number % 2].submit(ACCOUNT, wish, BY_KEY)).outcome
        except Refused as refused:
            return refused.rule

    outcomes = await asyncio.gather(*(link(number) for number in range(20)))
    assert sorted(outcomes) == ["accepted", *["attempt_in_progress"] * 19]
    assert len(await log.read_inputs(ACCOUNT)) == 21


class AlwaysLate(MemoryEventLog):
    """Somebody else is faster every time."""

    appends = 0

    async def append(self, append: Append) -> Appended:
        self.appends += 1
        raise Conflict(append.stream, append.expected_version)


async def test_a_command_that_loses_every_time_is_given_back():
    log = AlwaysLate()
    with pytest.raises(TooBusy):
        await Dispatch(log).submit(ACCOUNT, REGISTER, BY_KEY)
    assert log.appends == MOST_CONFLICTS
