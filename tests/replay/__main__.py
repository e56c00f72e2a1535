"""`python -m tests.replay`: make tests of faulty builds' logs, and run each on both builds.

A seed is a log of a source and of each planted fault. The first wrong test is shown, with the
command that makes it again. Exit status 1 if there was one.
"""

import argparse
import re
import sys
from collections import Counter

from adapters.clock import monotonic_s
from tests.replay.hold_tests import Held, hold
from tests.replay.logs_of_faults import SOURCES
from tests.replay.planted import FAULTS

NAMES = re.compile(r"[A-Z][A-Z_]+( \([a-z_]*\))?(, waiting for [a-z_]*)?")


def main(arguments: list[str]) -> int:
    """Search until enough tests were made, or through the seeds that are asked for."""
    options = _options().parse_args(arguments)
    sources = [options.source] if options.source else list(SOURCES)
    faults = [options.fault] if options.fault else list(FAULTS)
    counted: Counter[str] = Counter()
    until_s = monotonic_s() + options.minutes * 60
    for seed in range(options.first, options.first + options.seeds):
        for source in sources:
            for fault in faults:
                for held in _held(source, seed, fault):
                    _count(counted, source, held)
                    if held.wrong:
                        _tell(source, seed, held)
        if counted["made"] >= options.tests or monotonic_s() > until_s:
            break
    sys.stdout.write(figures(counted))
    return 1 if counted["wrong"] else 0


def _held(source: str, seed: int, fault: str) -> list[Held]:
    return [held for log in SOURCES[source](seed, fault) for held in hold(log, fault)]


def _count(counted: Counter[str], source: str, held: Held) -> None:
    counted["asked for"] += 1
    if held.case is None:
        counted[f"refused: {NAMES.sub('X', held.refused)}"] += 1
        return
    counted["made"] += 1
    counted[f"made of {source} logs"] += 1
    counted["made on a faulty build" if held.made_on else "made on the fixed build"] += 1
    counted["inputs recorded"] += held.case.inputs_recorded
    counted["inputs left"] += held.case.inputs_left
    counted["wrong"] += bool(held.wrong)


def _tell(source: str, seed: int, held: Held) -> None:
    again = f"python -m tests.replay --source {source} --from {seed} --seeds 1 --fault {held.fault}"
    sys.stdout.write(f"{held}\nagain: {again}\n")
    sys.stdout.flush()


def figures(counted: Counter[str]) -> str:
    """Give the figures, a line each."""
    counted.setdefault("wrong", 0)
    return "".join(f"{name:26}{count:8}\n" for name, count in sorted(counted.items()))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    parser.add_argument("--tests", type=int, default=2000, help="stop when so many were made")
    parser.add_argument("--seeds", type=int, default=100_000, help="at most so many seeds")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--minutes", type=float, default=60, help="stop after so long")
    parser.add_argument("--source", choices=SOURCES, help="only logs of this source")
    parser.add_argument("--fault", choices=FAULTS, help="only this planted fault")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
