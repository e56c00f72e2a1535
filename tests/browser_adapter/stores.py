"""Sealed sessions in memory, by the rules of those in the database: whoever claimed last may put.

What the database does with a session that has ended is not done here; tests of the service see it.
"""

import asyncio

from adapters.browser.spec import Inherited, NotHeld, NotRecorded
from tests.waiting import LIMIT_S


class Shelf:
    """One account's kept session, shared by all that open the account, wherever they are."""

    def __init__(self) -> None:
        self.packed: bytes | None = None
        self.unreadable = False
        self.is_away = False
        self.refused = 0
        self.silent = False
        """It does not answer any more."""
        self.loses_answers = False
        """It does as it was asked, and nobody hears of it."""
        self.asked = asyncio.Event()
        self.puts = 0
        self.too_large: list[str] = []
        self.holder: str | None = None
        self.earlier_holder: str | None = None
        self.news = asyncio.Condition()

    async def is_put(self, times: int) -> None:
        """Wait until sessions were put so often in all."""
        async with self.news, asyncio.timeout(LIMIT_S):
            await self.news.wait_for(lambda: self.puts >= times)


class Store:
    """The shelf in the hands of one session."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._word = ""

    async def holder(self) -> str | None:
        await self._require()
        return self._shelf.holder

    async def claim(self, holder: str) -> Inherited:
        shelf = self._shelf
        await self._require()
        if holder != shelf.holder:
            shelf.earlier_holder, shelf.holder = shelf.holder, holder
        self._word = holder
        if shelf.loses_answers:
            raise NotRecorded("the answer was lost")
        if shelf.unreadable:
            return Inherited(earlier_holder=shelf.earlier_holder, unreadable=True)
        return Inherited(earlier_holder=shelf.earlier_holder, packed=shelf.packed)

    async def put(self, packed: bytes) -> None:
        await self._require()
        if self._shelf.holder != self._word:
            raise NotHeld("opened by somebody else")
        async with self._shelf.news:
            self._shelf.packed, self._shelf.unreadable = packed, False
            self._shelf.puts += 1
            self._shelf.news.notify_all()

    async def not_kept(self, detail: str) -> None:
        self._shelf.too_large.append(detail)

    async def _require(self) -> None:
        self._shelf.asked.set()
        if self._shelf.silent:
            await asyncio.Event().wait()
        if self._shelf.is_away:
            self._shelf.refused += 1
            raise NotRecorded("the store is away")
