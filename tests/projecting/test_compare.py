"""`compare` finds every row of a table that is not what folding the log gives."""

import pytest

from adapters.event_log.partitions import Reading
from adapters.event_log.store import PostgresEventLog
from app.dispatch import Dispatch
from app.projecting import compare as comparing
from app.projecting.compare import Difference, compare
from app.projecting.rebuild import rebuild
from domain.commands import AnyCommand, CancelLink, DestroyAccount, RequestLink
from domain.message_observations import (
    RecordAck,
    RecordMessageNotSent,
    RecordMessageReceived,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason, whatsapp_id_of
from domain.observations import RecordProblem
from domain.reasons import Reason
from projections.tables import TABLES
from tests.event_log.appends import register
from tests.examples import RECIPIENT, at
from tests.messages_to_send import send
from tests.projecting.tables import all_same, asked, compared
from tests.service.test_loops import steps_to_ready, submit_all


@pytest.fixture
async def told(dispatch: Dispatch) -> Dispatch:
    """Tell of three accounts: linked, tried twice, and destroyed."""
    await submit_all(dispatch, "acc_linked", steps_to_ready("a-1"))
    await submit_all(dispatch, "acc_linked", MESSAGES)
    steps = steps_to_ready("b-1")[:2]
    again = [CancelLink(at=at(5)), RequestLink(at=at(6), attempt="b-2")]
    await submit_all(dispatch, "acc_tried", [*steps, *again])
    waits = send("msg_3")
    steps = [*steps_to_ready("c-1"), waits, DestroyAccount(at=at(9))]
    await submit_all(dispatch, "acc_gone", steps)
    return dispatch


MESSAGES: list[AnyCommand] = [
    send("msg_1"),
    RecordMessageNotSent(at=at(91), message="msg_1", reason=MessageReason.PAGE_REFUSED),
    RecordMessageSent(at=at(92), message="msg_1"),
    send("msg_2"),
    # One input, two events of one message: its row is written once.
    RecordAck(at=at(93), whatsapp_id=whatsapp_id_of("msg_2"), ack="delivered"),
    RecordAck(at=at(94), whatsapp_id=whatsapp_id_of("msg_1"), ack="read"),
    RecordMessageReceived(
        at=at(95),
        message="msg_4",
        whatsapp_id="3EB0",
        sender=RECIPIENT,
        sender_fingerprint="keyed",
        name="Budi",
    ),
]


@pytest.mark.usefixtures("told")
async def test_tables_written_with_the_events_are_what_the_log_says(reading: Reading) -> None:
    accounts, attempts, messages = compared(reading).values()
    assert (accounts.same, accounts.rows, accounts.parked) == (True, 3, 0)
    assert (attempts.same, attempts.rows, attempts.parked) == (True, 4, 0)
    assert (messages.same, messages.rows, messages.parked) == (True, 4, 0)
    assert accounts.position == attempts.position > 0


def test_an_empty_log_has_empty_tables(reading: Reading) -> None:
    assert all_same(reading)


@pytest.mark.usefixtures("told")
async def test_each_difference_is_named_with_its_columns(reading: Reading, database: str) -> None:
    asked(
        database, "update accounts set status = 'FAILED', label = 'x' where account_id ~ 'linked'"
    )
    asked(database, "delete from accounts where account_id = 'acc_gone'")
    asked(database, "update attempts set position = 1 where attempt_id = 'b-1'")
    asked(database, "update attempts set number = 7 where attempt_id = 'b-2'")

    asked(database, "update messages set status = 'queued' where status = 'read'")

    accounts, attempts, messages = compared(reading).values()

    assert messages.differences == (
        Difference(row="acc_linked/msg_1", what="different", columns=("status",)),
    )
    assert accounts.differences == (
        Difference(row="acc_gone", what="missing"),
        Difference(row="acc_linked", what="different", columns=("label", "status")),
    )
    assert attempts.differences == (
        Difference(row="acc_tried/1", what="different", columns=("position",)),
        Difference(row="acc_tried/2", what="missing"),
        Difference(row="acc_tried/7", what="extra"),
    )
    assert not accounts.same
    assert (accounts.different, attempts.different) == (2, 3)


@pytest.mark.usefixtures("told")
async def test_a_row_that_no_event_made_is_found_wherever_it_stands(
    reading: Reading, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "ACCOUNTS", 1)
    for name in ("a", "acc_h", "zzz"):
        asked(
            database,
            "insert into attempts select (json_populate_record("
            " a, json_build_object('account_id', %s::text, 'attempt_id', %s::text))).*"
            " from attempts a where attempt_id = 'a-1'",
            name,
            f"extra-{name}",
        )
    extra = [one.row for one in compare(reading, TABLES["attempts"]).differences]
    assert extra == ["a/1", "acc_h/1", "zzz/1"]


@pytest.mark.usefixtures("told")
async def test_what_is_sealed_is_compared_opened(reading: Reading, database: str) -> None:
    ((stored,),) = asked(database, "select phone from accounts where account_id = 'acc_linked'")
    assert stored.startswith("sealed:1:")
    asked(database, "update accounts set phone = %s where account_id = 'acc_linked'", stored[:-4])
    (difference,) = compare(reading, TABLES["accounts"]).differences
    assert difference.columns == ("phone",)


async def test_an_erased_account_has_nothing_personal_whatever_the_log_holds(
    dispatch: Dispatch, reading: Reading, database: str
) -> None:
    failed = RecordProblem(
        at=at(2), attempt="a-1", reason=Reason.PAGE_UNREACHABLE, detail="62811555001 is away"
    )
    again = RequestLink(at=at(3), attempt="a-2", retry=True)
    steps = [*steps_to_ready("a-1")[:2], failed, again, DestroyAccount(at=at(9), erase=True)]
    await submit_all(dispatch, "acc_erased", steps)
    assert all_same(reading)

    # As a log has it that is older than sealing: in plain text, beside a destroyed key.
    asked(database, "alter table events disable trigger append_only")
    plain = asked(
        database,
        "update events set state = convert_to(regexp_replace(convert_from(state, 'UTF8'),"
        """ '"detail":"sealed[^"]*"', '"detail":"62811555001 is away"'), 'UTF8')"""
        " where topic = 'LinkFailed' returning convert_from(state, 'UTF8')",
    )
    assert "62811555001 is away" in plain[0][0]
    assert all_same(reading)
    rebuild(reading, TABLES["attempts"])
    assert asked(database, "select detail from attempts where number = 1") == [("",)]
    assert all_same(reading)


async def test_many_differences_are_counted_and_the_first_are_named(
    log: PostgresEventLog, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MOST_NAMED", 2)
    for number in range(5):
        await register(log, f"acc_{number}")  # appended without its row
    accounts = compare(reading, TABLES["accounts"])
    assert accounts.different == 5
    assert [one.row for one in accounts.differences] == ["acc_0", "acc_1"]


async def test_events_appended_meanwhile_are_no_difference(
    told: Dispatch, reading: Reading
) -> None:
    """Log and table are read at one moment, whatever is written between the two looks."""
    with reading.at_one_moment("accounts") as (reader, connection):
        await submit_all(told, "acc_late", steps_to_ready("late-1"))
        assert "acc_late" not in [partition.stream for partition in reader.all()]
        found = connection.execute("select account_id from accounts").fetchall()
        assert ("acc_late",) not in found
    assert all_same(reading)


@pytest.mark.usefixtures("told")
async def test_progress_is_told_to_the_end(reading: Reading) -> None:
    heard: list[tuple[str, int, int]] = []
    compare(reading, TABLES["accounts"], lambda *given: heard.append(given))
    assert {name for name, _, _ in heard} == {"accounts"}
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)
    assert heard[-1][1] == heard[-1][2] > 0
