"""How serving one reader ends, whichever side ends it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.event_log.memory import MemoryEventLog
from app.dispatch import Dispatch
from app.feed_delivery import Delivery
from app.feed_hub import FeedHub
from app.feed_reader import MOST_WAITING, FeedFilter, Sent
from domain.log import Origin, RecordedEvent
from domain.wishes import RegisterAccount
from tests.examples import at
from tests.running_api import until

LIMIT_S = 10.0
ORIGIN = Origin(actor="key:test")


class Client:
    """Takes what is sent, until it has had enough; then raises what it was told to."""

    def __init__(self, most: int = 100, then: Exception | None = None) -> None:
        self.told: list[str] = []
        self._most = most
        self._then = then

    async def items(self, items: list[Sent]) -> None:
        self.told += [sent.item.account_id for sent in items]
        if self._then is not None and len(self.told) >= self._most:
            raise self._then

    async def mark(self, position: int) -> None:
        self.told.append(f"mark {position}")

    async def end(self, because: str) -> None:
        self.told.append(because)


class Served:
    """A log, its hub, and one delivery at a time."""

    def __init__(self, log: MemoryEventLog | None = None) -> None:
        log = log or MemoryEventLog()
        self.dispatch = Dispatch(log)
        self.hub = FeedHub(log, self.dispatch.as_of, poll_s=0.01)

    async def register(self, account_id: str) -> None:
        await self.dispatch.submit(account_id, RegisterAccount(at=at(0), workspace="w"), ORIGIN)

    @asynccontextmanager
    async def delivery(self, client: Client) -> AsyncGenerator[Delivery]:
        """Serve until the delivery ends itself, which must come."""
        it_ends = asyncio.timeout(None)
        with self.hub.admit(FeedFilter(), after=0) as reader:
            delivery = Delivery(self.hub, reader, client, it_ends)
            try:
                with suppress(TimeoutError):
                    async with it_ends:
                        delivery.start()
                        yield delivery
                        async with asyncio.timeout(LIMIT_S):
                            await asyncio.Event().wait()
            finally:
                await delivery.stop()
        assert it_ends.expired()


@pytest_asyncio.fixture
async def served() -> AsyncGenerator[Served]:
    made = Served()
    running = asyncio.create_task(made.hub.run())
    await made.hub.following()
    yield made
    running.cancel()
    await asyncio.wait([running])


async def test_a_client_that_has_gone_ends_it_without_a_defect(served: Served):
    client = Client(most=2, then=OSError("gone"))
    await served.register("acc_1")
    async with served.delivery(client) as delivery:
        await served.register("acc_2")
    assert client.told == ["acc_1", "acc_2"]
    assert delivery.failure is None


async def test_a_defect_ends_it_and_is_kept(served: Served):
    broken = ZeroDivisionError()
    async with served.delivery(Client(most=1, then=broken)) as delivery:
        await served.register("acc_1")
    assert delivery.failure is broken


async def test_a_hub_that_follows_no_log_has_the_client_come_back():
    client = Client()
    async with Served().delivery(client) as delivery:
        pass
    assert client.told == ["storage_unavailable"]
    assert delivery.failure is None


async def test_a_burst_of_events_lets_no_reader_go_that_keeps_up(served: Served):
    client = Client()
    names = [f"acc_{number}" for number in range(3 * MOST_WAITING)]
    async with served.delivery(client):
        await served.register(names[0])
        await until(lambda: client.told == names[:1])
        for name in names[1:]:  # on a log in memory all of it is one turn of the loop
            await served.register(name)
        await until(lambda: len(client.told) >= len(names))
        served.hub.close()
    assert client.told == [*names, "ending"]


async def test_a_hub_that_ends_says_so_after_what_was_sent(served: Served):
    client = Client()
    await served.register("acc_1")
    async with served.delivery(client):
        await served.register("acc_2")
        await until(lambda: client.told == ["acc_1", "acc_2"])
        served.hub.close()
    assert client.told == ["acc_1", "acc_2", "ending"]


class CutOff:
    """A client that is cut off anywhere, also between two items, and comes back."""

    def __init__(self) -> None:
        self.positions: list[int] = []

    @property
    def last(self) -> int:
        return self.positions[-1] if self.positions else 0

    async def items(self, items: list[Sent]) -> None:
        for sent in items:
            self.positions.append(sent.position)
            await tick()

    async def mark(self, position: int) -> None: ...

    async def end(self, because: str) -> None: ...


async def tick() -> None:
    """Let everybody else have a turn."""
    turn = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turn.set_result, None)
    await turn


class LaggingLog(MemoryEventLog):
    """A log whose readers wait for some turns, as they do for a database."""

    def __init__(self, turns: list[int]) -> None:
        super().__init__()
        self._turns = cycle(turns)

    async def read(
        self,
        after: int,
        limit: int,
        *,
        stream: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> list[RecordedEvent]:
        for _ in range(next(self._turns)):
            await tick()
        recorded = await super().read(after, limit, stream=stream, topics=topics)
        for _ in range(next(self._turns)):
            await tick()
        return recorded


LAGS = st.lists(st.integers(0, 6), min_size=1, max_size=6)
STEPS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), max_size=12)
"""Of each connection: how many events are recorded in it, and after how many turns it is cut."""


@settings(max_examples=60, deadline=None)
@given(STEPS, LAGS)
def test_whoever_is_cut_off_and_comes_back_sees_the_log_once(
    steps: list[tuple[int, int]], lags: list[int]
):
    asyncio.run(cut_off_and_come_back(steps, LaggingLog(lags)))


async def serve(hub: FeedHub, client: CutOff) -> None:
    with hub.admit(FeedFilter(), client.last) as reader:
        it_ends = asyncio.timeout(None)
        delivery = Delivery(hub, reader, client, it_ends)
        try:
            with suppress(TimeoutError):
                async with it_ends:
                    delivery.start()
                    await asyncio.Event().wait()
        finally:
            await delivery.stop()


async def cut_off_and_come_back(steps: list[tuple[int, int]], log: LaggingLog) -> None:
    served, client, recorded = Served(log), CutOff(), 0
    running = asyncio.create_task(served.hub.run())
    await served.hub.following()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.feed_reader.MOST_WAITING", 3)  # so that some are too slow
        for events, turns in [*steps, (1, 0)]:
            serving = asyncio.create_task(serve(served.hub, client))
            for _ in range(events):
                recorded += 1
                await served.register(f"acc_{recorded}")
            for _ in range(turns):
                await tick()
            serving.cancel()
            await asyncio.wait([serving])
    await until(lambda: served.hub.position == recorded)
    with served.hub.admit(FeedFilter(), client.last) as reader:
        async for page in served.hub.resume(reader):
            await client.items(page)
    assert client.positions == list(range(1, recorded + 1))
    running.cancel()
    await asyncio.wait([running])
