"""The soak: `python -m tests.simulation --seeds 100000`, and `--seed 17` to see one run again."""

import argparse
import sys
from collections.abc import Iterator

from adapters.clock import monotonic_s
from tests.simulation.run import Run, run

REPORT_EVERY_S = 1.0


def main(arguments: list[str]) -> int:
    """Run seeds until one breaks a promise; 1 if one did."""
    options = _options().parse_args(arguments)
    if options.seed is not None:
        done = run(options.seed)
        sys.stdout.write(f"{done.report(last=None)}\n")
        return 1 if done.failure else 0
    return _soak(_seeds(options), options.minutes)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation",
        description="Run the service in virtual time, with faults, and check every promise.",
    )
    parser.add_argument("--seed", type=int, help="run this one and show every step")
    parser.add_argument("--seeds", type=int, help="how many seeds (default: 10000)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--minutes", type=float, help="stop after so long")
    return parser


def _seeds(options: argparse.Namespace) -> Iterator[int]:
    count = options.seeds
    if count is None:
        count = sys.maxsize if options.minutes is not None else 10_000
    return iter(range(options.first, options.first + count))


def _soak(seeds: Iterator[int], minutes: float | None) -> int:
    started = reported = monotonic_s()
    runs = steps = 0
    for seed in seeds:
        done = run(seed)
        runs, steps = runs + 1, steps + done.steps
        now = monotonic_s()
        over = minutes is not None and now - started > minutes * 60
        if done.failure:
            return _failed(done)
        if now - reported > REPORT_EVERY_S or over:
            reported = now
            _progress(seed, runs, steps, now - started)
        if over:
            break
    sys.stderr.write("\n")
    sys.stdout.write(f"{runs} seeds, {steps} steps: every promise was kept\n")
    return 0


def _progress(seed: int, runs: int, steps: int, took_s: float) -> None:
    rate = f"{runs / took_s:.0f} seeds/s, {steps / took_s:.0f} steps/s"
    sys.stderr.write(f"\r{runs} seeds, at {seed}: {rate}   ")
    sys.stderr.flush()


def _failed(done: Run) -> int:
    sys.stderr.write("\n")
    sys.stdout.write(f"{done.report()}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
