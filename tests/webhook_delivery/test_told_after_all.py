"""What was given up, passed over or disabled is told after all, when somebody asks for it."""

from adapters.event_log.partitions import Reading
from adapters.keys import Keys
from adapters.webhook_outbox import Redelivery
from app.identifiers import new_id
from app.projecting.registry import WEBHOOKS
from app.projecting.retry import retry
from app.webhooks.patience import GIVEN_UP_AFTER, PATIENCE
from tests.running_api import MASTER_KEY
from tests.waiting import eventually
from tests.webhook_delivery.parts import Installation, delivering
from tests.webhook_delivery.receiver import Receiver, Told
from tests.webhook_delivery.waits import (
    positions_of,
    soon_all_told,
    soon_told,
    soon_tried,
    until_told,
    until_tried,
)

DOWN = "503 Service Unavailable"
UP = "204 No Content"
HOUR_S = 3600.0


async def test_an_item_that_alone_does_not_arrive_is_set_aside_and_can_be_sent_again(
    here: Installation, receiver: Receiver
) -> None:
    await here.account("acc_a")
    await here.account("acc_b")
    endpoint = await here.endpoint(receiver.url)
    poison = (await positions_of(here, "acc_a"))[0]

    def answer(told: Told) -> str:
        return "400 Bad Request" if told.item["id"] == poison else UP

    receiver.answer = answer
    async with delivering(here):
        await until_told(receiver, 2)
        await here.happens("acc_b")
        await until_told(receiver, 3)
        await soon_tried(here, receiver, 5)
        await here.happens("acc_b")
        await until_told(receiver, 4)
        here.pace.advance(PATIENCE.total_seconds())
        await until_told(receiver, 5)
        assert poison not in receiver.positions("acc_a"), "what is behind it goes on"

        async def set_aside() -> bool:
            here.pace.advance(1.0)
            return (await here.standing(endpoint)).set_aside == 1

        await eventually(set_aside)
        receiver.answer = lambda _: UP
        await ask_again(here, endpoint.id, only_set_aside=True)

        async def taken_back() -> bool:
            here.pace.advance(1.0)
            return (await here.standing(endpoint)).set_aside == 0

        await eventually(taken_back)
        assert poison in receiver.positions("acc_a")


async def ask_again(here: Installation, endpoint_id: str, **given: bool | int) -> None:
    now = here.pace.now()
    asked = Redelivery(
        id=new_id("rdl", now),
        asked_at=now,
        only_set_aside=bool(given.get("only_set_aside", False)),
        position=int(given.get("first", 0)),
        until=int(given.get("until", await here.log.head())),
        tries=0,
        next_at=now,
        delivered=0,
        failed=0,
        done_at=None,
    )
    await here.outbox.ask(endpoint_id, asked)


async def test_a_range_is_sent_again_under_the_same_ids(
    here: Installation, receiver: Receiver
) -> None:
    await here.account("acc_a")
    await here.happens("acc_a", 3)
    endpoint = await here.endpoint(receiver.url)
    positions = await positions_of(here, "acc_a")
    async with delivering(here):
        await until_told(receiver, 5)
        await ask_again(here, endpoint.id, first=positions[1], until=positions[3])

        async def done() -> bool:
            here.pace.advance(1.0)
            return (await here.outbox.redeliveries(endpoint.id))[0].done_at is not None

        await eventually(done)
    again = receiver.accepted[5:]
    assert [one.item["id"] for one in again] == positions[1:4]
    assert [one.message_id for one in again] == [one.message_id for one in receiver.accepted[1:4]]
    assert (await here.outbox.redeliveries(endpoint.id))[0].delivered == 3


async def test_what_was_passed_over_while_an_account_was_parked_is_told_after_all(
    here: Installation, receiver: Receiver, database: str
) -> None:
    await here.account("acc_a")
    await here.happens("acc_a", 2)
    positions = await positions_of(here, "acc_a")
    await here.log.park(WEBHOOKS, "acc_a", positions[1], "a newer build wrote it")
    await here.account("acc_b")
    await here.endpoint(receiver.url)
    async with delivering(here):
        await until_told(receiver, 3)
        assert receiver.positions("acc_a") == positions[:1]
        (parked,) = await here.log.parked(WEBHOOKS)
        here.pace.advance(1.0)

        async def saved() -> bool:
            here.pace.advance(1.0)
            (endpoint,) = await here.endpoints.of(None)
            return endpoint.position >= await here.log.head()

        await eventually(saved)
        assert (await retry(here.log, Reading(database, Keys(MASTER_KEY)), parked)).freed
        await soon_told(here, receiver, 6)
    assert receiver.positions("acc_a") == positions


async def test_410_disables_at_once_and_enabling_tells_everything_missed(
    here: Installation, receiver: Receiver
) -> None:
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    receiver.answer = lambda _: "410 Gone"
    async with delivering(here):

        async def gone() -> bool:
            return (await here.standing(endpoint)).disabled == "gone"

        await eventually(gone)
        tried = len(receiver.told)
        await here.happens("acc_a", 2)
        here.pace.advance(HOUR_S)
        assert len(receiver.told) == tried
        receiver.answer = lambda _: UP
        await here.endpoints.enable(endpoint.id, here.pace.now())
        await soon_all_told(here, receiver, "acc_a")


async def test_an_endpoint_that_takes_nothing_for_days_is_disabled_and_keeps_its_place(
    here: Installation, receiver: Receiver
) -> None:
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    receiver.answer = lambda _: DOWN
    async with delivering(here):
        await until_tried(receiver, 1)
        here.pace.advance(GIVEN_UP_AFTER.total_seconds())

        async def disabled() -> bool:
            here.pace.advance(HOUR_S)
            return (await here.standing(endpoint)).disabled == "failing"

        await eventually(disabled)
        receiver.answer = lambda _: UP
        await here.endpoints.enable(endpoint.id, here.pace.now())
        await soon_all_told(here, receiver, "acc_a")
