"""Sessions in the database: sealed, one for each account, written by whoever opened it last."""

import asyncio

import pytest

from adapters.account_keys import AccountKeys, SealBroken
from adapters.event_log.database import Database
from adapters.event_log.interface import Append
from adapters.event_log.store import PostgresEventLog
from adapters.kept_sessions import KeptSessions, NotHeld
from adapters.keys import Keys
from domain import events as e
from domain import facts as f
from domain.events import AccountEvent
from domain.log import InputToAppend
from domain.reasons import Reason
from domain.wishes import DestroyAccount
from tests.event_log.appends import WORKER
from tests.examples import ATTEMPT, NEXT_ATTEMPT, QR_1, SCANNED, SESSION_REJECTED, at

PACKED = b"the keys of a session, packed"
NEWER = b"the same session a day later"


@pytest.fixture
async def sessions(opened: Database, keys: Keys):
    account_keys = AccountKeys(opened, keys)
    yield KeptSessions(opened, account_keys.of)
    await account_keys.close()


async def append(database: Database, keys: Keys, *events: AccountEvent) -> None:
    """Write events as the service would; whether they are legal is not asked here."""
    log = PostgresEventLog(database, keys)
    command = DestroyAccount(at=at(0))  # any; what it caused is what counts
    await log.append(
        Append(
            stream="acc_1",
            expected_version=0,
            input=InputToAppend(command=command, outcome="accepted", origin=WORKER),
            events=events,
        )
    )
    await log.close()


async def test_whoever_opens_the_account_next_is_given_what_was_put(sessions: KeptSessions):
    assert (await sessions.claim("acc_1", "here")).packed is None
    kept = await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    claimed = await sessions.claim("acc_1", "there")
    assert (claimed.packed, claimed.earlier_holder, claimed.unreadable) == (PACKED, "here", False)
    assert await sessions.read("acc_1") == PACKED
    assert kept.size_bytes > len(PACKED)
    assert len(kept.digest) == 64


async def test_only_the_newest_is_kept(sessions: KeptSessions, opened: Database):
    await sessions.claim("acc_1", "here")
    await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    await sessions.put("acc_1", "here", NEXT_ATTEMPT, NEWER, at(1))
    assert await sessions.read("acc_1") == NEWER
    assert len(await opened.fetch("select copy_id from session_copies")) == 1


async def test_a_claim_that_is_sent_again_answers_the_same(sessions: KeptSessions):
    await sessions.claim("acc_1", "here")
    first = await sessions.claim("acc_1", "there")
    assert (await sessions.claim("acc_1", "there")).earlier_holder == first.earlier_holder


async def test_an_older_worker_cannot_put_its_session_over_a_newer_one(
    sessions: KeptSessions, opened: Database
):
    await sessions.claim("acc_1", "older")
    await sessions.claim("acc_1", "newer")
    await sessions.put("acc_1", "newer", NEXT_ATTEMPT, NEWER, at(1))
    with pytest.raises(NotHeld):
        await sessions.put("acc_1", "older", ATTEMPT, PACKED, at(2))
    assert await sessions.read("acc_1") == NEWER
    assert len(await opened.fetch("select copy_id from session_copies")) == 1


async def test_of_two_workers_that_put_at_once_the_newer_always_wins(sessions: KeptSessions):
    for turn in range(20):
        account = f"acc_{turn}"
        await sessions.claim(account, "older")
        _, older, newer = await asyncio.gather(
            sessions.claim(account, "newer"),
            sessions.put(account, "older", ATTEMPT, PACKED, at(1)),
            put_once_claimed(sessions, account),
            return_exceptions=True,
        )
        assert newer is None
        assert older is None or isinstance(older, NotHeld) or hasattr(older, "digest")
        assert await sessions.read(account) == NEWER


async def put_once_claimed(sessions: KeptSessions, account: str) -> None:
    """Put as the newer worker, after its claim."""
    await sessions.claim(account, "newer")
    await sessions.put(account, "newer", NEXT_ATTEMPT, NEWER, at(1))


ENDS = (
    e.LoggedOut(at=at(9), by="phone", reason=Reason.PHONE_UNLINKED),
    e.AccountSuperseded(at=at(9), attempt=ATTEMPT, by="acc_2"),
    e.AccountDestroyed(at=at(9)),
    f.AccountErased(at=at(9)),
)


@pytest.mark.parametrize("event", ENDS, ids=lambda event: type(event).__name__)
async def test_a_session_ends_in_the_transaction_that_says_so(
    sessions: KeptSessions, opened: Database, keys: Keys, event: AccountEvent
):
    await sessions.claim("acc_1", "here")
    await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    await append(opened, keys, event)
    assert await sessions.read("acc_1") is None
    assert await opened.fetch("select copy_id from session_copies") == []
    with pytest.raises(NotHeld):
        await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(10))
    assert (await sessions.holders(["acc_1"]))["acc_1"] != "here"


@pytest.mark.parametrize("event", [SESSION_REJECTED, SCANNED], ids=["rejected", "scanned"])
async def test_the_browser_that_found_it_dead_may_keep_the_next_one(
    sessions: KeptSessions, opened: Database, keys: Keys, event: AccountEvent
):
    await sessions.claim("acc_1", "here")
    await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    await append(opened, keys, event)
    assert await sessions.read("acc_1") is None
    await sessions.put("acc_1", "here", ATTEMPT, NEWER, at(10))
    assert await sessions.read("acc_1") == NEWER


async def test_any_other_event_leaves_it(sessions: KeptSessions, opened: Database, keys: Keys):
    await sessions.claim("acc_1", "here")
    await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    await append(opened, keys, QR_1)
    assert await sessions.read("acc_1") == PACKED


async def test_forgotten_is_gone_and_stays_gone(sessions: KeptSessions, opened: Database):
    await sessions.claim("acc_1", "here")
    await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    await sessions.forget("acc_1")
    with pytest.raises(NotHeld):
        await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(1))
    assert await opened.fetch("select copy_id from session_copies") == []
    await sessions.forget("acc_of_nobody")


SPOILT = {
    "damaged": "update session_copies set sealed = overlay(sealed placing '\\x00' from 20)",
    "cut off": "update session_copies set sealed = substring(sealed from 1 for 3)",
    "gone": "delete from session_copies",
    "of another attempt": "update sealed_sessions set attempt = 'attempt-9'",
    "of a destroyed key": "update account_keys set wrapped = null, destroyed_at = now()",
}


@pytest.mark.parametrize("statement", SPOILT.values(), ids=SPOILT)
async def test_one_that_cannot_be_read_is_told_apart_from_none(
    sessions: KeptSessions, opened: Database, keys: Keys, statement: str
):
    await sessions.claim("acc_1", "here")
    await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    await opened.fetch(statement)  # type: ignore[arg-type]  a literal above
    account_keys = AccountKeys(opened, keys)  # another process: nothing is at hand
    elsewhere = KeptSessions(opened, account_keys.of)
    claimed = await elsewhere.claim("acc_1", "there")
    assert (claimed.packed, claimed.unreadable) == (None, True)
    with pytest.raises(SealBroken):
        await elsewhere.read("acc_1")
    await account_keys.close()


async def test_a_copy_moved_to_another_account_opens_nothing(
    sessions: KeptSessions, opened: Database
):
    for account, packed in (("acc_1", PACKED), ("acc_2", NEWER)):
        await sessions.claim(account, "here")
        await sessions.put(account, "here", ATTEMPT, packed, at(0))
    await opened.fetch(
        "update sealed_sessions set copy_id ="
        " (select copy_id from session_copies where account_id = 'acc_1')"
        " where account_id = 'acc_2'"
    )
    assert (await sessions.claim("acc_2", "there")).unreadable


async def test_an_erased_account_keeps_nothing(sessions: KeptSessions, opened: Database):
    await sessions.claim("acc_1", "here")
    await opened.fetch(
        "insert into account_keys (account_id, wrapped, destroyed_at) values ('acc_1', null, now())"
    )
    with pytest.raises(NotHeld):
        await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))


async def test_it_is_not_in_any_table_as_it_was(sessions: KeptSessions, opened: Database):
    await sessions.claim("acc_1", "here")
    await sessions.put("acc_1", "here", ATTEMPT, PACKED, at(0))
    rows = await opened.fetch("select sealed from session_copies")
    assert PACKED[:8] not in rows[0][0]
