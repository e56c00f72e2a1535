"""What a client takes for right, for put off and for wrong; and the same for who reads the feed."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tests.campaign.clients import Client
from tests.campaign.followers import FeedFollower
from tests.campaign.memory import Memory
from tests.event_stream import StreamEvent

Answer = Callable[[httpx.Request], httpx.Response]


async def remembered(answer: Answer) -> Memory:
    """Let one client send until it has heard this answer once."""
    memory, stopping = Memory(), asyncio.Event()

    def respond(request: httpx.Request) -> httpx.Response:
        stopping.set()
        return answer(request)

    transport = httpx.MockTransport(respond)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        await Client("one", http, "key", memory, ["acc_1", "acc_2"], 1, alone=False).run(stopping)
    return memory


def problem(status: int, code: str, *, retryable: bool, **headers: str) -> Answer:
    body = {"type": f"/problems/{code}", "retryable": retryable, "position": 7}
    return lambda _: httpx.Response(status, json=body, headers=headers)


async def test_an_answer_is_remembered_with_its_position():
    account = {"id": "acc_1", "workspace": "shop"}
    body = {"outcome": "accepted", "position": 7, "account": account}
    memory = await remembered(lambda _: httpx.Response(200, json=body))
    assert memory.answers == {"one": 1}
    assert memory.wrong == []


async def test_a_refusal_is_an_answer_too():
    memory = await remembered(problem(409, "nothing_to_cancel", retryable=False))
    (told,) = memory.told
    assert (told.outcome, told.position) == ("refused", 7)


async def test_a_client_that_is_told_to_come_back_later_is_put_off():
    headers = {"Retry-After": "2"}
    memory = await remembered(problem(503, "storage_unavailable", retryable=True, **headers))
    assert (memory.put_off, memory.told, memory.wrong) == ({"one": 1}, [], [])


def gone(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset", request=request)


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("silent", request=request)


async def test_a_connection_that_ends_first_leaves_the_outcome_open():
    memory = await remembered(gone)
    assert (memory.unanswered, memory.told, memory.wrong) == (1, [], [])


WRONG: dict[str, Answer] = {
    "no answer within the limit": silent,
    "an account that was acknowledged is not there": problem(
        404, "not_registered", retryable=False
    ),
    "put off without a word of when": problem(503, "storage_unavailable", retryable=True),
    "something broke": problem(500, "internal_error", retryable=True),
    "no problem at all": lambda _: httpx.Response(502, text="Bad gateway"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_every_other_answer_is_wrong(what: str):
    memory = await remembered(WRONG[what])
    assert len(memory.wrong) == 1
    assert (memory.told, memory.unanswered, memory.put_off.total()) == ([], 0, 0)


EVENTS = {
    "a double": (["id: 4", "event: qr", "data: {}"], "4 was delivered after 4"),
    "an older one": (["id: 3", "event: qr", "data: {}"], "3 was delivered after 4"),
    "a mark that goes back": ([": still here", "id: 3"], "3 was delivered after 4"),
    "a reset": (["id: 2", "event: reset", "data: {}"], "the log ends before 4, which was"),
}


@pytest.mark.parametrize("what", EVENTS)
async def test_whoever_reads_the_feed_notices(what: str):
    async with httpx.AsyncClient() as http:
        follower = FeedFollower(http, "key")
        follower.take(StreamEvent(["id: 4", "event: qr", "data: {}"]))
        follower.take(StreamEvent([": still here", "id: 4"]))
        assert (follower.items, follower.wrong) == ([4], [])
        lines, said = EVENTS[what]
        follower.take(StreamEvent(lines))
    assert len(follower.wrong) == 1
    assert follower.wrong[0].startswith(said)
