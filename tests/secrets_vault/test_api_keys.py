"""API keys are shown once, checked before they are looked up, and end when they are revoked."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from adapters.api_keys import (
    LENGTH,
    ApiKeyMistyped,
    ApiKeyRevoked,
    ApiKeys,
    ApiKeyUnknown,
    is_well_formed,
    new_key,
)
from adapters.event_log.database import Database
from adapters.keys import Keys
from tests.examples import at


@pytest.fixture
def api_keys(opened: Database, keys: Keys) -> ApiKeys:
    return ApiKeys(opened, keys)


async def test_a_key_is_known_by_its_text(api_keys: ApiKeys) -> None:
    made, text = await api_keys.create("ERP", at(0))

    found = await api_keys.verify(text, at(1))

    assert (found.id, found.label, found.created_at) == (made.id, "ERP", at(0))
    assert text.startswith("lw_")
    assert text not in repr(found)


async def test_the_last_use_is_noted_once_a_minute(api_keys: ApiKeys) -> None:
    _, text = await api_keys.create("ERP", at(0))
    for seconds in (10, 69, 70):
        await api_keys.verify(text, at(seconds))
        (stored,) = await api_keys.all_keys()
        assert stored.last_used_at == (at(10) if seconds < 70 else at(70))


async def test_a_typo_is_told_apart_from_an_unknown_key(api_keys: ApiKeys) -> None:
    _, text = await api_keys.create("ERP", at(0))
    typo = text[:10] + ("a" if text[10] != "a" else "b") + text[11:]

    for mistyped in (typo, text[:-1], text + "0", text.upper(), "", "lw_", "é" * LENGTH):
        with pytest.raises(ApiKeyMistyped):
            await api_keys.verify(mistyped, at(1))
    with pytest.raises(ApiKeyUnknown):
        await api_keys.verify(new_key(), at(1))


async def test_a_revoked_key_ends_at_once(api_keys: ApiKeys) -> None:
    made, text = await api_keys.create("ERP", at(0))
    _, other = await api_keys.create("Shop", at(1))

    assert await api_keys.revoke(made.id, at(2))
    assert await api_keys.revoke(made.id, at(9))

    with pytest.raises(ApiKeyRevoked):
        await api_keys.verify(text, at(3))
    assert (await api_keys.verify(other, at(3))).label == "Shop"
    assert [key.revoked_at for key in await api_keys.all_keys()] == [at(2), None]
    assert not await api_keys.revoke("key_unknown", at(2))


async def test_another_master_key_knows_no_key(api_keys: ApiKeys, opened: Database) -> None:
    _, text = await api_keys.create("ERP", at(0))
    with pytest.raises(ApiKeyUnknown):
        await ApiKeys(opened, Keys(bytes(32))).verify(text, at(1))


async def test_the_first_start_makes_one_admin_key(api_keys: ApiKeys) -> None:
    made = await asyncio.gather(*(api_keys.ensure_admin_key(at(0)) for _ in range(4)))

    (text,) = [text for text in made if text is not None]
    assert (await api_keys.verify(text, at(1))).label == "admin (first start)"
    assert await api_keys.ensure_admin_key(at(2)) is None


async def test_an_installation_that_has_had_keys_gets_no_second_admin_key(
    api_keys: ApiKeys,
) -> None:
    made, _ = await api_keys.create("ERP", at(0))
    await api_keys.revoke(made.id, at(1))
    assert await api_keys.ensure_admin_key(at(2) + timedelta(days=1)) is None


def test_keys_are_random_and_well_formed() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(is_well_formed(key) and len(key) == LENGTH for key in keys)


@given(st.integers(0, LENGTH - 1), st.characters(codec="ascii"))
def test_every_single_typo_is_found(where: int, typo: str) -> None:
    key = new_key()
    mistyped = key[:where] + typo + key[where + 1 :]
    assert is_well_formed(mistyped) == (mistyped == key)


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    assert not is_well_formed(text)


async def test_a_key_opens_a_database_that_can_only_be_read(
    opened: Database, keys: Keys, database: str
) -> None:
    _, text = await ApiKeys(opened, keys).create("shop", at(0))
    options = make_conninfo(database, options="-c default_transaction_read_only=on")
    async with Database(options) as read_only:
        assert (await ApiKeys(read_only, keys).verify(text, at(10))).last_used_at is None
