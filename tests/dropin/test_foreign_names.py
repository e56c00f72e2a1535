"""Names that other systems give: one account for each, one account for each session."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from adapters.event_log.database import Database
from adapters.foreign_names import ForeignNames, Named, SessionTaken


@pytest_asyncio.fixture
async def opened(database: str) -> AsyncGenerator[Database]:
    async with Database(database) as pool:
        yield pool


async def claim(
    names: ForeignNames, account_id: str, session: str, *, workspace: str = "1", name: str = "5"
) -> str:
    return await names.claim(workspace=workspace, name=name, session=session, account_id=account_id)


async def test_the_first_who_claims_a_name_decides_which_account_it_is(opened: Database):
    names = ForeignNames(opened, "blazz")

    assert await claim(names, "acc_1", "a") == "acc_1"
    assert await claim(names, "acc_2", "b") == "acc_1"

    current = Named(account_id="acc_1", workspace="1", name="5", session="b")
    assert await names.of_session("a") == await names.of_session("b") == current
    assert await names.of_accounts(["acc_1", "acc_2"]) == {"acc_1": current}
    assert await names.of_session("c") is None


async def test_of_many_at_once_one_wins_and_all_hear_of_it(opened: Database):
    names = ForeignNames(opened, "blazz")

    claimed = await asyncio.gather(*(claim(names, f"acc_{n}", f"s_{n}") for n in range(8)))

    assert len(set(claimed)) == 1
    assert [named.account_id for named in await names.page("", 10)] == [claimed[0]]


async def test_a_session_is_of_one_account_for_ever(opened: Database):
    names = ForeignNames(opened, "blazz")
    await claim(names, "acc_1", "a")

    for other in ({"name": "6"}, {"workspace": "2"}):
        with pytest.raises(SessionTaken):
            await claim(names, "acc_2", "a", **other)

    assert [named.account_id for named in await names.page("", 10)] == ["acc_1"]


async def test_a_session_taken_at_once_by_two_accounts_leads_to_one(opened: Database):
    names = ForeignNames(opened, "blazz")

    claimed = await asyncio.gather(
        *(claim(names, f"acc_{n}", "a", name=str(n)) for n in range(6)), return_exceptions=True
    )

    won = [one for one in claimed if isinstance(one, str)]
    assert len(won) == 1
    assert all(isinstance(one, SessionTaken) for one in claimed if one not in won)
    named = await names.of_session("a")
    assert named is not None
    assert named.account_id == won[0]


async def test_a_session_that_comes_back_is_the_current_one_again(opened: Database):
    names = ForeignNames(opened, "blazz")
    for session in ("a", "b", "a"):
        await claim(names, "acc_1", session)

    named = await names.of_session("b")
    assert named is not None
    assert named.session == "a"


async def test_systems_do_not_share_names(opened: Database):
    blazz, ghl = ForeignNames(opened, "blazz"), ForeignNames(opened, "ghl")
    assert await claim(blazz, "acc_1", "a") == "acc_1"
    assert await claim(ghl, "acc_2", "a") == "acc_2"

    assert [named.account_id for named in await ghl.page("", 10)] == ["acc_2"]
    assert await ghl.of_accounts(["acc_1"]) == {}


async def test_an_account_that_has_ended_is_replaced_under_all_its_names(opened: Database):
    names = ForeignNames(opened, "blazz")
    for session in ("a", "b"):
        await claim(names, "acc_1", session)

    await names.replace("acc_1", "acc_9")

    for session in ("a", "b"):
        named = await names.of_session(session)
        assert named is not None
        assert (named.account_id, named.session) == ("acc_9", "b")
    assert await claim(names, "acc_3", "c") == "acc_9"
