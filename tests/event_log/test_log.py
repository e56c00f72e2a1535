"""What every log promises, in memory and on PostgreSQL."""

import asyncio
from contextlib import aclosing

import pytest

from adapters.event_log.errors import Conflict
from adapters.event_log.interface import Append, EventLog, RowWrite
from domain import events as e
from domain.log import InputToAppend, workspace_stream
from domain.workspace import ClaimPhone
from domain.workspace_events import PhoneClaimed, PrimaryAssigned
from tests.event_log.appends import (
    KEY,
    WORKER,
    account_row,
    attempt_row,
    fetched,
    observation,
    refusal,
    register,
    registration,
)
from tests.examples import LINK, QR_1, REGISTERED, at


async def test_an_appended_event_is_loaded_as_it_was(log: EventLog) -> None:
    appended = await log.append(registration("acc_1", label="Front desk"))

    (recorded,) = await log.load("acc_1")

    assert recorded.event == REGISTERED
    assert (recorded.stream, recorded.version, recorded.position) == ("acc_1", 1, 1)
    assert (recorded.topic, recorded.origin) == ("AccountRegistered", KEY)
    assert recorded.input_id == appended.input_id
    assert recorded.recorded_at == appended.recorded_at
    assert (appended.positions, appended.versions) == ((1,), (1,))


async def test_a_stream_is_loaded_from_a_version_on(log: EventLog) -> None:
    await log.append(registration("acc_1"))
    await log.append(observation("acc_1", 1, LINK, QR_1))

    assert [r.event for r in await log.load("acc_1", 1)] == [LINK, QR_1]
    assert await log.load("acc_1", 3) == []
    assert await log.load("acc_2") == []


async def test_positions_follow_each_other_over_all_streams(log: EventLog) -> None:
    for stream in ("acc_1", "acc_2", "acc_3"):
        await log.append(registration(stream))
    appended = await log.append(observation("acc_2", 1, LINK, QR_1))

    assert appended.positions == (4, 5)
    assert [r.position for r in await log.read(0, 100)] == [1, 2, 3, 4, 5]
    assert await log.head() == 5


async def test_the_head_of_an_empty_log_is_zero(log: EventLog) -> None:
    assert await log.head() == 0
    assert await log.read(0, 100) == []


async def test_a_reader_goes_on_where_it_was(log: EventLog) -> None:
    for number in range(5):
        await log.append(registration(f"acc_{number}"))

    first = await log.read(0, 2)
    rest = await log.read(first[-1].position, 100)

    assert [r.stream for r in (*first, *rest)] == [f"acc_{number}" for number in range(5)]


async def test_a_reader_may_ask_for_one_stream_or_for_some_topics(log: EventLog) -> None:
    await log.append(registration("acc_1"))
    await log.append(registration("acc_2"))
    await log.append(observation("acc_1", 1, LINK, QR_1))

    assert [r.event for r in await log.read(1, 100, stream="acc_1")] == [LINK, QR_1]
    assert [r.event for r in await log.read(0, 100, topics=["QrIssued"])] == [QR_1]
    assert await log.read(0, 100, stream="acc_2", topics=["QrIssued"]) == []


async def test_a_slower_writer_gets_a_conflict_and_writes_nothing(log: EventLog) -> None:
    await log.append(registration("acc_1", label="Front desk"))
    await log.append(observation("acc_1", 1, LINK))

    with pytest.raises(Conflict) as raised:
        await log.append(observation("acc_1", 1, QR_1))

    assert (raised.value.stream, raised.value.expected_version) == ("acc_1", 1)
    assert [r.event for r in await log.load("acc_1")] == [REGISTERED, LINK]
    assert len(await log.read_inputs("acc_1")) == 2


@pytest.mark.parametrize("expected", [0, 2])
async def test_an_input_without_events_conflicts_as_well(log: EventLog, expected: int) -> None:
    await log.append(registration("acc_1"))

    with pytest.raises(Conflict):
        await log.append(refusal("acc_1", expected))

    assert len(await log.read_inputs("acc_1")) == 1


async def test_a_conflict_leaves_no_hole(log: EventLog) -> None:
    await log.append(registration("acc_1"))
    with pytest.raises(Conflict):
        await log.append(registration("acc_1"))
    appended = await log.append(registration("acc_2"))

    assert (appended.input_id, appended.positions) == (2, (2,))


async def test_inputs_are_read_in_order_with_their_outcome(log: EventLog) -> None:
    await log.append(registration("acc_1"))
    await log.append(refusal("acc_1", 1, "ignored"))
    await log.append(registration("acc_2"))

    registered, ignored = await log.read_inputs("acc_1")

    assert (registered.kind, registered.outcome, registered.rule) == (
        "RegisterAccount",
        "accepted",
        "",
    )
    assert registered.command == registration("acc_1").input.command
    assert (registered.stream_version, registered.origin) == (0, KEY)
    assert (ignored.kind, ignored.outcome, ignored.rule) == (
        "CancelLink",
        "ignored",
        "nothing_to_cancel",
    )
    assert (ignored.stream_version, ignored.at) == (1, at(3))
    assert await log.read_inputs("acc_1", ignored.input_id) == []
    assert await log.read_inputs("acc_1", limit=1) == [registered]
    assert [i.input_id for i in await log.read_inputs(None)] == [1, 2, 3]


async def test_a_workspace_has_a_stream_like_an_account(log: EventLog) -> None:
    stream = workspace_stream("shop")
    claim = ClaimPhone(at=at(80), account="acc_1", phone_fingerprint="keyed")
    events = (
        PhoneClaimed(at=at(80), account="acc_1", phone_fingerprint="keyed"),
        PrimaryAssigned(at=at(80), account="acc_1", because="first_ready"),
    )
    await log.append(
        Append(
            stream=stream,
            expected_version=0,
            input=InputToAppend(command=claim, outcome="accepted", origin=WORKER),
            events=events,
        )
    )

    assert tuple(r.event for r in await log.load(stream)) == events
    assert (await log.read_inputs(stream))[0].command == claim


async def test_text_that_cannot_be_stored_does_not_keep_a_fact_from_being_recorded(
    log: EventLog,
) -> None:
    name = "half an emoji \ud83d, a NUL \0, a whole \U0001f600, a backslash \\u0000"
    event = e.AccountRegistered(at=at(0), workspace="shop", label=name)
    append = registration("acc_1", rows=(account_row("acc_1", 1, label=name),))
    await log.append(
        Append(
            stream="acc_1",
            expected_version=0,
            input=append.input,
            events=(event,),
            rows=append.rows,
        )
    )

    (recorded,) = await log.load("acc_1")

    stored = "half an emoji \ufffd, a NUL \ufffd, a whole \U0001f600, a backslash \\u0000"
    assert isinstance(recorded.event, e.AccountRegistered)
    assert recorded.event.label == stored
    row = await log.account_row("acc_1")
    assert row is not None
    assert row["label"] == stored


async def test_rows_are_written_with_their_events_and_know_their_position(log: EventLog) -> None:
    await log.append(registration("acc_0"))
    rows = (account_row("acc_1", 1), attempt_row("acc_1", 1), attempt_row("acc_1", 2))
    await log.append(registration("acc_1", rows=rows))

    row = await log.account_row("acc_1")

    assert row == {**rows[0].values, "position": 2}
    assert await log.attempt_rows("acc_1") == [
        {**rows[1].values, "position": 2},
        {**rows[2].values, "position": 2},
    ]
    assert await log.account_row("acc_2") is None
    assert await log.attempt_rows("acc_2") == []


async def test_a_row_is_replaced_as_a_whole(log: EventLog) -> None:
    before = account_row("acc_1", 1, phone="62811", deadline_awaited="page", deadline_at=at(30))
    await log.append(registration("acc_1", rows=(before, attempt_row("acc_1", 1))))
    append = observation("acc_1", 1, LINK, QR_1)
    after = (account_row("acc_1", 3), attempt_row("acc_1", 1, ended_at=at(9), outcome="failed"))
    await log.append(
        Append(
            stream="acc_1", expected_version=1, input=append.input, events=append.events, rows=after
        )
    )

    assert await log.account_row("acc_1") == {**after[0].values, "position": 3}
    assert await log.attempt_rows("acc_1") == [{**after[1].values, "position": 3}]


async def test_rows_of_a_conflict_are_not_written(log: EventLog) -> None:
    await log.append(registration("acc_1", rows=(account_row("acc_1", 1),)))
    with pytest.raises(Conflict):
        await log.append(registration("acc_1", rows=(account_row("acc_1", 1, label="Other"),)))

    row = await log.account_row("acc_1")
    assert row is not None
    assert row["label"] == "Front desk"


async def test_of_two_rows_for_one_key_the_later_counts(log: EventLog) -> None:
    rows = (attempt_row("acc_1", 1), attempt_row("acc_1", 1, codes_issued=1))
    await log.append(registration("acc_1", rows=rows))

    (row,) = await log.attempt_rows("acc_1")
    assert row["codes_issued"] == 1


async def test_a_row_that_does_not_fill_its_table_is_refused_before_anything_is_written(
    log: EventLog,
) -> None:
    values = {**account_row("acc_1", 1).values, "colour": "blue"}
    del values["label"]

    with pytest.raises(ValueError, match=r"lacks \['label'\] and has \['colour'\]"):
        await log.append(registration("acc_1", rows=(RowWrite("accounts", values),)))

    assert await log.head() == 0


async def test_accounts_are_listed_by_workspace_and_page(log: EventLog) -> None:
    for number, workspace in enumerate(["shop", "bank", "shop", "shop"]):
        account = f"acc_{number}"
        row = account_row(account, 1, workspace=workspace)
        await log.append(registration(account, workspace=workspace, rows=(row,)))

    async def ids(workspace: str | None, after: str, limit: int) -> list[str]:
        return [row["account_id"] for row in await log.account_rows(workspace, after, limit)]

    assert await ids(None, "", 100) == ["acc_0", "acc_1", "acc_2", "acc_3"]
    assert await ids("shop", "", 2) == ["acc_0", "acc_2"]
    assert await ids("shop", "acc_2", 2) == ["acc_3"]
    assert await ids("nobody", "", 2) == []


async def test_due_deadlines_are_given_longest_overdue_first(log: EventLog) -> None:
    for account, seconds in (("acc_1", 20), ("acc_2", 10), ("acc_3", 30), ("acc_4", None)):
        deadline = (
            {} if seconds is None else {"deadline_awaited": "page", "deadline_at": at(seconds)}
        )
        row = account_row(account, 1, attempt_id=f"{account}-1", **deadline)
        await log.append(registration(account, rows=(row,)))

    due = await log.due_deadlines(at(20))

    assert [(d.account_id, d.attempt_id, d.awaited, d.due) for d in due] == [
        ("acc_2", "acc_2-1", "page", at(10)),
        ("acc_1", "acc_1-1", "page", at(20)),
    ]
    assert [d.account_id for d in await log.due_deadlines(at(99), limit=1)] == ["acc_2"]
    assert await log.due_deadlines(at(9)) == []
    assert await log.due_deadlines(at(99), awaited=["scan"]) == []
    assert len(await log.due_deadlines(at(99), awaited=["scan", "page"])) == 3
    await log.park("deadlines", "acc_2", 0, "as if it could not be loaded")
    assert [d.account_id for d in await log.due_deadlines(at(99))] == ["acc_1", "acc_3"]


async def test_a_cursor_moves_forward_only(log: EventLog) -> None:
    assert await log.load_cursor("reactor") == 0
    assert await log.save_cursor("reactor", 7) == 7
    assert await log.save_cursor("reactor", 3) == 7
    assert await log.load_cursor("reactor") == 7
    assert await log.load_cursor("other") == 0


async def test_a_wake_up_comes_at_once_and_after_every_append(log: EventLog) -> None:
    async with asyncio.timeout(20), aclosing(log.wakeups(poll_s=60)) as wakeups:
        await anext(wakeups)
        for head in (1, 2, 3):
            await register(log)
            while await log.head() < head or not (await log.read(head - 1, 1)):
                await anext(wakeups)
            await anext(wakeups)


async def test_wake_ups_come_without_appends_too(log: EventLog) -> None:
    async with asyncio.timeout(20), aclosing(log.wakeups(poll_s=0.01)) as wakeups:
        for _ in range(5):
            await anext(wakeups)


async def test_closing_the_log_ends_its_wake_ups(log: EventLog) -> None:
    woken = asyncio.Event()

    async def follow() -> None:
        async for _ in log.wakeups(poll_s=60):
            woken.set()

    following = asyncio.create_task(follow())
    await woken.wait()
    await log.close()
    async with asyncio.timeout(20):
        await following


async def test_many_tasks_on_one_stream_lose_nothing(log: EventLog) -> None:
    await log.append(registration("acc_1"))

    async def write(number: int) -> None:
        while True:
            version = len(await log.load("acc_1"))
            try:
                await log.append(observation("acc_1", version, fetched(at(number))))
            except Conflict:
                continue
            return

    await asyncio.gather(*(write(number) for number in range(8)))

    recorded = await log.load("acc_1")
    assert [r.version for r in recorded] == list(range(1, 10))
    assert sorted(r.event.at for r in recorded[1:]) == [at(number) for number in range(8)]
