"""An event that a projection cannot take in: the account goes on, its row waits and says so."""

import asyncio
from collections.abc import Callable

from structlog.testing import capture_logs

from adapters.account_keys import KeyRing
from adapters.event_log.partitions import Reading, connected
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.table_rows import FoldedAccount, put_back
from app.dispatch import Dispatch
from app.projecting.partition import fold_partition
from app.projecting.rebuild import rebuild
from app.projecting.retry import retry
from app.projecting.watch import ParkedWatch
from domain.commands import RecordQr
from domain.status import Status
from projections.tables import TABLES
from tests.examples import QR_KEYED_2, at
from tests.projecting.conftest import Poison
from tests.projecting.tables import all_same, compared
from tests.service.test_loops import steps_to_ready, submit_all

ONE, TWO = "acc_one", "acc_two"


async def test_the_command_is_accepted_and_the_row_stays_where_it_was(
    dispatch: Dispatch, log: PostgresEventLog, poison: Poison
) -> None:
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    await submit_all(dispatch, TWO, steps_to_ready("two-1"))

    (parked,) = await log.parked()
    assert (parked.projection, parked.stream, parked.position) == ("accounts", ONE, 3)
    row, other = await log.account_row(ONE), await log.account_row(TWO)
    assert row is not None
    assert other is not None
    assert (row["status"], row["version"]) == ("INITIALIZING", 2)
    assert other["status"] == "READY"
    (attempt,) = await log.attempt_rows(ONE)
    assert attempt["outcome"] == "ready"  # the other projection goes on


async def test_the_account_itself_is_told_as_it_is(
    dispatch: Dispatch, log: PostgresEventLog, poison: Poison
) -> None:
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    for held in (await dispatch.load(ONE), await Dispatch(log).load(ONE)):
        assert held.row is not None
        assert (held.row.status, held.row.version) == (Status.READY, held.version)


async def test_the_error_names_the_place_and_nothing_of_the_event(
    dispatch: Dispatch, log: PostgresEventLog, poison: Poison
) -> None:
    poison("attempts", "LinkCompleted", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    (parked,) = await log.parked("attempts")
    assert parked.error.startswith(
        "LinkCompleted (version 6) raised Defect in project, conftest.py"
    )
    assert "one-1" not in parked.error


async def test_an_append_that_conflicts_parks_nothing(
    dispatch: Dispatch, log: PostgresEventLog, poison: Poison
) -> None:
    """The event that could not be taken in was never written."""
    steps = steps_to_ready("one-1")
    await submit_all(dispatch, ONE, steps[:2])
    poison("accounts", "QrIssued", ONE)
    code = RecordQr(
        at=at(2), attempt="one-1", fingerprint=QR_KEYED_2, expires_at=at(62), source="bridge"
    )
    later = Dispatch(log)
    await later.load(ONE)
    await asyncio.gather(submit_all(dispatch, ONE, [steps[2]]), submit_all(later, ONE, [code]))
    (parked,) = await log.parked()
    written = await log.load(ONE)
    assert written[parked.position - written[0].position].topic == "QrIssued"


async def test_nothing_is_written_to_a_parked_partition_by_anybody(
    dispatch: Dispatch, log: PostgresEventLog, poison: Poison, mend: Callable[[], None]
) -> None:
    """A build without the defect knows of the gap from the database, not from its own memory."""
    steps = steps_to_ready("one-1")
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps[:3])
    mend()
    await submit_all(Dispatch(log), ONE, steps[3:])
    row = await log.account_row(ONE)
    assert row is not None
    assert row["version"] == 2


async def test_a_retry_with_the_defect_leaves_it_and_counts_one_without_frees_it(
    dispatch: Dispatch,
    log: PostgresEventLog,
    reading: Reading,
    poison: Poison,
    mend: Callable[[], None],
) -> None:
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    assert compared(reading)["accounts"].parked_accounts == (ONE,)

    (parked,) = await log.parked()
    assert not (await retry(log, reading, parked)).freed
    (parked,) = await log.parked()
    assert parked.tries == 1

    mend()
    assert (await retry(log, reading, parked)).freed
    assert await log.parked() == []
    assert all_same(reading)


async def test_a_process_with_the_defect_parks_it_again_instead_of_falling_behind_in_silence(
    dispatch: Dispatch,
    log: PostgresEventLog,
    reading: Reading,
    poison: Poison,
    mend: Callable[[], None],
) -> None:
    steps = steps_to_ready("one-1")
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps[:3])
    mend()
    (parked,) = await log.parked()
    await retry(log, reading, parked)
    assert all_same(reading)

    await submit_all(dispatch, ONE, steps[3:])  # still holds the account as the defect left it

    (again,) = await log.parked()
    assert again.position == parked.position
    await retry(log, reading, again)
    assert all_same(reading)


async def test_a_rebuild_frees_all_that_it_can_fold_and_parks_the_rest(
    dispatch: Dispatch,
    log: PostgresEventLog,
    reading: Reading,
    poison: Poison,
    mend: Callable[[], None],
) -> None:
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    await submit_all(dispatch, TWO, steps_to_ready("two-1"))
    assert rebuild(reading, TABLES["accounts"]).parked == 1
    row = await log.account_row(ONE)
    assert row is not None
    assert row["version"] == 2  # it keeps what it had

    mend()
    assert rebuild(reading, TABLES["accounts"]).parked == 0
    assert await log.parked() == []
    assert all_same(reading)


async def test_the_alarm_is_raised_once_for_each_and_again_after_a_restart(
    dispatch: Dispatch,
    log: PostgresEventLog,
    reading: Reading,
    poison: Poison,
    mend: Callable[[], None],
) -> None:
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    watch = ParkedWatch(log)
    with capture_logs() as logged:
        await watch.look()
        await watch.look()
        await ParkedWatch(log).look()
    assert [one["event"] for one in logged] == ["partition parked"] * 2
    assert (logged[0]["log_level"], logged[0]["stream"]) == ("error", ONE)

    mend()
    await retry(log, reading, (await log.parked())[0])
    with capture_logs() as logged:
        await watch.look()
    assert [one["event"] for one in logged] == ["partition goes on"]


async def test_rows_of_an_account_that_grew_meanwhile_are_not_put_back(
    dispatch: Dispatch,
    log: PostgresEventLog,
    reading: Reading,
    poison: Poison,
    mend: Callable[[], None],
) -> None:
    """What is appended between folding and putting back is not in those rows."""
    steps = steps_to_ready("one-1")
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps[:3])
    mend()
    with reading.now() as reader, connected(reading.conninfo) as connection:
        for partition in reader.of([ONE]):
            account = FoldedAccount(partition, fold_partition(TABLES["accounts"], partition.events))
            await submit_all(Dispatch(log), ONE, steps[3:])
            ring = KeyRing(reading.keys)
            assert not put_back(connection, ring, account, table="accounts", version=reader.read)
    (parked,) = await log.parked()
    assert (await retry(log, reading, parked)).freed
    assert all_same(reading)
