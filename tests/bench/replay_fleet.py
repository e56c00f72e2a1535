"""The part of `bench replay` that decides a large log again: on all cores, as `replay fleet` does.

The reference decides and folds the same inputs on one core, from memory: no log, nothing compared.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable

from adapters import clock
from adapters.keys import Keys
from app.cli.figures import Figure, figure
from app.fleet_what_if import fleet_what_if
from domain.account import NEW
from domain.decide import decide
from domain.decision import Ignored
from domain.evolve import evolve
from domain.refusals import Refused
from projections.replay.edits import Changes
from projections.replay.fleet import FleetQuestion
from projections.replay.what_if import Verdict
from tests.bench.process_tree import pss_bytes
from tests.bench.replay_log import Filled, told
from tests.opened_log import MASTER_KEY
from tests.read_models.stories import NOON, Story

RUNS = 3
RATE_AIM = 1_000_000 / 30
"""Inputs a second; issue 5, "How it is judged"."""
LOOKS = 10
"""At the memory, in each run."""
SHORT_WINDOW = Changes(policy={"link_window_s": 200.0})
"""Ends the scenes in which nobody scanned earlier, so that there is something to tell."""
DECIDED_AT_ONCE = 20_000
"""Inputs of the reference."""

Say = Callable[[str], None]


class FleetTaken:
    """What was measured: rates in inputs a second, and the most bytes that a run held."""

    def __init__(self) -> None:
        self.same: list[float] = []
        self.policy: list[float] = []
        self.memory: list[float] = []
        self.decided: list[float] = []


class Watch:
    """Looks at the memory of this process and those that it started, a few times in a run."""

    def __init__(self) -> None:
        self.most = 0
        self._looks = 0

    def tell(self, done: int, of: int) -> None:
        """Hear of progress."""
        if done * LOOKS >= of * (self._looks + 1):
            self._looks += 1
            workers = [child.pid for child in multiprocessing.active_children() if child.pid]
            self.most = max(self.most, pss_bytes([os.getpid(), *workers]))


def measure_fleet(conninfo: str, filled: Filled, taken: FleetTaken, say: Say) -> None:
    """Ask of all attempts what this build makes of them, and what another policy would."""
    stories = told()
    for number in range(RUNS):
        say(f"Fleet {number + 1} of {RUNS}: {filled.inputs:,} inputs …")
        taken.same.append(_asked(conninfo, filled, taken, Changes(), {Verdict.SAME}))
        taken.policy.append(
            _asked(conninfo, filled, taken, SHORT_WINDOW, {Verdict.SAME, Verdict.DIVERGED})
        )
        taken.decided.append(_decided(stories))


def _asked(
    conninfo: str, filled: Filled, taken: FleetTaken, changes: Changes, expected: set[Verdict]
) -> float:
    gc.collect()
    watch = Watch()
    began_s = clock.monotonic_s()
    asked = FleetQuestion(since=NOON, changes=changes)
    fleet = fleet_what_if(conninfo, Keys(MASTER_KEY), asked, watch.tell)
    took_s = clock.monotonic_s() - began_s
    if (fleet.attempts, fleet.verdicts.keys()) != (filled.attempts, expected):
        message = f"{fleet.attempts} attempts were judged {fleet.verdicts}"
        raise AssertionError(message)
    taken.memory.append(float(watch.most))
    return filled.inputs / took_s


def _decided(stories: tuple[Story, ...]) -> float:
    commands = [command for story in stories for command in story.commands]
    times = max(1, DECIDED_AT_ONCE // len(commands))
    began_s = clock.monotonic_s()
    for _ in range(times):
        for story in stories:
            _decide_all(story)
    return times * len(commands) / (clock.monotonic_s() - began_s)


def _decide_all(story: Story) -> None:
    account = NEW
    for command in story.commands:
        try:
            decision = decide(account, command)
        except Refused:
            continue
        if not isinstance(decision, Ignored):
            for event in decision:
                account = evolve(account, event)


def fleet_figures(taken: FleetTaken) -> dict[str, Figure]:
    """Boil it down."""
    return {
        "fleet": figure(
            taken.same, "inputs, read and decided again by this build", unit="/s", aim=RATE_AIM
        ),
        "fleet_policy": figure(
            taken.policy, "the same under another policy, with verdicts to tell", unit="/s"
        ),
        "fleet_memory": figure(
            taken.memory, "the most that a run and its processes held", unit="MB"
        ),
    }


def fleet_references(taken: FleetTaken) -> dict[str, Figure]:
    """Boil the reference down."""
    return {
        "decide": figure(
            taken.decided, "inputs only decided and folded, one core, from memory", unit="/s"
        )
    }
