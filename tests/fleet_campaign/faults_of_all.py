"""What happens to all accounts at once: a part of the installation is killed or stands still."""

import asyncio
import signal

from domain.reasons import Reason
from tests.fleet_campaign.faults import (
    AGAIN_S,
    AWAY,
    AWAY_S,
    CRASHED,
    FROZEN_S,
    HICCUP_S,
    HUNG,
    SLOW,
    UNREACHABLE,
    Fault,
    Strike,
    because,
    pause_processes,
)
from tests.fleet_campaign.processes import send
from tests.fleet_campaign.stage import Stage
from tests.waiting import eventually

LOST, STORAGE = Reason.WORKER_LOST, Reason.STORAGE_UNAVAILABLE


def kill(part: str) -> Strike:
    """`kill -9` of a part, and wait until another one works."""

    async def strike(stage: Stage, _: str) -> None:
        before = stage.see().parts[part]
        assert before, f"there is no {part}"
        send(signal.SIGKILL, before)
        if part != "driver":  # the next launch starts another
            await _is_another(stage, part, {one.pid for one in before})

    return strike


async def _is_another(stage: Stage, part: str, before: set[int]) -> None:
    async def runs() -> bool:
        now = {one.pid for one in stage.see().parts[part]}
        return bool(now) and not now & before and await stage.works()

    await eventually(runs, AGAIN_S)


def freeze(part: str) -> Strike:
    """SIGSTOP for a part, for ever: whoever needs it is to get another."""

    async def strike(stage: Stage, _: str) -> None:
        send(signal.SIGSTOP, stage.see().parts[part])

    return strike


def pause(part: str, seconds: float) -> Strike:
    """SIGSTOP for a part, and SIGCONT."""

    async def strike(stage: Stage, _: str) -> None:
        await pause_processes(stage.see().parts[part], seconds)
        await eventually(stage.works, AGAIN_S)

    return strike


def and_the_worker_goes_on(strike: Strike) -> Strike:
    """Strike, and see the worker's lease through it: no browser may be closed for it."""

    async def both(stage: Stage, account: str) -> None:
        await strike(stage, account)
        await stage.worker_goes_on()

    return both


async def kill_everything(stage: Stage, _: str) -> None:
    """`kill -9` of `up`: the others must not outlive it. Then start it again."""
    await asyncio.to_thread(stage.installation.kill, "up")

    async def is_gone() -> bool:
        return not list(stage.see().everything())

    await eventually(is_gone, AGAIN_S)
    await stage.start()


async def restart(stage: Stage, _: str) -> None:
    """Stop it as Ctrl-C does, and start it again."""
    await stage.stop()
    left = list(stage.see().everything())
    assert not left, f"left behind by an orderly stop: {left}"
    await stage.start()


OF_ALL = (
    Fault(
        name="worker killed",
        strike=kill("worker"),
        reasons=because(LOST),
        opening=because(LOST, SLOW),
        ends_link=True,
        holder="primary",
    ),
    Fault(
        name="standby killed",
        strike=kill("standby"),
        reasons=because(LOST),
        opening=because(LOST, SLOW),
        ends_link=True,
        holder="standby",
        needs_standby=True,
    ),
    Fault(
        name="standby frozen for a while",
        strike=pause("standby", FROZEN_S + HICCUP_S),
        reasons=because(LOST),
        opening=because(LOST, SLOW),
        needs_standby=True,
    ),
    Fault(
        name="worker frozen for a while",
        strike=pause("worker", FROZEN_S + HICCUP_S),
        reasons=because(LOST),
        opening=because(LOST, SLOW),
    ),
    Fault(name="worker has a hiccup", strike=pause("worker", HICCUP_S)),
    Fault(name="serve killed", strike=kill("serve")),
    Fault(name="serve frozen for a while", strike=pause("serve", FROZEN_S)),
    Fault(name="driver killed", strike=kill("driver"), reasons=because(CRASHED), ends_link=True),
    Fault(
        name="driver frozen for a while",
        strike=pause("driver", FROZEN_S),
        reasons=because(HUNG, CRASHED),
    ),
    Fault(
        name="driver frozen for good",
        strike=freeze("driver"),
        reasons=because(HUNG, CRASHED),
        opening=because(HUNG, CRASHED, SLOW),
        ends_link=True,
    ),
    Fault(
        name="PostgreSQL killed",
        strike=and_the_worker_goes_on(kill("postgres")),
        opening=because(STORAGE, SLOW),
    ),
    Fault(
        name="PostgreSQL frozen for a while",
        strike=and_the_worker_goes_on(pause("postgres", FROZEN_S)),
        opening=because(STORAGE, SLOW),
    ),
    Fault(
        name="sandbox killed",
        strike=kill("sandbox"),
        reasons=because(AWAY),
        opening=because(AWAY, UNREACHABLE),
    ),
    Fault(
        name="network swallows everything",
        strike=pause("sandbox", AWAY_S),
        opening=because(AWAY, UNREACHABLE, SLOW),
    ),
    Fault(
        name="everything killed",
        strike=kill_everything,
        reasons=because(LOST),
        opening=because(LOST, SLOW),
        ends_link=True,
    ),
    Fault(
        name="stopped and started",
        strike=restart,
        reasons=because(LOST),
        opening=because(LOST, SLOW),
        ends_link=True,
    ),
)
