import msgspec
import pytest

from domain import workspace_events as w
from domain.deadlines import Awaited
from domain.lifecycle import EVENTS
from domain.log import RecordedEvent
from domain.observations import (
    RecordPrimary,
    RecordProblem,
    RecordSealedSession,
    RecordStandby,
    RecordSuperseded,
)
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import DestroyAccount, RequestLink
from projections.accounts import AccountRow, project_account
from projections.feed import FeedAttempt, FeedItem, FeedProjection, NotSeeded, feed_item
from projections.feed_data import ITEMS
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, NOON, WORKSPACE, Story, at


def feed(story: Story) -> list[FeedItem]:
    projection = FeedProjection()
    items = [projection.item(recorded) for recorded in story.events]
    return [item for item in items if item is not None]


def types(story: Story) -> list[str]:
    return [item.type for item in feed(story)]


def test_a_client_sees_each_step_of_a_link() -> None:
    assert types(scenes.linked()) == [
        "account.registered",
        "link.requested",
        "page.reached",
        "page.reached",
        "page.reached",
        "qr",
        "qr.fetched",
        "scanned",
        "syncing",
        "phone.identified",
        "ready",
    ]


def test_a_code_says_where_its_image_is_and_until_when_it_is_good() -> None:
    item = feed(scenes.waiting())[-1]
    assert item == FeedItem(
        id=6,
        type="qr",
        account_id="acc_1",
        workspace="ws_1",
        status=Status.WAITING_QR,
        at=at(5),
        correlation_id="order-7",
        attempt=FeedAttempt("att_1", 1),
        data={
            "fingerprint": "code-1",
            "ordinal": 1,
            "expires_at": at(65),
            "image_url": "/v1/accounts/acc_1/qr.png?code=code-1",
            "deadline": {"awaited": "scan", "at": at(305)},
        },
    )


def test_a_failure_says_whose_turn_it_is() -> None:
    crash = RecordProblem(at=at(20), attempt="att_1", reason=Reason.OUT_OF_MEMORY, detail="oom")
    item = feed(scenes.waiting().tell(crash))[-1]
    assert (item.type, item.status) == ("link.failed", Status.FAILED)
    assert item.data == {
        "reason": "out_of_memory",
        "sentence": "The machine has too little memory for another browser.",
        "detail": "oom",
        "actor": "operator",
        "next_step": "Free memory or add a worker, then retry.",
        "retry_helps": True,
    }


def test_ready_brings_the_phone() -> None:
    item = feed(scenes.linked())[-1]
    assert (item.type, item.status) == ("ready", Status.READY)
    assert item.data == {"phone": scenes.PHONE, "name": "Sari", "progress": ["connected"]}


def test_a_standby_completes_the_progress_once() -> None:
    story = scenes.linked().tell(
        RecordSealedSession(at=at(20), attempt="att_1", digest="sealed-1", size_bytes=1),
        RecordStandby(at=at(20), attempt="att_1", stage="requested", digest="sealed-1"),
        RecordStandby(at=at(21), attempt="att_1", stage="ready", digest="sealed-1"),
        RecordSealedSession(at=at(30), attempt="att_1", digest="sealed-2", size_bytes=1),
        RecordStandby(at=at(31), attempt="att_1", stage="ready", digest="sealed-2"),
    )
    first, second = (item for item in feed(story) if item.type == "standby.ready")
    assert first.data == {"renewed": False, "progress": ["backup_ready", "complete"]}
    assert second.data == {"renewed": True, "progress": []}


def test_a_lost_link_says_when_it_comes_back() -> None:
    lost = RecordProblem(at=at(100), attempt="att_1", reason=Reason.NETWORK_LOST, jitter=0.0)
    item = feed(scenes.linked().tell(lost))[-1]
    assert item.type == "disconnected"
    assert item.data["deadline"] == {"awaited": "reconnect", "at": at(101)}


def test_a_superseded_account_names_the_account_that_holds_the_number() -> None:
    moved = RecordSuperseded(at=at(40), by="acc_2", phone_fingerprint=scenes.PHONE_PRINT)
    item = feed(scenes.linked().tell(moved, by=WORKSPACE))[-1]
    assert (item.type, item.data["by"], item.data["reason"]) == (
        "superseded",
        "acc_2",
        "superseded",
    )


def test_choosing_and_withdrawing_the_primary_are_one_type() -> None:
    story = scenes.linked().tell(
        RecordPrimary(at=at(19), chosen=True), RecordPrimary(at=at(20), chosen=False), by=WORKSPACE
    )
    chosen, withdrawn = feed(story)[-2:]
    assert chosen.type == withdrawn.type == "primary.changed"
    assert (chosen.data, withdrawn.data) == ({"is_primary": True}, {"is_primary": False})


def test_an_event_without_an_attempt_has_that_of_the_account() -> None:
    story = scenes.linked().tell(RecordPrimary(at=at(19), chosen=True), by=WORKSPACE)
    story.tell(DestroyAccount(at=at(20)), by=CLIENT)
    primary, destroyed = feed(story)[-2:]
    assert primary.attempt == FeedAttempt("att_1", 1)
    assert destroyed.attempt is None


def test_the_status_is_the_one_after_the_event_not_todays() -> None:
    statuses = {item.type: item.status for item in feed(scenes.linked())}
    assert statuses["qr.fetched"] is Status.WAITING_QR
    assert statuses["syncing"] is Status.AUTHENTICATING


def test_a_row_of_another_version_is_refused() -> None:
    events = scenes.linked().events
    with pytest.raises(ValueError, match="version 11 is not the one after version 6"):
        feed_item(scenes.accounts_row(scenes.linked()), events[5])


def test_a_workspaces_own_events_are_not_for_clients() -> None:
    claimed = w.PhoneClaimed(at=NOON, account="acc_1", phone_fingerprint="x")
    story = scenes.registered().workspace_event(claimed)
    assert types(story) == ["account.registered"]


def resume(story: Story, after: int) -> list[FeedItem]:
    """Read on as the app does: seed each account as it was, when the projection lacks it."""
    projection = FeedProjection(capacity=1)
    items: list[FeedItem] = []
    for recorded in story.events[after:]:
        if projection.lacks(recorded):
            projection.seed(before(story, recorded))
        item = projection.item(recorded)
        if item is not None:
            items.append(item)
    return items


def before(story: Story, recorded: RecordedEvent) -> AccountRow:
    row = None
    for earlier in story.of(recorded.stream)[1][: recorded.version - 1]:
        row = project_account(row, earlier)
    assert row is not None
    return row


def two_accounts() -> Story:
    story = scenes.linked()
    story.tell(*scenes.synced().commands, to="acc_2")
    lost = RecordProblem(at=at(100), attempt="att_1", reason=Reason.NETWORK_LOST, jitter=0.0)
    return story.tell(lost).tell(lost, to="acc_2")


def test_a_resumed_reader_gets_the_items_of_a_live_one_from_every_position() -> None:
    story = two_accounts()
    live = feed(story)
    for after in range(len(story.events) + 1):
        assert resume(story, after) == [item for item in live if item.id > after]


def test_reading_on_without_the_seed_is_refused() -> None:
    events = scenes.linked().events
    with pytest.raises(NotSeeded, match=r"acc_1 as of version 4 .* position 5") as refused:
        FeedProjection().item(events[4])
    assert (refused.value.stream, refused.value.version) == ("acc_1", 5)


def test_reading_again_from_an_older_position_needs_a_seed_again() -> None:
    events = scenes.linked().events
    projection = FeedProjection()
    for recorded in events:
        projection.item(recorded)
    assert projection.lacks(events[5])
    assert not projection.lacks(events[0])


def test_reading_again_from_the_start_gives_the_same_items() -> None:
    projection = FeedProjection()
    events = scenes.linked().events
    first = [projection.item(recorded) for recorded in events]
    assert [projection.item(recorded) for recorded in events] == first


def test_a_skipped_event_needs_a_seed() -> None:
    events = scenes.linked().events
    projection = FeedProjection()
    projection.item(events[0])
    assert projection.lacks(events[2])


def test_every_event_has_a_type() -> None:
    assert set(ITEMS) == set(EVENTS.values())


def test_items_are_json() -> None:
    retry = RequestLink(at=at(400), attempt="att_2", retry=True)
    story = scenes.expire(scenes.rotated({1: 1}), Awaited.SCAN, 305).tell(retry, by=CLIENT)
    for item in feed(story):
        decoded = msgspec.json.decode(msgspec.json.encode(item))
        assert decoded["id"] == item.id
        assert decoded["status"] == item.status.value
