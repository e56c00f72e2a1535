"""Messages do not wait for ever, and what they say is not kept for ever."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.account_keys import AccountKeys
from adapters.event_log.database import Database
from adapters.event_log.message_rows import MessageTable
from adapters.event_log.store import PostgresEventLog
from adapters.keys import Keys
from adapters.message_contents import MessageContent, MessageContents
from app.causes import PAGE, cause_of
from app.dispatch import Dispatch
from app.queue_clock import QueueClock
from app.settings import SettingsError, read_settings
from app.sweep import WITHOUT_MESSAGE, content_sweep
from domain.log import Origin
from domain.message_observations import RecordMessageSent
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.examples import ATTEMPT, RECIPIENT, at
from tests.messages_to_send import send
from tests.opened_log import MASTER_KEY, open_log
from tests.service.test_loops import ONE, steps_to_ready, submit_all

CLIENT = Origin(actor="key:1", correlation_id="order-7")
LINKER = Origin(actor="key:1", correlation_id="link-1")
HELLO = MessageContent(peer=RECIPIENT, text="hello")
DAY = timedelta(days=1)


class Parts:
    """What the loops work with, on one database."""

    def __init__(self, database: Database, log: PostgresEventLog, keys: AccountKeys) -> None:
        self.log = log
        self.dispatch = Dispatch(log)
        self.contents = MessageContents(database, keys)
        self.table = MessageTable(database, keys)

    async def queue(self, message: str, seconds: float) -> None:
        await self.contents.put(ONE, message, HELLO, at(seconds))
        await self.dispatch.submit(ONE, send(message, at(seconds)), CLIENT)

    async def kept(self) -> list[str]:
        names = ("msg_1", "msg_2", "msg_3")
        return [name for name in names if await self.contents.find(ONE, name)]


@pytest.fixture
async def parts(database: str) -> AsyncIterator[Parts]:
    async with Database(database) as opened:
        log = open_log(opened)
        keys = AccountKeys(opened, Keys(MASTER_KEY))
        made = Parts(opened, log, keys)
        await submit_all(made.dispatch, ONE, steps_to_ready(ATTEMPT))
        yield made
        await keys.close()
        await log.close()


async def test_what_waits_for_longer_than_the_limit_fails_whatever_its_account_does(parts: Parts):
    await parts.queue("msg_1", 10)
    await parts.queue("msg_2", 11)
    lost = RecordProblem(at=at(12), attempt=ATTEMPT, reason=Reason.NETWORK_LOST)
    await parts.dispatch.submit(ONE, lost, LINKER)
    now = at(10) + DAY
    clock = QueueClock(parts.log, parts.dispatch, parts.table, limit=DAY, now=lambda: now)
    assert (await clock.fail_expired(), await clock.fail_expired()) == (1, 0)
    rows = await parts.table.page(ONE, limit=9)
    assert [(row["message_id"], row["status"], row["reason"]) for row in rows] == [
        ("msg_2", "queued", None),
        ("msg_1", "failed", "expired"),
    ]
    failed = (await parts.log.load(ONE))[-1]
    assert (failed.origin.actor, failed.origin.correlation_id) == ("clock", "order-7")


async def test_contents_go_with_their_age_but_not_while_their_message_waits(parts: Parts):
    await parts.queue("msg_1", 10)
    await parts.queue("msg_2", 10)
    await parts.dispatch.submit(ONE, RecordMessageSent(at=at(11), message="msg_1"), CLIENT)
    await parts.contents.put(ONE, "msg_3", HELLO, at(10))  # of a wish that came to nothing
    now = at(10) + WITHOUT_MESSAGE
    sweep = content_sweep(parts.contents, 1, lambda: now)
    assert await sweep.sweep() == 0
    now = at(11) + WITHOUT_MESSAGE
    assert await sweep.sweep() == 1
    assert await parts.kept() == ["msg_1", "msg_2"]
    now = at(11) + DAY
    assert await sweep.sweep() == 1
    assert await parts.kept() == ["msg_2"]


async def test_a_content_is_sealed_and_opens_in_its_own_place_only(parts: Parts):
    await parts.queue("msg_1", 10)
    database = parts.contents.database
    ((sealed,),) = await database.fetch("select sealed from message_contents", ())
    assert b"hello" not in bytes(sealed)
    await database.fetch("update message_contents set message_id = 'msg_2' returning 1", ())
    assert await parts.kept() == []


async def test_messages_stand_between_a_link_and_its_cause_and_are_none(parts: Parts):
    link = steps_to_ready("attempt-9")
    for command in link:
        await parts.dispatch.submit("acc_9", command, LINKER)
    for number in range(PAGE):
        message = f"msg_{number}"
        await parts.dispatch.submit("acc_9", send(message), CLIENT)
        told = RecordMessageSent(at=at(21), message=message)
        worker = Origin(actor="worker:1", correlation_id="order-7")
        await parts.dispatch.submit("acc_9", told, worker)
    version = (await parts.dispatch.load("acc_9")).version
    assert (await cause_of(parts.log, "acc_9", version)).correlation_id == "link-1"


@pytest.mark.parametrize(
    ("variable", "wrong"),
    [
        ("LINKWRIGHT_MESSAGE_CONTENT_DAYS", "-1"),
        ("LINKWRIGHT_MESSAGE_FILE_MB", "17"),
        ("LINKWRIGHT_MESSAGES_PER_MINUTE", "0"),
        ("LINKWRIGHT_MESSAGE_WAIT_HOURS", "a day"),
    ],
)
def test_the_settings_are_whole_numbers(variable: str, wrong: str):
    assert read_settings({variable: "1"}) != read_settings({})
    with pytest.raises(SettingsError, match=f"{variable} must be whole"):
        read_settings({variable: wrong})
