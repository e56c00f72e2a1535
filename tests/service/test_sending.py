"""What is queued goes out in its order, once, and says what became of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import pytest

from adapters.account_keys import AccountKeys
from adapters.browser.spec import SendFailed, SpecMessage
from adapters.event_log.database import Database
from adapters.keys import Keys
from adapters.message_contents import MessageContent, MessageContents
from app import sending
from app.dispatch import Dispatch
from app.sending import Outbox, Pace, Sending, SendingPolicy
from domain.log import Origin
from domain.message_reasons import MessageReason, whatsapp_id_of
from domain.message_state import Messages
from domain.observations import RecordSealedSession, RecordStandby
from domain.policy import Policy
from domain.status import Status
from tests.decided_again import assert_decided_again_alike
from tests.examples import ATTEMPT, at
from tests.messages_to_send import send
from tests.opened_log import MASTER_KEY, open_log
from tests.service.test_loops import ONE, steps_to_ready, submit_all
from tests.waiting import eventually, settle

WORKER = Origin(actor="worker:test")
CLIENT = Origin(actor="key:1", correlation_id="order-7")
REFUSED = SendFailed(MessageReason.PAGE_REFUSED, "the page says no")


class Server:
    """A page with WhatsApp behind it: takes each id once, unless it is told to fail first."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked: list[str] = []
        self.taken: dict[str, str] = {}
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message: SpecMessage) -> str:
        self.asked.append(message.message_id)
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.taken.setdefault(message.whatsapp_id, message.text)
        return message.whatsapp_id


class Story:
    """One READY account, its queue, and what sends it."""

    def __init__(self, dispatch: Dispatch, outbox: Outbox) -> None:
        self.dispatch = dispatch
        self.outbox = outbox
        self.now: datetime = at(100)
        self.seconds = 0.0

    async def queue(self, *messages: str, content: bool = True) -> None:
        for message in messages:
            if content:
                said = MessageContent(peer="628115550003", text=f"text of {message}")
                await self.outbox.contents.put(ONE, message, said, self.now)
            await self.dispatch.submit(ONE, send(message, self.now), CLIENT)

    async def messages(self) -> Messages:
        return (await self.dispatch.load(ONE)).account.messages

    async def idle(self) -> None:
        """Wait until nothing is queued any more."""

        async def empty() -> bool:
            return not (await self.messages()).queued

        await eventually(empty)

    async def told(self) -> list[str]:
        """Name what has happened to messages, with the reason where there is one."""
        events = await self.outbox.log.load(ONE)
        return [
            " ".join(
                [one.topic.removeprefix("Message"), getattr(one.event, "message", "")]
                + [reason.value for reason in [getattr(one.event, "reason", None)] if reason]
            )
            for one in events
            if one.topic.startswith("Message")
        ]


@pytest.fixture
async def story(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Story]:
    monkeypatch.setattr(sending, "RETRY_S", 0.01)
    async with Database(database) as opened:
        log = open_log(opened)
        keys = AccountKeys(opened, Keys(MASTER_KEY))
        dispatch = Dispatch(log)
        outbox = Outbox(
            log=log,
            dispatch=dispatch,
            contents=MessageContents(opened, keys),
            settings=SendingPolicy(
                per_minute=1000,
                wait_limit=timedelta(hours=24),
                keeps_content=True,
                policy=Policy(),
            ),
            now=lambda: made.now,
            monotonic_s=lambda: made.seconds,
        )
        made = Story(dispatch, outbox)
        await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT))
        yield made
        await assert_decided_again_alike(log)
        await keys.close()
        await log.close()


@asynccontextmanager
async def sender(
    story: Story, page: Server, outbox: Outbox | None = None, pace: Pace | None = None
) -> AsyncGenerator[Sending]:
    """Send while the block runs."""
    made = Sending(
        ONE,
        ATTEMPT,
        page,
        outbox=outbox or story.outbox,
        pace=pace or Pace(1000),
        origin=WORKER,
        by="primary",
    )
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_waits_goes_in_its_order_and_what_comes_later_behind_it(story: Story):
    page = Server()
    await story.queue("msg_1", "msg_2")
    async with sender(story, page) as sends:
        await story.idle()
        await story.queue("msg_3")
        sends.poke("msg_3", CLIENT)
        await story.idle()
    assert page.asked == ["msg_1", "msg_2", "msg_3"]
    assert page.taken[whatsapp_id_of("msg_2")] == "text of msg_2"
    events = await story.outbox.log.load(ONE)
    sent = [one.origin for one in events if one.topic == "MessageSent"]
    assert {(one.actor, one.correlation_id) for one in sent} == {("worker:test", "order-7")}


async def test_a_crash_between_sending_and_recording_sends_once(story: Story):
    page = Server()
    await story.queue("msg_1")
    page.open.clear()
    async with sender(story, page):
        await eventually(asking(page))
    page.taken[whatsapp_id_of("msg_1")] = "text of msg_1"  # it went, and nobody heard of it
    page.open.set()
    async with sender(story, page):
        await story.idle()
    assert page.asked == ["msg_1", "msg_1"]
    assert await story.told() == ["Queued msg_1", "Sent msg_1"]
    assert len(page.taken) == 1


def asking(page: Server) -> Callable[[], Awaitable[list[str]]]:
    async def asked() -> list[str]:
        return page.asked

    return asked


async def test_a_second_try_follows_on_the_same_page_without_a_standby(story: Story):
    page = Server(REFUSED)
    await story.queue("msg_1", "msg_2")
    async with sender(story, page):
        await story.idle()
    assert page.asked == ["msg_1", "msg_1", "msg_2"]
    assert await story.told() == [
        "Queued msg_1",
        "Queued msg_2",
        "NotSent msg_1 page_refused",
        "Sent msg_1",
        "Sent msg_2",
    ]


async def test_it_has_failed_after_the_second_and_the_next_goes_on(story: Story):
    page = Server(REFUSED, REFUSED)
    await story.queue("msg_1", "msg_2")
    async with sender(story, page):
        await story.idle()
    assert (await story.told())[2:] == [
        "NotSent msg_1 page_refused",
        "Failed msg_1 page_refused",
        "Sent msg_2",
    ]


async def test_what_no_page_can_send_fails_at_once(story: Story):
    page = Server(SendFailed(MessageReason.NOT_ON_WHATSAPP))
    await story.queue("msg_1")
    await story.queue("msg_2", content=False)
    async with sender(story, page):
        await story.idle()
    assert (await story.told())[2:] == [
        "Failed msg_1 not_on_whatsapp",
        "Failed msg_2 content_gone",
    ]
    assert page.asked == ["msg_1"]


async def test_a_message_that_breaks_the_page_does_not_hold_up_those_behind_it(story: Story):
    page = Server(RuntimeError("a defect"), RuntimeError("again"))
    await story.queue("msg_1", "msg_2")
    async with sender(story, page):
        await story.idle()
    assert (await story.told())[3:] == ["Failed msg_1 page_refused", "Sent msg_2"]


async def test_a_link_in_trouble_is_no_try_of_the_message(story: Story):
    page = Server(*(SendFailed(MessageReason.CONNECTION_LOST) for _ in range(5)))
    await story.queue("msg_1")
    async with sender(story, page):
        await story.idle()
    assert len(page.asked) == 6
    assert await story.told() == ["Queued msg_1", "Sent msg_1"]


async def test_a_standby_that_is_ready_takes_over_what_the_primary_cannot_send(story: Story):
    page = Server(REFUSED)
    sealed = RecordSealedSession(at=at(81), attempt=ATTEMPT, digest="d", size_bytes=1)
    requested = RecordStandby(at=at(82), attempt=ATTEMPT, stage="requested", digest="d")
    ready = RecordStandby(at=at(83), attempt=ATTEMPT, stage="ready", digest="d")
    await submit_all(story.dispatch, ONE, [sealed, requested])
    await story.queue("msg_1")

    async def taken_over() -> bool:
        return (await story.dispatch.load(ONE)).account.status is Status.INITIALIZING

    page.open.clear()
    async with sender(story, page):
        await eventually(asking(page))
        await submit_all(story.dispatch, ONE, [ready])  # it may be ready only by then
        page.open.set()
        await eventually(taken_over)
        await settle()
    account = (await story.dispatch.load(ONE)).account
    assert account.attempt is not None
    assert (account.attempt.holder, page.asked) == ("standby", ["msg_1"])
    assert [one.tries for one in account.messages.queued] == [1], "it waits for the standby"
    events = await story.outbox.log.load(ONE)
    promoted = next(one for one in events if one.topic == "StandbyPromoted")
    assert (getattr(promoted.event, "because", ""), promoted.origin.correlation_id) == (
        "send_failed",
        "order-7",
    )


async def test_what_has_waited_for_too_long_is_not_begun(story: Story):
    page = Server()
    await story.queue("msg_1")
    story.now += timedelta(hours=24) - sending.LAST_START + timedelta(seconds=1)
    await story.queue("msg_2")
    async with sender(story, page):
        await story.idle()
    assert (await story.told())[2:] == ["Failed msg_1 expired", "Sent msg_2"]


async def test_a_content_that_is_not_kept_goes_with_its_message(story: Story):
    settings = story.outbox.settings
    forgetful = Outbox(
        log=story.outbox.log,
        dispatch=story.dispatch,
        contents=story.outbox.contents,
        settings=SendingPolicy(
            per_minute=settings.per_minute,
            wait_limit=settings.wait_limit,
            keeps_content=False,
            policy=settings.policy,
        ),
        now=story.outbox.now,
        monotonic_s=story.outbox.monotonic_s,
    )
    await story.queue("msg_1")
    async with sender(story, Server(), outbox=forgetful):

        async def gone() -> bool:
            return await story.outbox.contents.find(ONE, "msg_1") is None

        await eventually(gone)
    assert await story.told() == ["Queued msg_1", "Sent msg_1"]


def test_a_pace_allows_so_many_in_any_minute_and_makes_none_of_them_wait():
    pace = Pace(3)
    for second in (0.0, 1.0, 50.0):
        assert pace.wait_s(second) == 0
        pace.begin(second)
    assert pace.wait_s(50.0) == 10.0
    assert pace.wait_s(60.0) == 0
    pace.begin(60.0)
    assert pace.wait_s(60.0) == 1.0
