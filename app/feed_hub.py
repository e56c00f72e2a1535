"""One hub per process: follows the log and hands each item, encoded once, to every reader of it.

The log is the delivery and the hub only the fast path: a reader resumes from the log and goes live
at the moment when it has read as far as the hub, so there is neither a gap nor a double. A reader
that cannot keep up is let go; it comes back with the id of its last item and misses nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from functools import partial

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import EventLog
from app.feed_reader import FeedFilter, Reader, Sent, encode
from app.held import Held
from app.projecting.parking import Parking
from app.projecting.registry import FEED
from app.projecting.told_position import ToldPosition
from app.steady import keep_running
from app.tail import follow, read_page
from domain.log import RecordedEvent
from projections.feed import FeedItem, FeedProjection

POLL_S = 1.0
"""What a lost notification may cost."""
MOST_READERS = 6_000
"""Issue 6 measures 5,000 in one process; each holds a socket and about 16 kB."""
BEAT_S = 15.0
"""Between two signs of life. Proxies close a silent connection after 30 to 60 s (nginx:
proxy_read_timeout 60 s)."""
BEATS = 15
"""Parts that the readers are split into, so that never all of them are written to at once."""
BURST = 100
"""Items that are handed out in one go: fewer than may wait for a reader."""
PAGE = 200
"""Events that a resuming reader takes from the log at once: some 100 kB encoded."""
CATCHING_UP = 2
"""Resuming readers that read the log at once; the process has four connections."""
CATCH_UP_ROWS = 1_000
"""Accounts that a resuming reader keeps folded; one that fell out costs one read."""

AsOf = Callable[[str, int], Awaitable[Held]]
"""Loads an account as it was at a version: `Dispatch.as_of`."""
Page = tuple[list[Sent], int]
"""Items, and the position up to which there are no others."""


class TooManyReaders(Exception):
    """Every slot is taken."""


class NotFollowing(Exception):
    """The hub has not reached the log yet, or has lost it for good."""


class FeedHub:
    """`run` follows the log until cancelled; readers are admitted while it does."""

    def __init__(
        self,
        log: EventLog,
        as_of: AsOf,
        *,
        most_readers: int = MOST_READERS,
        poll_s: float = POLL_S,
        beat_s: float = BEAT_S,
        name: str = FEED,
    ) -> None:
        """`name` is the projection whose parked accounts it passes over."""
        self._log = log
        self._as_of = as_of
        self._most_readers = most_readers
        self._poll_s = poll_s
        self._beat_s = beat_s
        self._beaten: tuple[set[Reader], ...] = tuple(set[Reader]() for _ in range(BEATS))
        self._turns = asyncio.Semaphore(CATCHING_UP)
        self._projection = FeedProjection()
        self.parking = Parking(log, name)
        self._told = ToldPosition(log, name)
        self._position: int | None = None
        self._answered = 0
        self._readers: set[Reader] = set()
        self._live: dict[tuple[str, str], set[Reader]] = {}
        self._following = asyncio.Event()
        self._moved = asyncio.Event()
        self._stopped = False

    @property
    def position(self) -> int:
        """Everything up to here has been handed out; NotFollowing while the hub does not run."""
        if self._position is None or self._stopped:
            message = "The feed has stopped" if self._stopped else "The feed is not running yet"
            raise NotFollowing(message)
        return self._position

    @property
    def reached(self) -> int:
        """The last position known to be in the log: handed out, or just answered to a client."""
        return max(self.position, self._answered)

    def reach(self, position: int) -> None:
        """Note the position of an append that was acknowledged; everything before it is visible."""
        self._answered = max(self._answered, position)
        self._moved.set()

    async def arrives(self, position: int, limit_s: float) -> bool:
        """Wait until a position is reached; False after `limit_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while self.reached < position:
                    self._moved.clear()
                    await self._moved.wait()
        return self.reached >= position

    @property
    def readers(self) -> int:
        """How many slots are taken."""
        return len(self._readers)

    async def run(self) -> None:
        """Follow the log through any outage until cancelled; then let every reader go."""
        beating = asyncio.create_task(self._beat(), name="feed beat")
        try:
            await keep_running("feed hub", self._follow)
        finally:
            beating.cancel()
            self._stopped = True
            self.close()

    async def following(self) -> None:
        """Wait for the first look at the log."""
        await self._following.wait()

    def close(self) -> None:
        """Let every reader go; each ends its stream by itself."""
        for reader in self._readers:
            reader.drop("ending")

    async def _beat(self) -> None:
        while True:
            for readers in self._beaten:
                await asyncio.sleep(self._beat_s / BEATS)
                for reader in readers:
                    reader.beat()

    async def _follow(self) -> None:
        if self._position is None:
            self._position = await self._log.head()
            self._following.set()
        async for batch in follow(self._log, self._position, self._poll_s, self._pass_over):
            await self.parking.prepare([recorded.stream for recorded in batch])
            for number, recorded in enumerate(batch, start=1):
                item = await read_item(self._as_of, self._projection, recorded, self.parking)
                if item is not None:
                    self._publish(encode(item))
                self._position = recorded.position
                if number % BURST == 0:
                    await asyncio.sleep(0)  # readers who keep up take what they were given
            self._moved.set()
            await self._told.tell(self._position)

    async def _pass_over(self, error: UnreadableEvent) -> None:
        await self.parking.park_unreadable(error)
        self._position = error.position

    def _publish(self, item: Sent) -> None:
        account, workspace = item.item.account_id, item.item.workspace
        for key in (("account", account), ("workspace", workspace), ("all", "")):
            for reader in self._live.get(key, ()):
                reader.offer(item)

    def admit(self, wanted: FeedFilter, after: int | None = None) -> "Admission":
        """Hold a slot inside a `with`; it is free again when the block is left, however it is.

        `after` None starts with what comes next. Entering raises TooManyReaders or NotFollowing.
        """
        return Admission(self, wanted, after)

    def enter(self, wanted: FeedFilter, after: int | None) -> Reader:
        """Take a slot, for whoever cannot hold it by a `with`; `leave` must follow."""
        position = self.reached if after is None else after
        if len(self._readers) >= self._most_readers:
            message = f"{self._most_readers} readers are connected, which is the limit"
            raise TooManyReaders(message)
        reader = Reader(wanted, position)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """Give a slot back."""
        self._readers.discard(reader)
        self._mute(reader)

    async def resume(self, reader: Reader) -> AsyncGenerator[list[Sent]]:
        """Yield what the log holds after the reader's position, then make the reader live.

        Raises StorageUnavailable. Between the last look at `position` and `_listen` nothing is
        awaited, so no item falls between the log and the live tail.
        """
        projection = FeedProjection(capacity=CATCH_UP_ROWS)
        while reader.position < self.position and not reader.let_go:
            items, arrived_at = await self._in_turn(partial(self._page, reader, projection))
            reader.position = max(reader.position, arrived_at)
            yield items
        self._listen(reader)

    async def _in_turn(self, read: Callable[[], Coroutine[None, None, Page]]) -> Page:
        """Read from the log, few readers at once, and to the end even if the reader leaves.

        A statement that is given up costs its connection, and a storm of readers who come and go
        would take the connections of everybody else in this process.
        """
        await self._turns.acquire()
        reading = asyncio.create_task(read(), name="feed reader catches up")
        reading.add_done_callback(self._end_turn)
        return await asyncio.shield(reading)

    def _end_turn(self, reading: "asyncio.Task[Page]") -> None:
        self._turns.release()
        if not reading.cancelled():
            reading.exception()  # looked at, for its reader may have left

    async def _page(self, reader: Reader, projection: FeedProjection) -> Page:
        """Read on; the answer covers everything wanted up to the position beside it."""
        seen = self.position
        page, _ = await read_page(
            self._log,
            reader.position,
            PAGE,
            self.parking.park_unreadable,
            stream=reader.wanted.account_id,
        )
        await self.parking.prepare([recorded.stream for recorded in page])
        items: list[Sent] = []
        for recorded in page:
            item = await read_item(self._as_of, projection, recorded, self.parking)
            if item is not None and reader.wanted.wants(item):
                items.append(encode(item))
        return items, page[-1].position if page else seen

    def _listen(self, reader: Reader) -> None:
        self._live.setdefault(_key(reader.wanted), set()).add(reader)
        min(self._beaten, key=len).add(reader)

    def _mute(self, reader: Reader) -> None:
        for readers in self._beaten:
            readers.discard(reader)
        key = _key(reader.wanted)
        listening = self._live.get(key)
        if listening is not None:
            listening.discard(reader)
            if not listening:
                del self._live[key]

    @contextmanager
    def watch(self, account_id: str) -> Generator[Reader]:
        """Hold a live reader of one account, for a request that waits for its next step."""
        with self.admit(FeedFilter(account_id=account_id)) as reader:
            self._listen(reader)
            yield reader


class Admission:
    """A slot, held inside a `with`. Written out: a generator would cost each reader 400 bytes."""

    __slots__ = ("_after", "_hub", "_reader", "_wanted")

    def __init__(self, hub: FeedHub, wanted: FeedFilter, after: int | None) -> None:
        self._hub = hub
        self._wanted = wanted
        self._after = after

    def __enter__(self) -> Reader:
        self._reader = self._hub.enter(self._wanted, self._after)
        return self._reader

    def __exit__(self, *_: object) -> None:
        self._hub.leave(self._reader)


async def read_item(
    as_of: AsOf, projection: FeedProjection, recorded: RecordedEvent, parking: Parking
) -> FeedItem | None:
    """Make the item of the next event, loading the account before it when it must be known.

    An account that is parked has no items from that event on: better none than one with a status
    that may be wrong.
    """
    if parking.stops(recorded.stream, recorded.position):
        return None
    async with parking.guarding(recorded.stream, recorded):
        if projection.lacks(recorded):
            before = await as_of(recorded.stream, recorded.version - 1)
            if before.row is not None:
                projection.seed(before.row)
        return projection.item(recorded)
    return None


def _key(wanted: FeedFilter) -> tuple[str, str]:
    """Name the narrowest set of items that holds all that is wanted."""
    if wanted.account_id is not None:
        return ("account", wanted.account_id)
    if wanted.workspace is not None:
        return ("workspace", wanted.workspace)
    return ("all", "")
