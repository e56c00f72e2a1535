"""What an account's page tells of messages: recorded once, with what it says beside the log."""

from collections.abc import AsyncIterator

import pytest

from adapters.account_keys import AccountKeys
from adapters.browser.spec import MessageAck, NotRecorded, ReceivedMessage
from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.memory import MemoryEventLog
from adapters.keys import Keys
from adapters.message_contents import MessageContents
from app.dispatch import Dispatch
from app.receiving import Inbox, Receiving
from domain.log import Origin
from domain.message_events import MessageReceived
from domain.message_reasons import whatsapp_id_of
from tests.examples import ATTEMPT, RECIPIENT, at
from tests.messages_to_send import send
from tests.opened_log import MASTER_KEY, open_log
from tests.service.test_loops import ONE, steps_to_ready, submit_all

CUT = "Is my order ready? \ud83d"
CAME = ReceivedMessage(
    whatsapp_id="3EB0FF",
    sender=RECIPIENT,
    name="Budi",
    kind="file",
    text=CUT,
    at=at(90),
    file_name="order.pdf",
    media_type="Application/PDF; name=order.pdf",
    size_bytes=900,
)


@pytest.fixture
async def inbox(database: str) -> AsyncIterator[Inbox]:
    async with Database(database) as opened:
        log, keys = open_log(opened), AccountKeys(opened, Keys(MASTER_KEY))
        dispatch = Dispatch(log)
        await submit_all(dispatch, ONE, steps_to_ready(ATTEMPT))
        yield Inbox(
            dispatch=dispatch,
            contents=MessageContents(opened, keys),
            keys=Keys(MASTER_KEY),
            keeps_content=True,
            now=lambda: at(91),
        )
        await keys.close()
        await log.close()


async def received(inbox: Inbox) -> list[MessageReceived]:
    log = open_log(inbox.contents.database)
    events = [one.event for one in await log.load(ONE)]
    await log.close()
    return [event for event in events if isinstance(event, MessageReceived)]


async def test_a_message_is_recorded_once_with_what_it_says(inbox: Inbox):
    receiving = Receiving(ONE, inbox=inbox, origin=Origin(actor="worker:1"))
    for _ in range(2):  # a page that was loaded anew tells of its last ones again
        await receiving.receive(CAME)
    (event,) = await received(inbox)
    told = (event.sender, event.name, event.kind, event.media_type, event.size_bytes)
    assert told == (RECIPIENT, "Budi", "file", "application/pdf", 900)
    content = await inbox.contents.find(ONE, event.message)
    assert content is not None
    assert (content.peer, content.text) == (RECIPIENT, "Is my order ready? \ufffd")
    kept = await inbox.contents.database.fetch("select count(*) from message_contents", ())
    assert kept[0][0] == 1


async def test_the_log_that_is_away_is_told_to_the_page(monkeypatch: pytest.MonkeyPatch):
    """It keeps the message and tells it again."""
    log = MemoryEventLog()
    dispatch = Dispatch(log)
    await submit_all(dispatch, ONE, [*steps_to_ready(ATTEMPT), send("msg_1")])

    async def away(*_: object) -> None:
        raise StorageUnavailable("The database cannot be reached.")

    monkeypatch.setattr(log, "append", away)
    inbox = Inbox(
        dispatch=dispatch,
        contents=MessageContents(None, None),  # type: ignore[arg-type]  nothing is kept
        keys=Keys(MASTER_KEY),
        keeps_content=False,
        now=lambda: at(91),
    )
    receiving = Receiving(ONE, inbox=inbox, origin=Origin(actor="worker:1"))
    with pytest.raises(NotRecorded):
        await receiving.receive(CAME)
    ack = MessageAck(whatsapp_id=whatsapp_id_of("msg_1"), ack="read")
    with pytest.raises(NotRecorded):
        await receiving.acknowledge(ack)
    await log.close()
