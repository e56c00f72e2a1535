"""Accounts that come and go for an hour, and figures taken whenever none of them is there.

They come in waves. In between one account stays linked, one reader follows the feed, and whatever
else is there has been left behind.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import msgspec

from adapters import clock
from tests.fleet_campaign.faults import kill_browser, kill_tab
from tests.fleet_campaign.figures import measure
from tests.fleet_campaign.flat import Row, rows
from tests.fleet_campaign.leftovers import leftovers
from tests.fleet_campaign.run import RECOVERY_S, TIDY_S
from tests.fleet_campaign.stage import LINK_LIMIT_S, PAUSE_S, Stage
from tests.waiting import eventually, let_pass

LIVES_S = 6.0
"""How long an account is linked at most, when nothing goes wrong with it."""
APART_S = 5.0
"""The accounts of one wave begin within this."""
FEWEST_SAMPLES = 4
READERS = 1


class Soaked(msgspec.Struct):
    """What a soak has found."""

    rows: list[Row]
    left: list[str]
    """What was left behind between two waves, in words."""
    lives: int = 0
    waves: int = 0
    minutes: float = 0.0

    @property
    def broken(self) -> list[str]:
        """Every broken promise; empty if all is well."""
        return [*self.left, *(f"not flat: {row.name}" for row in self.rows if not row.is_flat)]


class Soak:
    """Everybody who comes and goes."""

    def __init__(self, stage: Stage, accounts: int, seed: int) -> None:
        self._stage = stage
        self._accounts = accounts
        self._chance = random.Random(seed)  # noqa: S311  a campaign, no secret
        self._samples: list[dict[str, float]] = []
        self._lives = 0
        self._left: list[str] = []

    async def run(self, minutes: float, tell: Callable[[str], object]) -> Soaked:
        """Send wave after wave, and judge the figures at the end."""
        began_s = clock.monotonic_s()
        stays = await self._stage.link()
        async with self._reading():
            while self._goes_on(began_s, minutes):
                await self._wave()
                await self._rest(stays)
                took = (clock.monotonic_s() - began_s) / 60
                tell(f"{took:.1f} min: {self._lives} lives; {self._in_short()}")
        return Soaked(
            rows=rows(self._samples),
            left=self._left,
            lives=self._lives,
            waves=len(self._samples),
            minutes=(clock.monotonic_s() - began_s) / 60,
        )

    def _goes_on(self, began_s: float, minutes: float) -> bool:
        too_few = len(self._samples) < FEWEST_SAMPLES
        return too_few or clock.monotonic_s() - began_s < minutes * 60

    def _in_short(self) -> str:
        last = self._samples[-1]
        memory = {n.partition(":")[0]: v for n, v in last.items() if n.endswith("memory, MB")}
        return ", ".join(f"{part} {mb:.1f} MB" for part, mb in memory.items())

    async def _wave(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._accounts - 1):
                tasks.create_task(self._live(self._chance.random() * APART_S))

    async def _live(self, after_s: float) -> None:
        """Register, link, live, and go: by a logout on either side, or as it is."""
        await let_pass(after_s)
        stage, chance = self._stage, self._chance
        account = await stage.link()
        await stage.glance_at_feed(account)
        await stage.phone(account, "phone/message", text="Good day", **{"from": "4915100000000"})
        await let_pass(chance.random() * LIVES_S)
        match chance.choice(("logout", "unlinked", "crash", "destroy")):
            case "logout":
                await stage.wish(account, "logout")
                await stage.until(lambda: stage.has(account, "DISCONNECTED"), LINK_LIMIT_S, account)
            case "unlinked":
                await stage.phone(account, "phone/logout")
                await stage.until(lambda: stage.has(account, "DISCONNECTED"), LINK_LIMIT_S, account)
            case "crash":
                await self._crash(account)
            case _:
                pass
        await stage.destroy(account, erase=True)
        self._lives += 1

    async def _crash(self, account: str) -> None:
        """Lose the browser, and come back from what was kept."""
        before = (await self._stage.show(account))["attempt"]

        async def came_back() -> bool:
            shown = await self._stage.show(account)
            return shown.get("status") == "READY" and shown["attempt"] != before

        # A browser that others share would take them with it, and its memory is to be seen.
        is_shared = self._stage.accounts_per_browser > 1
        await (kill_tab if is_shared else kill_browser)(self._stage, account)
        await self._stage.until(came_back, RECOVERY_S, account)

    async def _rest(self, stays: str) -> None:
        """Wait until nothing is there but what stays, and take the figures."""
        found: list[str] = []

        async def is_tidy() -> bool:
            found[:] = leftovers(self._stage, [stays])
            readers = await self._stage.feed_readers()
            if readers > READERS:
                found.append(f"{readers:.0f} readers of the feed")
            return not found

        with suppress(AssertionError):
            await eventually(is_tidy, TIDY_S, PAUSE_S)
        self._left += found
        await self._stage.forget_destroyed()
        self._samples.append(await measure(self._stage))

    @asynccontextmanager
    async def _reading(self) -> AsyncGenerator[None]:
        """Follow the feed inside the block."""
        reading = asyncio.create_task(self._read())
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            with suppress(httpx.TransportError):
                await self._stage.follow_feed()
