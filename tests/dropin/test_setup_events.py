"""What a set-up page hears of where an account stands, and of items, however its backup fares."""

from typing import Any

import pytest

from app.dropin.single_qr_events import SetupEvents
from app.http.feed_channel import ChannelMessage
from domain.account import Account, Attempt, Standby
from domain.policy import Policy
from domain.status import Status
from projections.feed import FeedItem
from projections.feed_data import ITEMS
from tests.examples import START

CONNECTED = ("progress", "connected", "baileys")
SOON = ("complete", "pending")
WITHOUT = ("complete", None)
BOTH = [("progress", "backup_ready", "web_js"), ("backup_ready", "web_js")]
BOTH += [("complete", "web_js"), ("setup_complete", "web_js")]


def brief(messages: list[ChannelMessage]) -> list[tuple[Any, ...]]:
    return [
        (one.event, one.data["status"], one.data["method"])
        if one.event == "progress"
        else (one.event, one.data["methods"].fallback)
        for one in messages
    ]


def account(stage: Any, holder: Any = "primary", status: Status = Status.READY) -> Account:  # noqa: ANN401  words of Literals
    attempt = Attempt(
        id="att_1", number=1, kind="link", policy=Policy(), started_at=START, holder=holder
    )
    return Account(status=status, attempt=attempt, standby=Standby(stage=stage))


@pytest.mark.parametrize(
    ("stands", "has_standby", "told"),
    [
        (Account(), True, []),
        (account("ready", status=Status.DISCONNECTED), True, []),
        (account("none"), True, [CONNECTED]),
        (account("requested"), True, [CONNECTED]),
        (account("ready"), True, [CONNECTED, *BOTH]),
        (account("failed"), True, [CONNECTED, SOON]),
        (account("promoted", "standby"), True, [("progress", "connected", "web_js"), SOON]),
        (account("none"), False, [CONNECTED, WITHOUT]),
    ],
)
def test_who_comes_late(stands: Account, has_standby: bool, told: list[tuple[Any, ...]]):  # noqa: FBT001
    assert brief(SetupEvents(has_standby=has_standby).stand(stands)) == told


def item(kind: str, **data: object) -> FeedItem:
    return FeedItem(
        id=1,
        type=kind,
        account_id="acc_1",
        workspace="default",
        status=Status.READY,
        at=START,
        correlation_id="",
        attempt=None,
        data=data,
    )


def test_the_method_is_that_which_has_the_page_open():
    events = SetupEvents(has_standby=True)
    told = [
        item("ready", progress=["connected"]),
        item("standby.ready", renewed=False, progress=["backup_ready", "complete"]),
        item("disconnected", sentence="The standby has taken over."),
        item("reconnect.started", by="standby"),
        item("ready", progress=["connected"]),
        item("link.requested"),
        item("link.failed", sentence="No phone came."),
    ]
    assert [brief(events.tell(one)) for one in told] == [
        [CONNECTED],
        BOTH,
        [("progress", "disconnected", "baileys")],
        [],
        [("progress", "connected", "web_js")],
        [],
        [("progress", "failed", "baileys")],
    ]


def test_a_renewed_backup_is_no_news_and_nor_is_any_other_item():
    events = SetupEvents(has_standby=True)
    assert events.tell(item("standby.ready", renewed=True, progress=[])) == []
    spoken_of = {"ready", "standby.ready", "standby.failed", "reconnect.started", "link.failed"}
    spoken_of |= {"disconnected", "superseded", "logged_out", "destroyed"}
    for kind in {name for name, _ in ITEMS.values()} - spoken_of:
        assert events.tell(item(kind)) == [], kind
