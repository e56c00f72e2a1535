"""Whose browser starts next: a few at once, some time apart, and nobody waits for one neighbour.

A person sits before a link; a reconnect happens by itself. So links go first, but not always, or
reconnects would never come while links are asked for. Within both, workspaces take turns.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from adapters import clock

LINKS_IN_A_ROW = 2
"""Turns that links may take while a reconnect waits."""
SLOT_LIMIT_S = 8.0
"""The real page takes 7 to 9 s (seeds); a page that never answers must not hold up the others."""

Turn = asyncio.Future[None]


class StartQueue:
    """Hands out turns at starting a browser."""

    def __init__(self, at_once: int, *, spacing_s: float, limit_s: float = SLOT_LIMIT_S) -> None:
        """`spacing_s` lies between two starts; after `limit_s` a start holds nobody up any more."""
        self._free = at_once
        self._spacing_s = spacing_s
        self._limit_s = limit_s
        self._next_start_s = 0.0
        self._links = _Lane()
        self._reconnects = _Lane()
        self._links_in_a_row = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._links) + len(self._reconnects)

    @asynccontextmanager
    async def turn(
        self,
        workspace: str,
        *,
        person_waits: bool = True,
        on_wait: Callable[[], None] | None = None,
    ) -> AsyncGenerator[None]:
        """Hold a turn inside the block; `on_wait` is called if it does not come at once."""
        lane = self._links if person_waits else self._reconnects
        if self._free == 0 and on_wait is not None:
            on_wait()
        slot = await self._slot(lane, workspace)
        try:
            await self._space()
            slot.give_back_after(self._limit_s)
            yield
        finally:
            slot.give_back()

    async def _slot(self, lane: "_Lane", workspace: str) -> "_Slot":
        if self._free > 0:
            self._free -= 1
            return _Slot(self._give_back)
        turn: Turn = asyncio.get_running_loop().create_future()
        lane.join(workspace, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()  # it came in the very moment that nobody wanted it any more
            raise
        finally:
            lane.leave(workspace, turn)
        return _Slot(self._give_back)

    async def _space(self) -> None:
        now_s = clock.monotonic_s()
        start_s = max(now_s, self._next_start_s)
        self._next_start_s = start_s + self._spacing_s
        await asyncio.sleep(start_s - now_s)

    def _give_back(self) -> None:
        """Hand the slot to the next one in line, or keep it free."""
        turn = self._next()
        if turn is None:
            self._free += 1
        else:
            turn.set_result(None)

    def _next(self) -> Turn | None:
        links_first = self._links_in_a_row < LINKS_IN_A_ROW or not len(self._reconnects)
        first, second = (
            (self._links, self._reconnects) if links_first else (self._reconnects, self._links)
        )
        for lane in (first, second):
            turn = lane.take()
            if turn is not None:
                self._links_in_a_row = self._links_in_a_row + 1 if lane is self._links else 0
                return turn
        return None


class _Lane:
    """Those who wait, by workspace; workspaces take turns, each in the order they came."""

    def __init__(self) -> None:
        self._workspaces: OrderedDict[str, deque[Turn]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._workspaces.values()))

    def join(self, workspace: str, turn: Turn) -> None:
        self._workspaces.setdefault(workspace, deque()).append(turn)

    def leave(self, workspace: str, turn: Turn) -> None:
        """Strike out somebody who does not wait any more; nothing if it was taken."""
        line = self._workspaces.get(workspace)
        if line is not None and turn in line:
            line.remove(turn)
            if not line:
                del self._workspaces[workspace]

    def take(self) -> Turn | None:
        """Give the next turn of the workspace whose turn it is."""
        while self._workspaces:
            workspace, line = self._workspaces.popitem(last=False)
            turn = line.popleft()
            if line:
                self._workspaces[workspace] = line
            if not turn.done():
                return turn
        return None


class _Slot:
    """One turn; given back once, whoever is first."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back = give_back
        self._held = True
        self._timer: asyncio.TimerHandle | None = None

    def give_back_after(self, limit_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(limit_s, self.give_back)

    def give_back(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._held:
            self._held = False
            self._give_back()
