"""Statistics over HTTP: what is in the database, counted once more from the timelines."""

from datetime import timedelta

import msgspec
import pytest

from adapters import clock
from app import statistics as summing
from domain.account import Holder
from domain.deadlines import Awaited
from domain.message_observations import (
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason
from domain.observations import RecordProblem
from domain.reasons import Reason
from projections.statistics import of_logs
from projections.statistics.told import Statistics
from projections.timeline import timeline
from tests.http_api.callers import code_of
from tests.messages_to_send import send
from tests.read_models import scenes
from tests.read_models.recount import Recount, check
from tests.read_models.stories import NOON, Story, at
from tests.read_models.test_twelve_failures import TWELVE
from tests.retold import retell
from tests.running_api import RunningApi

DAY = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"}


def lost_and_not_found_again() -> Story:
    """A link that broke, and a reconnect whose kept session could not be read."""
    crash = RecordProblem(at=at(90), attempt="att_1", reason=Reason.BROWSER_CRASHED, jitter=0.0)
    story = scenes.expire(scenes.linked().tell(crash), Awaited.RECONNECT, 91, attempt="att_2")
    unread = RecordProblem(at=at(95), attempt="att_2", reason=Reason.SESSION_UNREADABLE)
    return story.tell(unread)


async def summed(api: RunningApi, **query: str) -> Statistics:
    answered = await api.client.get("/v1/statistics", params=query)
    assert answered.status_code == 200, answered.text
    return msgspec.convert(answered.json()["statistics"], Statistics, strict=False)


async def recount(api: RunningApi, accounts: list[str]) -> Recount:
    log = api.services.log
    return Recount([timeline(await log.read_inputs(one), await log.load(one)) for one in accounts])


async def test_equals_a_recount_of_the_log(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summing, "PAGE", 4)
    stories = [make() for make, *_ in TWELVE.values()]
    stories += [scenes.linked(), scenes.scanned(), lost_and_not_found_again()]
    accounts = [f"acc_{number}" for number in range(len(stories))]
    for account, story in zip(accounts, stories, strict=True):
        await retell(api.services.dispatch, story, account)
    found = await summed(api, **DAY)
    assert found.attempts == 17
    check(found, await recount(api, accounts))
    assert await summed(api, **DAY) == found


async def test_only_the_attempts_of_the_range_and_the_workspace(api: RunningApi) -> None:
    for number, later_s in enumerate((0, 86_400, 2 * 86_400)):
        await retell(api.services.dispatch, scenes.linked(), f"acc_{number}", later_s=later_s)
    begun = at(1) + timedelta(days=1)
    exactly = {"since": begun.isoformat(), "until": (begun + timedelta(seconds=1)).isoformat()}
    assert (await summed(api, **exactly)).attempts == 1
    assert (await summed(api, **exactly, workspace="ws_1")).attempts == 1
    assert (await summed(api, **exactly, workspace="ws_2")).attempts == 0
    weeks = await summed(api, since="2026-03-01T00:00:00Z", until="2026-03-04T00:00:00Z", by="week")
    assert [(one.key, one.begun) for one in weeks.buckets] == [("2026-02-23", 1), ("2026-03-02", 2)]
    assert weeks.since == NOON.replace(hour=0)


async def test_a_cause_is_kept_once_nothing_can_change_it(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await retell(api.services.dispatch, lost_and_not_found_again(), "acc_1")
    first = await summed(api, **DAY)
    assert {one.code for one in first.causes} == {"browser_crashed", "session_unreadable"}
    monkeypatch.setattr(summing, "MOST_CAUSES", 1)
    assert await summed(api, **DAY) == first


async def test_a_range_that_holds_too_much(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await retell(api.services.dispatch, lost_and_not_found_again(), "acc_1")
    for name, what in (("MOST_CAUSES", "endings"), ("MOST_ATTEMPTS", "attempts")):
        monkeypatch.setattr(summing, name, 0)
        answered = await api.client.get("/v1/statistics", params=DAY)
        assert code_of(answered) == "range_too_large"
        assert f"more than 0 {what}" in answered.json()["detail"]


async def test_a_range_that_is_none(api: RunningApi) -> None:
    for query in (
        {"since": DAY["until"], "until": DAY["since"]},
        {"since": "yesterday"},
        {"by": "moon"},
    ):
        answered = await api.client.get("/v1/statistics", params=query)
        assert code_of(answered) == "invalid_request", query


async def test_bundles_of_attempts_that_began_too_far_apart(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_logs, "LONGEST", timedelta())
    account_id = await api.register()
    await api.link(account_id)
    bundle = await api.client.get(f"/v1/accounts/{account_id}/bundle")
    refused = await api.client.post("/v1/statistics/bundles", content=bundle.content)
    assert code_of(refused) == "range_too_large"


async def test_which_way_messages_took(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    by: tuple[Holder, ...] = ("primary", "standby", "standby")
    for number in range(5):
        message = f"msg_{number}"
        await api.see(account_id, send(message, clock.now(), queue=True))
        if number == 2:
            tried = RecordMessageNotSent(
                at=clock.now(), message=message, reason=MessageReason.PAGE_REFUSED
            )
            await api.see(account_id, tried)
        if number < len(by):
            sent = RecordMessageSent(at=clock.now(), message=message, by=by[number])
            await api.see(account_id, sent)
    no_phone = MessageReason.NOT_ON_WHATSAPP
    failed = RecordMessageFailed(at=clock.now(), message="msg_3", reason=no_phone)
    await api.see(account_id, failed)
    told = (await api.client.get("/v1/statistics/messages")).json()
    assert told["messages"] == {
        "accepted": 5,
        "sent_by_primary": 1,
        "sent_by_standby": 2,
        "fallback_used": 1,
        "failed": 1,
        "queued": 1,
    }
    for query in ({"workspace": "another"}, {"until": told["since"]}):
        none = (await api.client.get("/v1/statistics/messages", params=query)).json()
        assert set(none["messages"].values()) == {0}
