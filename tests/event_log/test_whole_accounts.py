"""Accounts are read whole for whatever decides them again, and listed by when attempts began."""

from datetime import datetime

import pytest

from adapters.event_log.attempts_begun import Begun, attempts_begun
from adapters.event_log.partitions import connected
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.whole_accounts import AccountReader, WholeAccount
from adapters.keys import Keys
from app.dispatch import Dispatch
from domain.wishes import DestroyAccount, RegisterAccount
from tests.event_log.test_verify import tamper
from tests.opened_log import MASTER_KEY
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, NOON, at
from tests.retold import retell


def read(conninfo: str, *account_ids: str) -> dict[str, WholeAccount]:
    with connected(conninfo) as connection:
        found = AccountReader(connection, Keys(MASTER_KEY)).read(account_ids)
    return {account.account_id: account for account in found}


def begun(
    conninfo: str, since: datetime, *, workspace: str | None = None, limit: int | None = None
) -> set[Begun]:
    return set(attempts_begun(conninfo, since, workspace=workspace, limit=limit))


@pytest.fixture
def dispatch(postgres_log: PostgresEventLog) -> Dispatch:
    return Dispatch(postgres_log)


async def test_an_account_is_read_as_the_log_gives_it(
    dispatch: Dispatch, postgres_log: PostgresEventLog, database: str
) -> None:
    for account_id in ("acc_one", "acc_two", "acc_three"):
        await retell(dispatch, scenes.linked(), account_id)
    found = read(database, "acc_three", "acc_one", "acc_none")

    assert list(found) == ["acc_one", "acc_three"]
    for account_id, account in found.items():
        assert list(account.events) == await postgres_log.load(account_id)
        assert list(account.inputs) == await postgres_log.read_inputs(account_id)
        assert account.unreadable is None


async def test_of_an_erased_account_the_story_is_left_without_the_person(
    dispatch: Dispatch, database: str
) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    await dispatch.submit("acc_one", DestroyAccount(at=at(99), erase=True), CLIENT)
    account = read(database, "acc_one")["acc_one"]

    assert account.unreadable is None
    assert scenes.PHONE not in str(account)
    assert account.events[-1].topic == "AccountErased"


async def test_it_is_read_up_to_what_this_build_does_not_know(
    dispatch: Dispatch, database: str
) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    tamper(
        database,
        "update events set topic = 'PhoneBlessed' where topic = 'QrScanned'",
        "update inputs set kind = 'RecordBlessing' where kind = 'RecordScan'",
    )
    account = read(database, "acc_one")["acc_one"]

    assert account.unreadable is not None
    assert account.unreadable.topic == "PhoneBlessed"
    assert account.events[-1].version == account.unreadable.version - 1
    assert [given.kind for given in account.inputs if given.command is None] == ["RecordBlessing"]


async def test_attempts_are_listed_by_when_they_began(dispatch: Dispatch, database: str) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    await retell(dispatch, scenes.linked(), "acc_two", later_s=3600)
    both = {Begun("acc_one", 11, (1,), 2), Begun("acc_two", 11, (1,), 2)}

    assert begun(database, at(1)) == both
    assert begun(database, at(2)) == {Begun("acc_two", 11, (1,), 1)}
    assert begun(database, NOON, limit=1) == {Begun("acc_two", 11, (1,), 1)}
    assert begun(database, at(3602)) == set()


async def test_attempts_of_one_workspace(dispatch: Dispatch, database: str) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    await dispatch.submit("acc_two", RegisterAccount(at=at(0), workspace="ws_2"), CLIENT)

    assert begun(database, NOON, workspace="ws_1") == {Begun("acc_one", 11, (1,), 1)}
    assert begun(database, NOON, workspace="ws_2") == set()


async def test_a_parked_account_is_listed_whatever_its_rows_say(
    dispatch: Dispatch, postgres_log: PostgresEventLog, database: str
) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    await postgres_log.park("attempts", "acc_one", 3, "it does not fit")
    await postgres_log.park("attempts", "acc_of_no_row", 3, "it does not fit")

    parked = {Begun("acc_one", 11, None, 2), Begun("acc_of_no_row", 0, None, 2)}
    assert begun(database, at(9999)) == begun(database, NOON, workspace="ws_1") == parked
    assert begun(database, NOON, workspace="ws_2") == {Begun("acc_of_no_row", 0, None, 1)}
