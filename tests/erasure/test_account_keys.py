"""One key for each account: made once, shared by all processes, gone for good when destroyed."""

import asyncio

import psycopg
import pytest

from adapters import account_keys
from adapters.account_keys import (
    AccountKeys,
    KeyRing,
    MemoryAccountKeys,
    SealBroken,
    check_master_key,
)
from adapters.blocking_account_keys import BlockingAccountKeys
from adapters.event_log.database import Database
from adapters.event_log.errors import LogBusy, StorageUnavailable
from adapters.keys import Keys, KeyUnusable
from tests.opened_log import MASTER_KEY
from tests.waiting import settle

KEYS = Keys(MASTER_KEY)
ANOTHER_MASTER = Keys(b"n" * 32)
ERASE = "insert into account_keys (account_id, destroyed_at) values (%s, now())"
DESTROY = "update account_keys set wrapped = null, destroyed_at = now() where account_id = %s"


@pytest.fixture
def keys(opened: Database) -> AccountKeys:
    return AccountKeys(opened, KEYS)


async def test_a_key_is_made_once_and_is_the_same_everywhere(
    keys: AccountKeys, opened: Database, database: str
) -> None:
    made = await asyncio.gather(*(keys.of("acc_1") for _ in range(5)))
    assert len(set(map(id, made))) == 1
    first = made[0]
    assert first is not None
    sealed = first.seal(b"text", "here")
    elsewhere = await AccountKeys(opened, KEYS).of("acc_1")
    assert elsewhere is not None
    assert elsewhere.open(sealed, "here") == b"text"
    with BlockingAccountKeys(database, KEYS) as blocking:
        assert blocking.of_many(["acc_1", "acc_2"])["acc_1"].open(sealed, "here") == b"text"
    await keys.close()


async def test_processes_that_make_a_key_at_once_get_the_same(opened: Database) -> None:
    many = [AccountKeys(opened, KEYS) for _ in range(6)]
    made = await asyncio.gather(*(keys.of("acc_1") for keys in many))
    first = next(key for key in made if key)
    sealed = first.seal(b"text", "here")
    assert [key and key.open(sealed, "here") for key in made] == [b"text"] * 6
    for keys in many:
        await keys.close()


async def test_who_waits_together_is_served_by_one_statement(
    keys: AccountKeys, database: str
) -> None:
    await keys.of("acc_first")
    await asyncio.gather(*(keys.of(f"acc_{number}") for number in range(300)))
    with psycopg.connect(database) as connection:
        found = connection.execute("select count(*), count(distinct xmin::text) from account_keys")
        assert found.fetchone() == (301, 3)  # the first alone, one that began, all the others
    await keys.close()


async def test_a_destroyed_key_is_none_for_ever(
    keys: AccountKeys, opened: Database, database: str
) -> None:
    await keys.of("acc_1")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(DESTROY, ["acc_1"])
        connection.execute(ERASE, ["acc_never_had_one"])
        later = AccountKeys(opened, KEYS)
        for account_id in ("acc_1", "acc_never_had_one"):
            assert await later.of(account_id) is None
            assert await later.of_many([account_id]) == {}
        for change in ("update account_keys set wrapped = '\\x00'", "delete from account_keys"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="acc_1"):
                connection.execute(f"{change} where account_id = 'acc_1'".encode())
    await keys.close()
    await later.close()


async def test_what_was_dropped_does_not_come_back_from_an_older_look(
    keys: AccountKeys, opened: Database
) -> None:
    await keys.of("acc_1")
    late = AccountKeys(opened, KEYS)
    late.drop("acc_1")
    assert await late.of_many(["acc_1"]) == {}
    assert await late.of("acc_1") is None
    await keys.close()


async def test_a_key_that_was_moved_to_another_account_opens_nothing(
    keys: AccountKeys, opened: Database, database: str
) -> None:
    await keys.of("acc_1")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into account_keys select 'acc_2', wrapped from account_keys")
    moved = await AccountKeys(opened, KEYS).of("acc_2")
    assert moved is not None
    assert moved.broken
    with pytest.raises(SealBroken):
        moved.seal(b"text", "here")
    with pytest.raises(SealBroken):
        moved.open(b"x" * 40, "here")
    await keys.close()


async def test_another_master_key_is_noticed_at_the_start(
    keys: AccountKeys, opened: Database
) -> None:
    await check_master_key(opened, ANOTHER_MASTER)  # nothing is sealed yet
    await keys.of("acc_1")
    await check_master_key(opened, KEYS)
    with pytest.raises(KeyUnusable, match="another master key"):
        await check_master_key(opened, ANOTHER_MASTER)
    await keys.close()


async def test_sealed_bytes_open_in_their_own_context_only(keys: AccountKeys) -> None:
    key = await keys.of("acc_1")
    assert key is not None
    sealed = key.seal(b"a session" * 100_000, "session/7")
    assert key.open(sealed, "session/7") == b"a session" * 100_000
    for wrong in (sealed[:-1], b"", b"\0" + sealed[1:]):
        with pytest.raises(SealBroken):
            key.open(wrong, "session/7")
    with pytest.raises(SealBroken):
        key.open(sealed, "session/8")
    await keys.close()


def test_neither_keys_nor_the_ring_show_what_they_hold() -> None:
    ring = KeyRing(KEYS)
    key = ring.add("acc_1", ring.make("acc_1"))
    assert repr(key) == "AccountKey()"


def test_the_ring_keeps_the_keys_that_were_used_last() -> None:
    ring = KeyRing(KEYS, most=2)
    for account_id in ("acc_1", "acc_2"):
        ring.add(account_id, ring.make(account_id))
    ring.get("acc_1")
    ring.drop("acc_3")
    assert ("acc_1" in ring, "acc_2" in ring, "acc_3" in ring) == (True, False, True)
    assert ring.get("acc_3") is None


async def test_an_absent_database_is_said_within_the_limit_and_to_all(
    keys: AccountKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keys.close()
    told = await asyncio.gather(*(keys.of(f"acc_{n}") for n in range(3)), return_exceptions=True)
    assert {type(error) for error in told} == {StorageUnavailable}
    monkeypatch.setattr(account_keys, "MOST_ASKED", 0)
    with pytest.raises(LogBusy):
        await keys.of("acc_9")


async def test_who_is_cancelled_while_waiting_holds_up_nobody(keys: AccountKeys) -> None:
    asking = [asyncio.create_task(keys.of(f"acc_{number}")) for number in range(4)]
    await settle(1)
    for task in asking[:2]:
        task.cancel()
    await asyncio.wait(asking)
    assert [task.cancelled() for task in asking] == [True, True, False, False]
    assert all(task.result() for task in asking[2:])
    await keys.close()


async def test_in_memory_it_is_the_same() -> None:
    keys = MemoryAccountKeys()
    key = await keys.of("acc_1")
    assert key is not None
    assert key is await keys.of("acc_1")
    assert await keys.of_many(["acc_1", "acc_2"]) == {"acc_1": key}
    keys.drop("acc_1")
    assert await keys.of("acc_1") is None
