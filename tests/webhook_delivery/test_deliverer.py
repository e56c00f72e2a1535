"""Endpoints are told everything, whatever becomes of them meanwhile. The clock stands still."""

from adapters.webhook_signatures import check_standard
from domain.facts import WebhookHeard, WebhookSilent
from domain.status import Status
from tests.waiting import eventually
from tests.webhook_delivery.parts import Installation, delivering
from tests.webhook_delivery.receiver import Receiver, receiving
from tests.webhook_delivery.waits import (
    positions_of,
    soon_told,
    soon_tried,
    until_told,
    until_tried,
)

DOWN = "503 Service Unavailable"
UP = "204 No Content"
HOUR_S = 3600.0


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
            await soon_tried(here, receiver, hour + 1)
            await here.happens("acc_a")
            here.pace.advance(HOUR_S)
        assert receiver.accepted == []
        receiver.answer = lambda _: UP
        events = 2 + 24 + 1  # that the receiver is silent is one of the story
        await soon_told(here, receiver, events, each_s=60.0)
    story = await here.log.load("acc_a")
    told = [one.position for one in story if not isinstance(one.event, WebhookHeard)]
    assert len(told) == events
    assert receiver.positions()[:events] == told
    account = (await here.dispatch.load("acc_a")).account
    assert account.status is Status.INITIALIZING, "deliveries change no account"
    assert (await here.standing(endpoint)).set_aside == 0


async def test_one_outage_is_one_fact_in_the_story(here: Installation, receiver: Receiver) -> None:
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    receiver.answer = lambda _: DOWN
    async with delivering(here):
        for tries in range(1, 6):
            await soon_tried(here, receiver, tries)
            here.pace.advance(HOUR_S)
        receiver.answer = lambda _: UP

        async def heard() -> bool:
            here.pace.advance(60.0)
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

        async def all_is_told() -> bool:
            here.pace.advance(60.0)
            told = receiver.positions("acc_a") == await positions_of(here, "acc_a")
            return told and (await here.standing(endpoint)).held == 0

        await eventually(all_is_told)


async def test_every_try_of_an_item_has_the_same_id(here: Installation, receiver: Receiver) -> None:
    await here.account("acc_a")
    endpoint = await here.endpoint(receiver.url)
    receiver.answer = lambda _: DOWN
    async with delivering(here):
        for tries in range(1, 4):
            await soon_tried(here, receiver, tries)
            here.pace.advance(HOUR_S)

        async def stored() -> bool:
            here.pace.advance(0.2)  # what has happened is stored ten times a second
            return len(await here.outbox.tries(endpoint.id)) >= 3

        await eventually(stored)
    assert len({told.message_id for told in receiver.told[:3]}) == 1
    tries = await here.outbox.tries(endpoint.id)
    assert [one.number for one in reversed(tries)][:3] == [1, 2, 3]
    assert {one.error for one in tries} == {"answered_503"}


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
        await soon_told(here, receiver, 5, each_s=60.0)
