"""Evidence is found by its hash, sealed under the account's key, and limited in size and age."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from adapters.account_keys import AccountKeys
from adapters.event_log.database import Database
from adapters.evidence_store import (
    MOST_BYTES,
    MOST_PIECES,
    EvidenceStore,
    Kept,
    Piece,
    digest_of,
)
from adapters.keys import Keys
from tests.examples import ATTEMPT, NEXT_ATTEMPT, at

RECORDS = b'[{"after_s":1.5,"kind":"page_error","text":"canary-of-a-console"}]'


@pytest.fixture
async def account_keys(opened: Database, keys: Keys) -> AsyncIterator[AccountKeys]:
    made = AccountKeys(opened, keys)
    yield made
    await made.close()


@pytest.fixture
def evidence(opened: Database, account_keys: AccountKeys) -> EvidenceStore:
    return EvidenceStore(opened, account_keys)


async def test_a_piece_is_found_by_the_hash_of_its_content(evidence: EvidenceStore) -> None:
    digest = await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(9))
    assert digest == digest_of(RECORDS)
    found = await evidence.find("acc_1", digest_of(RECORDS))
    assert found == Piece(kind="console", attempt=ATTEMPT, content=RECORDS, kept_at=at(9))


async def test_the_same_content_twice_is_one_piece(evidence: EvidenceStore, database: str) -> None:
    for second in (9, 10):
        await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(second))
    assert stored(database) == [("acc_1", digest_of(RECORDS))]


async def test_another_account_finds_nothing(evidence: EvidenceStore) -> None:
    digest = await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(9))
    assert digest is not None
    assert await evidence.find("acc_2", digest) is None


async def test_nothing_of_it_stands_in_clear_in_the_database(
    evidence: EvidenceStore, database: str
) -> None:
    await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(9))
    with psycopg.connect(database) as connection:
        rows = connection.execute("select sealed from evidence").fetchall()
    assert len(rows) == 1
    assert b"canary" not in rows[0][0]


async def test_a_piece_that_was_moved_to_another_account_does_not_open(
    evidence: EvidenceStore, account_keys: AccountKeys, database: str
) -> None:
    digest = await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(9))
    assert digest is not None
    assert await account_keys.of("acc_2") is not None
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update evidence set account_id = 'acc_2'")
    assert await evidence.find("acc_2", digest) is None


async def test_what_is_too_large_is_not_kept(evidence: EvidenceStore, database: str) -> None:
    most = MOST_BYTES["browser"]
    assert await evidence.keep("acc_1", ATTEMPT, "browser", b"x" * most, at(9)) is not None
    assert await evidence.keep("acc_1", ATTEMPT, "browser", b"x" * (most + 1), at(9)) is None
    assert len(stored(database)) == 1


async def test_of_an_account_the_newest_pieces_are_kept(
    evidence: EvidenceStore, database: str
) -> None:
    digests = [
        await evidence.keep("acc_1", ATTEMPT, "browser", b"%d" % number, at(number))
        for number in range(MOST_PIECES + 3)
    ]
    await evidence.keep("acc_2", ATTEMPT, "browser", b"other", at(0))
    newest = {("acc_1", digest) for digest in digests[3:]}
    assert set(stored(database)) == newest | {("acc_2", digest_of(b"other"))}


async def test_what_is_old_is_swept(evidence: EvidenceStore, database: str) -> None:
    await evidence.keep("acc_1", ATTEMPT, "browser", b"old", at(1))
    await evidence.keep("acc_1", ATTEMPT, "browser", b"new", at(9))
    assert await evidence.sweep(at(5)) == 1
    assert await evidence.sweep(at(5)) == 0
    assert stored(database) == [("acc_1", digest_of(b"new"))]


async def test_an_erased_account_keeps_and_shows_nothing(
    evidence: EvidenceStore, account_keys: AccountKeys
) -> None:
    digest = await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(9))
    assert digest is not None
    account_keys.drop("acc_1")
    assert await evidence.find("acc_1", digest) is None
    assert await evidence.keep("acc_1", ATTEMPT, "console", b"[]", at(10)) is None


async def test_what_was_kept_of_an_erased_account_is_swept_at_once(
    evidence: EvidenceStore, database: str
) -> None:
    await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(9))
    await evidence.keep("acc_2", ATTEMPT, "console", RECORDS, at(9))
    destroy_key(database, "acc_1")
    assert await evidence.sweep(at(0)) == 1
    assert stored(database) == [("acc_2", digest_of(RECORDS))]


async def test_a_process_that_has_not_heard_of_the_erasing_keeps_and_shows_nothing(
    evidence: EvidenceStore, database: str
) -> None:
    digest = await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(9))
    assert digest is not None
    destroy_key(database, "acc_1")
    assert await evidence.find("acc_1", digest) is None
    assert await evidence.of_account("acc_1") == ()
    assert await evidence.keep("acc_1", ATTEMPT, "console", b"[]", at(10)) is None
    assert stored(database) == [("acc_1", digest)]


async def test_the_same_again_is_as_old_as_its_last_sight(
    evidence: EvidenceStore, database: str
) -> None:
    await evidence.keep("acc_1", ATTEMPT, "console", RECORDS, at(1))
    await evidence.keep("acc_1", NEXT_ATTEMPT, "console", RECORDS, at(9))
    assert await evidence.sweep(at(5)) == 0
    [kept] = await evidence.of_account("acc_1")
    assert kept == Kept(
        digest=digest_of(RECORDS),
        kind="console",
        attempt=NEXT_ATTEMPT,
        size_bytes=len(RECORDS),
        kept_at=at(9),
    )
    assert stored(database) == [("acc_1", digest_of(RECORDS))]


async def test_what_is_kept_of_an_account_is_listed_oldest_first(evidence: EvidenceStore) -> None:
    for number in (3, 1, 2):
        await evidence.keep("acc_1", ATTEMPT, "browser", b"%d" % number, at(number))
    await evidence.keep("acc_2", ATTEMPT, "browser", b"other", at(0))
    assert [kept.kept_at for kept in await evidence.of_account("acc_1")] == [at(1), at(2), at(3)]


def destroy_key(database: str, account_id: str) -> None:
    """Do what the log does with `AccountErased`."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "update account_keys set wrapped = null, destroyed_at = now() where account_id = %s",
            (account_id,),
        )


def stored(database: str) -> list[tuple[str, str]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "select account_id, digest from evidence order by account_id, kept_at"
        ).fetchall()
