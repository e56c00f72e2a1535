"""Runs a campaign on a stage: load, fault, recovery, audit, and again."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager

import msgspec

from adapters import clock
from adapters.event_log.interface import EventLog
from adapters.event_log.verify import Head, verify
from app.processes.services import services
from tests.campaign.audit import Audit, missed
from tests.campaign.clients import Client
from tests.campaign.faults import Fault
from tests.campaign.followers import FeedFollower, LogFollower
from tests.campaign.stage import CLIENTS, Stage
from tests.campaign.writer import ACTOR
from tests.waiting import eventually

RECOVERY_LIMIT_S = 60.0
"""A service that starts takes 2 s, loops wait at most 5 s (app/steady.py); the rest is for a busy
machine. It is a limit for what must come by itself, not a measurement."""
MOST_WARM_UP = 40
"""Answers between two faults, at most: the seed says how many, so that faults meet all moments."""


class Line(msgspec.Struct):
    """What the table says of one fault."""

    name: str
    struck: int = 0
    answered: int = 0
    put_off: int = 0
    unanswered: int = 0
    longest_s: float = 0.0
    """From the strike until everybody was answered again."""


class Result(msgspec.Struct):
    """The end of a campaign; `faults` is empty when nothing was lost."""

    lines: list[Line]
    faults: list[str]
    told: int = 0
    events: int = 0
    inputs: int = 0
    accounts: int = 0
    items: int = 0
    resumed: int = 0
    head: str = ""


class Campaign:
    """Everybody who sends, reads and watches on one stage."""

    def __init__(self, stage: Stage, log: EventLog, followed: EventLog, seed: int) -> None:
        self.stage = stage
        self.faults: list[str] = []
        self._log = log
        self._chance = random.Random(seed)  # noqa: S311  a campaign, no secret
        self._stopping = asyncio.Event()
        self._audit = Audit(log)
        self._judged = 0
        self._heads: list[Head] = []
        self._feed = FeedFollower(stage.http, stage.clients[CLIENTS[0]])
        self._tail = LogFollower(followed)
        shared: list[str] = []
        self._clients = [
            Client(name, stage.http, key, stage.memory, shared, seed, alone=name in CLIENTS)
            for name, key in stage.clients.items()
        ]
        self._lines: dict[str, Line] = {}

    @asynccontextmanager
    async def load(self) -> AsyncGenerator[None]:
        """Let everybody send and read inside the block."""
        reading = [
            asyncio.create_task(self._feed.run(self._stopping)),
            asyncio.create_task(self._tail.run()),
        ]
        sending = [asyncio.create_task(client.run(self._stopping)) for client in self._clients]
        try:
            yield
            self._stopping.set()
            await asyncio.gather(*sending)
            await self.stage.writer.stop()
            await self._everything_is_read()
        finally:
            for task in (*reading, *sending):
                task.cancel()
            await asyncio.gather(*reading, *sending, return_exceptions=True)

    async def strike(self, fault: Fault) -> None:
        """Let one thing go wrong under load, and see that everything comes back and is true."""
        memory = self.stage.memory
        line = self._lines.setdefault(fault.name, Line(fault.name))
        await self._more_answers(self._chance.randint(1, MOST_WARM_UP))
        before = (memory.answers.total(), memory.put_off.total(), memory.unanswered)
        began_s = clock.monotonic_s()
        await fault.strike(self.stage, self._chance)
        await self._everybody_is_answered()
        line.struck += 1
        line.longest_s = max(line.longest_s, clock.monotonic_s() - began_s)
        line.answered += memory.answers.total() - before[0]
        line.put_off += memory.put_off.total() - before[1]
        unanswered = memory.unanswered - before[2]
        line.unanswered += unanswered
        if unanswered and not fault.ends_service:
            self.faults.append(f"{fault.name}: {unanswered} requests had no answer")
        await self._everything_is_read()
        await self._look(self._audit)

    async def _more_answers(self, count: int) -> None:
        memory = self.stage.memory
        enough = memory.answers.total() + count

        async def enough_answers() -> bool:
            return memory.answers.total() >= enough

        await eventually(enough_answers, RECOVERY_LIMIT_S)

    async def _everybody_is_answered(self) -> None:
        """Wait until each client and the second process have had an answer again."""
        memory = self.stage.memory
        before = memory.answers.copy()

        async def answered() -> bool:
            news = memory.answers - before
            return all(news[name] for name in self.stage.clients) and any(
                name.startswith(ACTOR) for name in news
            )

        await eventually(answered, RECOVERY_LIMIT_S)

    async def _everything_is_read(self) -> None:
        """Wait until both readers stand where the log ends now.

        Without a browser no account becomes READY, so every event is an account's and the feed
        shows it.
        """
        head = await self._log.head()

        async def read() -> bool:
            return min(self._tail.position, self._feed.position) >= head

        await eventually(read, RECOVERY_LIMIT_S)

    async def _look(self, audit: Audit) -> None:
        told = self.stage.memory.told
        upto = len(told)
        fresh = told[self._judged : upto] if audit is self._audit else told[:upto]
        await audit.read_on(fresh)
        self._judged = upto
        verdict = await asyncio.to_thread(verify, self.stage.conninfo, expected=self._heads[-1:])
        self.faults += [fault.sentence for fault in verdict.faults]
        if verdict.head:
            self._heads.append(Head.parse(verdict.head))

    async def end(self) -> Result:
        """Once nobody sends: look at everything anew, from the first row on."""
        fresh = Audit(self._log)
        await self._look(fresh)
        await fresh.finish()
        await self._audit.finish()
        lost = missed(self._feed.items, fresh.items, self._feed.position)
        self.faults += [f"the feed did not show {position}" for position in lost[:10]]
        for audit in (self._audit, fresh):
            self.faults += audit.faults[:10]
        self.faults += [*self._feed.wrong, *self._tail.wrong, *self.stage.complaints()]
        return Result(
            lines=list(self._lines.values()),
            faults=self.faults,
            told=len(self.stage.memory.told),
            events=fresh.position,
            inputs=fresh.input_id,
            accounts=fresh.accounts,
            items=len(self._feed.items),
            resumed=self._feed.resumed,
            head=str(self._heads[-1]) if self._heads else "",
        )


async def run(
    stage: Stage, faults: Iterable[Fault], seed: int, tell: Callable[[str], object] = str
) -> Result:
    """Strike with each of the faults in turn, and give what was found at the end."""
    past, through = stage.settings(stage.conninfo), stage.settings(stage.proxy.conninfo)
    async with services(past) as watching, services(through) as following:
        campaign = Campaign(stage, watching.log, following.log, seed)
        async with campaign.load():
            for number, fault in enumerate(faults, start=1):
                tell(f"{number}: {fault.name}; {len(stage.memory.told)} commands acknowledged")
                await campaign.strike(fault)
        return await campaign.end()
