"""Time to the first code, from the scan to READY, and from a restart to READY."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.bench.contestants import Track
from tests.bench.session_sides import Side, comes_back, link

Say = Callable[[str], None]


@dataclass
class Times:
    """Samples of one side, in seconds."""

    first_qr: list[float] = field(default_factory=list[float])
    scan_to_ready: list[float] = field(default_factory=list[float])
    restart_to_ready: list[float] = field(default_factory=list[float])
    never_came_back: int = 0
    """Restarts of which nothing was heard."""


async def measure_times(on: Track, sides: Sequence[Side], rounds: int, say: Say) -> list[Times]:
    """Let the sides take turns; each round begins with the other one. The process runs already."""
    taken = [Times() for _ in sides]
    for number in range(rounds):
        say(f"Round {number + 1} of {rounds} …")
        order = list(enumerate(sides))
        for index, side in order if number % 2 == 0 else reversed(order):
            await _one_round(on, side, f"round_{number}", taken[index])
    return taken


async def _one_round(on: Track, side: Side, name: str, times: Times) -> None:
    home = f"{name}-{side.name}"
    account = f"{name}_{side.name}".replace(".", "_")
    contestant = await side.start(on, home)
    try:
        linked = await link(contestant, on, account)
        times.first_qr.append(linked.first_qr)
        times.scan_to_ready.append(linked.scan_to_ready)
        await contestant.order("close", account)
        await contestant.hears("closed", account=account)
    finally:
        await contestant.close()
    back_s = await comes_back(side, on, home, account)
    if back_s is None:
        times.never_came_back += 1
    else:
        times.restart_to_ready.append(back_s)
