"""The start queue: in order, fair between workspaces, and no turn is ever lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.browser.start_queue import StartQueue
from tests.waiting import settle

LONG_S = 3600.0


def queue(at_once: int = 1, limit_s: float = LONG_S) -> StartQueue:
    return StartQueue(at_once, spacing_s=0.0, limit_s=limit_s)


class Line:
    """Starters that note when their turn comes and end when they are told to."""

    def __init__(self, turns: StartQueue) -> None:
        self.came: list[str] = []
        self.told_to_wait: list[str] = []
        self._turns = turns
        self._ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def join(self, name: str, *, person_waits: bool = True) -> None:
        """Let `workspace/number` stand in line, and see it stand there."""
        self._ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._start(name, person_waits=person_waits))
        await settle()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self.tasks[name]
        await settle()

    async def end_all(self) -> None:
        """End each start as soon as its turn has come."""
        ended = 0
        while ended < len(self.came):
            await self.end(self.came[ended])
            ended += 1

    async def _start(self, name: str, *, person_waits: bool) -> None:
        workspace = name.partition("/")[0]
        async with self._turns.turn(
            workspace, person_waits=person_waits, on_wait=lambda: self.told_to_wait.append(name)
        ):
            self.came.append(name)
            await self._ends[name].wait()


@asynccontextmanager
async def line(at_once: int = 1) -> AsyncIterator[Line]:
    made = Line(queue(at_once))
    yield made
    for task in made.tasks.values():
        task.cancel()
    await asyncio.gather(*made.tasks.values(), return_exceptions=True)


async def test_as_many_at_once_as_there_are_slots_and_the_others_are_told_to_wait() -> None:
    async with line(at_once=2) as starters:
        for name in ("a/1", "a/2", "a/3"):
            await starters.join(name)
        assert (starters.came, starters.told_to_wait) == (["a/1", "a/2"], ["a/3"])
        await starters.end("a/1")
        assert starters.came == ["a/1", "a/2", "a/3"]


async def test_workspaces_take_turns() -> None:
    async with line() as starters:
        for name in ("a/1", "a/2", "a/3", "a/4", "b/1", "c/1", "b/2"):
            await starters.join(name)
        await starters.end_all()
        assert starters.came == ["a/1", "a/2", "b/1", "c/1", "a/3", "b/2", "a/4"]


async def test_links_go_first_but_reconnects_are_not_forgotten() -> None:
    async with line() as starters:
        await starters.join("a/first")
        for name in ("a/back1", "a/back2"):
            await starters.join(name, person_waits=False)
        for name in ("a/1", "a/2", "a/3"):
            await starters.join(name)
        await starters.end_all()
        assert starters.came == ["a/first", "a/1", "a/2", "a/back1", "a/3", "a/back2"]


async def test_whoever_leaves_the_line_gives_its_turn_on() -> None:
    async with line() as starters:
        for name in ("a/1", "a/2", "b/1"):
            await starters.join(name)
        starters.tasks["a/2"].cancel()
        await settle()
        await starters.end("a/1")
        assert starters.came == ["a/1", "b/1"]


async def test_a_start_that_takes_too_long_holds_up_nobody() -> None:
    turns = queue(limit_s=0.01)
    async with turns.turn("a"), asyncio.timeout(5), turns.turn("b"):
        assert turns.waiting == 0


async def test_a_start_that_breaks_gives_its_turn_back() -> None:
    turns = queue()
    with pytest.raises(RuntimeError):
        async with turns.turn("a"):
            raise RuntimeError
    async with asyncio.timeout(5), turns.turn("a"):
        assert turns.waiting == 0


@given(
    at_once=st.integers(1, 3),
    steps=st.lists(
        st.tuples(st.sampled_from(["join", "end", "cancel"]), st.integers(0, 11)), max_size=60
    ),
)
def test_no_turn_is_lost_and_none_is_given_twice(
    at_once: int, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(_any_story(at_once, steps))


async def _any_story(at_once: int, steps: list[tuple[str, int]]) -> None:
    async with line(at_once) as starters:
        for step, number in steps:
            names = list(starters.tasks)
            if step == "join":
                name = f"{'abc'[number % 3]}/{len(names)}"
                await starters.join(name, person_waits=number % 2 == 0)
                continue
            running = [n for n in names if not starters.tasks[n].done()]
            if not running:
                continue
            name = running[number % len(running)]
            if step == "cancel" or name not in starters.came:
                starters.tasks[name].cancel()
                await settle()
            else:
                await starters.end(name)
            alive = [n for n in names if not starters.tasks[n].done()]
            started = [n for n in alive if n in starters.came]
            assert len(started) == min(at_once, len(alive))
