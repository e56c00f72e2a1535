"""Evidence older than the setting goes; with 0 days all of it does."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.account_keys import AccountKeys
from adapters.event_log.database import Database
from adapters.evidence_store import EvidenceStore
from adapters.keys import Keys
from app.settings import MOST_EVIDENCE_DAYS, SettingsError, read_settings
from app.sweep import evidence_sweep
from tests.examples import ATTEMPT, at
from tests.opened_log import MASTER_KEY


@pytest.fixture
async def store(database: str) -> AsyncIterator[EvidenceStore]:
    async with Database(database) as opened:
        keys = AccountKeys(opened, Keys(MASTER_KEY))
        yield EvidenceStore(opened, keys)
        await keys.close()


async def left(store: EvidenceStore) -> list[str]:
    return [kept.digest for kept in await store.of_account("acc_1")]


async def test_what_is_older_than_the_setting_goes(store: EvidenceStore) -> None:
    await store.keep("acc_1", ATTEMPT, "browser", b"old", at(0))
    young = await store.keep("acc_1", ATTEMPT, "browser", b"young", at(60))
    sweep = evidence_sweep(store, 30, lambda: at(30) + timedelta(days=30))
    assert await sweep.sweep() == 1
    assert await left(store) == [young]
    assert await sweep.sweep() == 0


async def test_with_0_days_all_of_it_goes(store: EvidenceStore) -> None:
    await store.keep("acc_1", ATTEMPT, "browser", b"of an earlier setting", at(0))
    assert await evidence_sweep(store, 0, lambda: at(1)).sweep() == 1
    assert await left(store) == []


def test_the_setting_is_whole_days() -> None:
    assert read_settings({}).evidence_days == 30
    assert read_settings({"LINKWRIGHT_EVIDENCE_DAYS": "0"}).evidence_days == 0
    for wrong in ("-1", "1.5", str(MOST_EVIDENCE_DAYS + 1), "a month"):
        with pytest.raises(SettingsError, match=r"LINKWRIGHT_EVIDENCE_DAYS must be whole days"):
            read_settings({"LINKWRIGHT_EVIDENCE_DAYS": wrong})
