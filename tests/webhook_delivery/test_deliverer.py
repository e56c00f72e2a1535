"""Endpoints are told everything, whatever becomes of them meanwhile. The clock stands still."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from adapters.event_log.partitions import Reading
from adapters.keys import Keys
from adapters.webhook_outbox import Redelivery
from adapters.webhook_signatures import check_standard
from app.identifiers import new_id
from app.projecting.registry import WEBHOOKS
from app.projecting.retry import retry
from app.webhooks.patience import GIVEN_UP_AFTER, PATIENCE
from domain.facts import WebhookHeard, WebhookSilent
from domain.status import Status
from tests.running_api import MASTER_KEY
from tests.waiting import eventually
from tests.webhook_delivery.parts import Installation, delivering, installation
from tests.webhook_delivery.receiver import Receiver, Told, receiving

DOWN = "503 Service Unavailable"
UP = "204 No Content"
HOUR_S = 3600.0


@pytest_asyncio.fixture
async def here(database: str) -> AsyncGenerator[Installation]:
    async with installation(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as listening:
        yield listening


async def positions_of(here: Installation, account: str) -> list[int]:
    """Read from the log what an endpoint is to be told of an account."""
    return [one.position for one in await here.log.load(account)]


async def until_told(receiver: Receiver, count: int) -> None:
    """Wait until so many items were accepted."""

    async def looks() -> bool:
        return len(receiver.positions()) >= count

    await eventually(looks)


async def soon_told(here: Installation, receiver: Receiver, count: int) -> None:
    """The same, while seconds pass: what people change is looked for every second."""

    async def looks() -> bool:
        here.pace.advance(1.0)
        return len(receiver.positions()) >= count

    await eventually(looks)


async def until_tried(receiver: Receiver, count: int) -> None:
    async def looks() -> bool:
        return len(receiver.told) >= count

    await eventually(looks)


async def test_what_happens_is_told_in_order_and_signed(
    here: Installation, receiver: Receiver
) -> None:
    endpoint = await here.endpoint(receiver.url)
    (secret,) = await here.endpoints.secrets(endpoint.id, here.pace.now())
    await here.account("acc_a")
    async with delivering(here):
        await until_told(receiver, 2)
        await here.happens("acc_a", 3)
        await until_told(receiver, 5)
    assert receiver.positions() == await positions_of(here, "acc_a")
    assert [one.item["type"] for one in receiver.accepted[:2]] == [
        "account.registered",
        "link.requested",
    ]
    for told in receiver.accepted:
        check_standard(told.headers, told.body, [secret.text], here.pace.now())


async def test_only_what_is_wanted_is_told(here: Installation, receiver: Receiver) -> None:
    await here.account("acc_a")
    await here.account("acc_b")
    await here.account("acc_c", workspace="other")
    await here.endpoint(receiver.url, account_id="acc_b", types=["link.requested"])
    async with delivering(here):
        await until_told(receiver, 1)
        await here.happens("acc_b")
    assert receiver.positions() == [(await positions_of(here, "acc_b"))[1]]


async def test_a_receiver_that_is_down_for_a_day_loses_nothing(
    here: Installation, receiver: Receiver
) -> None:
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    receiver.answer = lambda _: DOWN
    async with delivering(here):
        for hour in range(24):
            await until_tried(receiver, hour + 1)
            await here.happens("acc_a")
            here.pace.advance(HOUR_S)
        assert receiver.accepted == []
        receiver.answer = lambda _: UP
        here.pace.advance(HOUR_S)
        await until_told(receiver, 2 + 24)
    events = await here.log.load("acc_a")
    told = [one.position for one in events if not isinstance(one.event, WebhookHeard)]
    assert receiver.positions()[: len(told)] == told
    account = (await here.dispatch.load("acc_a")).account
    assert account.status is Status.INITIALIZING, "deliveries change no account"
    assert (await here.standing(endpoint)).set_aside == 0


async def test_one_outage_is_one_fact_in_the_story(here: Installation, receiver: Receiver) -> None:
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    receiver.answer = lambda _: DOWN
    async with delivering(here):
        for tries in range(1, 6):
            await until_tried(receiver, tries)
            here.pace.advance(HOUR_S)
        receiver.answer = lambda _: UP
        here.pace.advance(HOUR_S)

        async def heard() -> bool:
            return isinstance((await here.log.load("acc_a"))[-1].event, WebhookHeard)

        await eventually(heard)
    events = [one.event for one in await here.log.load("acc_a")]
    silent = [event for event in events if isinstance(event, WebhookSilent)]
    assert [(one.endpoint, one.error) for one in silent] == [(endpoint.id, "answered_503")]
    assert sum(isinstance(event, WebhookHeard) for event in events) == 1


async def test_one_endpoint_that_is_dead_delays_no_other(
    here: Installation, receiver: Receiver
) -> None:
    async with receiving() as dead:
        dead.answer = lambda _: DOWN
        await here.endpoint(dead.url)
        await here.endpoint(receiver.url)
        async with delivering(here):
            for name in ("acc_a", "acc_b"):
                await here.account(name)
                await here.happens(name, 3)
            # The dead one's outage is told to the other one: no time has to pass for any of it.
            await until_told(receiver, 10)
    assert dead.accepted == []


async def test_one_account_that_is_held_up_delays_no_other(
    here: Installation, receiver: Receiver
) -> None:
    receiver.answer = lambda told: DOWN if told.item["account_id"] == "acc_a" else UP
    for name in ("acc_a", "acc_b"):
        await here.account(name)
        await here.happens(name, 4)
    endpoint = await here.endpoint(receiver.url)
    async with delivering(here):
        await until_told(receiver, 6)
        assert receiver.positions("acc_b") == await positions_of(here, "acc_b")
        receiver.answer = lambda _: UP
        here.pace.advance(HOUR_S)
        await until_told(receiver, 12)
    assert receiver.positions("acc_a") == (await positions_of(here, "acc_a"))
    assert (await here.standing(endpoint)).held == 0


async def test_every_try_of_an_item_has_the_same_id(here: Installation, receiver: Receiver) -> None:
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    receiver.answer = lambda _: DOWN
    async with delivering(here):
        for tries in range(1, 4):
            await until_tried(receiver, tries)
            here.pace.advance(HOUR_S)
    assert len({told.message_id for told in receiver.told[:3]}) == 1
    tries = await here.outbox.tries(endpoint.id)
    assert [one.number for one in reversed(tries)][:3] == [1, 2, 3]
    assert {one.error for one in tries} == {"answered_503"}


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
        here.pace.advance(HOUR_S)
        await until_tried(receiver, 5)
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
        await soon_told(here, receiver, 4)
    assert receiver.positions() == await positions_of(here, "acc_a")


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
            return (await here.standing(endpoint)).disabled == "failing"

        await eventually(disabled)
        receiver.answer = lambda _: UP
        await here.endpoints.enable(endpoint.id, here.pace.now())
        await soon_told(here, receiver, 2)
    assert receiver.positions() == await positions_of(here, "acc_a")


async def test_a_deliverer_that_is_replaced_changes_nothing_any_more(
    here: Installation, receiver: Receiver
) -> None:
    """Of two that deliver at once, which a lost lease may lead to, one gives way."""
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    async with delivering(here), delivering(here):
        for _ in range(5):
            await here.happens("acc_a")
            here.pace.advance(1.0)
        await until_told(receiver, 7)
    assert receiver.positions() == await positions_of(here, "acc_a")
    assert (await here.standing(endpoint)).held == 0


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


async def test_throttled_is_left_alone_for_as_long_as_it_asks(
    here: Installation, receiver: Receiver
) -> None:
    await here.account("acc_a")
    await here.account("acc_b")
    await here.endpoint(receiver.url)
    receiver.answer = lambda _: "429 Too Many Requests\r\nretry-after: 7200"
    async with delivering(here):
        await until_tried(receiver, 2)
        here.pace.advance(7100.0)
        await here.happens("acc_b")
        assert len(receiver.told) == 2
        receiver.answer = lambda _: UP
        here.pace.advance(200.0)
        await until_told(receiver, 5)
