"""What this build and another policy make of many recorded attempts: a verdict on each."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from adapters.event_log.attempts_begun import Begun, attempts_begun
from adapters.event_log.database import Database
from adapters.keys import Keys
from app.dispatch import Dispatch
from app.fleet_what_if import BATCH, FleetQuestion, Judged, batches, judge_batches
from domain.wishes import DestroyAccount, RegisterAccount, RequestLink
from projections.replay.fleet import AttemptVerdict
from projections.replay.what_if import Changes, Verdict
from tests.bench.replay_log import told
from tests.event_log.test_verify import tamper
from tests.opened_log import MASTER_KEY, open_log
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, NOON, Story, at
from tests.retold import retell

SHORT_WINDOW = {"link_window_s": 200.0}


@pytest.fixture
async def dispatch(database: str) -> AsyncIterator[Dispatch]:
    async with Database(database) as opened:
        log = open_log(opened)
        yield Dispatch(log)
        await log.close()


def judged(
    conninfo: str, since: datetime = NOON, policy: dict[str, float] | None = None
) -> list[Judged]:
    """Do the work of one process here."""
    asked = FleetQuestion(since=since, changes=Changes(policy=policy or {}))
    tasks = batches(attempts_begun(conninfo, since))
    found = list(judge_batches(conninfo, Keys(MASTER_KEY), asked, tasks))
    assert all(isinstance(one, Judged) for one in found)
    return [one for one in found if isinstance(one, Judged)]


def different(conninfo: str, policy: dict[str, float] | None = None) -> list[AttemptVerdict]:
    return [one for batch in judged(conninfo, policy=policy) for one in batch.different]


async def test_this_build_decides_every_scene_as_it_was_decided(
    dispatch: Dispatch, database: str
) -> None:
    for number, story in enumerate(told()):
        await retell(dispatch, story, f"acc_{number}")
    (batch,) = judged(database)

    assert batch.verdicts == {Verdict.SAME: sum(s.accounts["acc_1"].attempts for s in told())}
    assert (batch.accounts, batch.of, batch.different) == (5, 5, [])


async def test_another_policy_names_the_attempts_that_it_changes(
    dispatch: Dispatch, database: str
) -> None:
    await retell(dispatch, scenes.close_window(scenes.rotated({})), "acc_expired")
    await retell(dispatch, scenes.linked(), "acc_linked")
    (found,) = different(database, SHORT_WINDOW)

    assert (found.account_id, found.attempt) == ("acc_expired", 1)
    assert found.verdict is Verdict.DIVERGED
    assert "QrIssued would be LinkFailed" in found.difference


async def test_of_an_account_only_the_attempts_since_then_are_judged(
    dispatch: Dispatch, database: str
) -> None:
    lost_and_returned = told()[1]
    await retell(dispatch, lost_and_returned, "acc_one")

    assert [one.verdicts for one in judged(database)] == [{Verdict.SAME: 2}]
    assert [one.verdicts for one in judged(database, since=at(900))] == [{Verdict.SAME: 1}]


async def test_a_parked_account_is_judged_by_its_log(dispatch: Dispatch, database: str) -> None:
    await retell(dispatch, told()[1], "acc_one")
    tamper(
        database,
        "insert into parked_partitions values ('attempts', 'acc_one', 3, 'why', now(), 0)",
        "delete from attempts",
    )
    assert [one.verdicts for one in judged(database)] == [{Verdict.SAME: 2}]
    assert [one.verdicts for one in judged(database, since=at(900))] == [{Verdict.SAME: 1}]


async def test_an_attempt_that_only_its_row_knows_is_not_left_out(
    dispatch: Dispatch, database: str
) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    tamper(database, "update attempts set number = 7")
    (found,) = different(database)

    assert (found.attempt, found.verdict) == (7, Verdict.UNDECIDABLE)
    assert found.missing.startswith("the list of attempts has it, and the log does not")


async def test_an_input_that_this_build_does_not_know_is_named(
    dispatch: Dispatch, database: str
) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    tamper(database, "update inputs set kind = 'RecordBlessing' where kind = 'RecordScan'")
    (found,) = different(database)

    assert found.verdict is Verdict.UNDECIDABLE
    assert found.missing == "what input 8 says: this build does not know RecordBlessing"


async def test_an_event_that_this_build_does_not_know_is_named(
    dispatch: Dispatch, database: str
) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    tamper(database, "update events set topic = 'PhoneBlessed' where topic = 'QrScanned'")
    (found,) = different(database)

    assert (found.verdict, found.attempt) == (Verdict.UNDECIDABLE, 1)
    assert (
        found.missing == "PhoneBlessed (version 8) is unreadable here: this build does not know it."
    )


async def test_a_build_that_raises_has_broken_the_attempt(
    dispatch: Dispatch, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises(*_: object) -> None:
        raise ZeroDivisionError(scenes.PHONE)

    await retell(dispatch, scenes.linked(), "acc_one")
    monkeypatch.setattr("projections.replay.what_if.decide", raises)
    (found,) = different(database)

    assert (found.account_id, found.attempt, found.verdict) == ("acc_one", 1, Verdict.BROKEN)
    assert found.difference.startswith("this build raises ZeroDivisionError in raises, test_fleet")


async def test_an_erased_account_is_judged_without_what_told_of_the_person(
    dispatch: Dispatch, database: str
) -> None:
    await retell(dispatch, scenes.linked(), "acc_one")
    by_number = RequestLink(
        at=at(1), attempt="att_2", method="pairing_code", pairing_phone=scenes.PHONE
    )
    register = RegisterAccount(at=NOON, workspace="ws_1", label="Branch 8")
    await retell(dispatch, Story().tell(register, by_number, by=CLIENT), "acc_two")
    for account_id in ("acc_one", "acc_two"):
        await dispatch.submit(account_id, DestroyAccount(at=at(99), erase=True), CLIENT)

    (only,) = different(database)

    assert (only.account_id, only.verdict) == ("acc_two", Verdict.UNDECIDABLE)
    assert only.missing == "what input 12 (RequestLink) told of a person: it is erased"


def test_accounts_are_read_together_up_to_a_size() -> None:
    sizes = [BATCH // 2, BATCH // 2, 1, 3 * BATCH, 1, 1]
    begun = [Begun(f"acc_{nth}", size, (1,), 6) for nth, size in enumerate(sizes)]

    assert [len(batch) for batch in batches(begun)] == [2, 1, 1, 2]
    assert [account for batch in batches(begun) for account in batch] == begun
