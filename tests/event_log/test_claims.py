"""An Idempotency-Key is taken by the append that carries it, once, also among many at once."""

import asyncio

import pytest
from msgspec.structs import replace

from adapters.event_log.errors import AlreadyClaimed, Conflict
from adapters.event_log.interface import Append, Claim, EventLog
from adapters.event_log.store import PostgresEventLog
from tests.event_log.appends import refusal, registration

CLAIM = Claim(owner="key_1", key="order-7", request="9f86d081884c7d65")


def claiming(stream: str, claim: Claim = CLAIM) -> Append:
    return replace(registration(stream), claim=claim)


async def test_a_claim_is_written_with_its_append(log: EventLog) -> None:
    assert await log.claimed("key_1", "order-7") is None
    appended = await log.append(claiming("acc_1"))
    claimed = await log.claimed("key_1", "order-7")
    assert claimed is not None
    assert (claimed.request, claimed.stream) == (CLAIM.request, "acc_1")
    assert (claimed.input_id, claimed.claimed_at) == (appended.input_id, appended.recorded_at)


async def test_a_second_append_with_the_claim_writes_nothing(log: EventLog) -> None:
    await log.append(claiming("acc_1"))
    with pytest.raises(AlreadyClaimed):
        await log.append(claiming("acc_2"))
    assert await log.load("acc_2") == []
    assert await log.head() == 1


async def test_the_same_key_of_another_owner_is_another(log: EventLog) -> None:
    await log.append(claiming("acc_1"))
    await log.append(claiming("acc_2", replace(CLAIM, owner="key_2")))
    assert await log.head() == 2


async def test_a_conflict_leaves_the_claim_free(log: EventLog) -> None:
    await log.append(registration("acc_1"))
    with pytest.raises(Conflict):
        await log.append(claiming("acc_1"))
    assert await log.claimed("key_1", "order-7") is None


async def test_a_refused_input_takes_its_claim_too(log: EventLog) -> None:
    await log.append(registration("acc_1"))
    appended = await log.append(replace(refusal("acc_1", 1), claim=CLAIM))
    claimed = await log.claimed("key_1", "order-7")
    assert claimed is not None
    assert claimed.input_id == appended.input_id


async def test_of_many_at_once_one_takes_it_and_all_others_can_ask_again(
    postgres_log: PostgresEventLog,
) -> None:
    appends = (postgres_log.append(claiming(f"acc_{number}")) for number in range(20))
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(failed) == 19
    assert all(isinstance(error, Conflict | AlreadyClaimed) for error in failed)
    assert await postgres_log.head() == 1
