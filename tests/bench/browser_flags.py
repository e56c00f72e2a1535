"""What each browser flag is worth in memory, one account's share of several that are READY.

So is what the kernel saves when it keeps equal pages of memory once, where that is switched on.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from adapters.browser.discovery import BrowserChoice, browser_version, found_browsers
from adapters.browser.own_browser import SHELL_FLAGS, UNSANDBOXED_SHELL_FLAGS
from app.cli.figures import Figure, Report, figure, machine, ratio
from tests.bench.contestants import full_browser, start_own, track
from tests.bench.session_memory import Weight, measure_memory, too_little_memory
from tests.bench.session_sides import Side

ACCOUNTS = 5
SAMPLES_PER_ROUND = 10
"""One round takes a quarter of an hour, and memory hardly varies between two."""
ADDED = {
    "single_process": "--single-process",
    "no_images": "--blink-settings=imagesEnabled=false",
    "small_young_generation": "--js-flags=--max-semi-space-size=1",
    "lite_engine": "--js-flags=--lite-mode",
    "low_end_device": "--enable-low-end-device-mode",
    "one_renderer": "--renderer-process-limit=1",
    "compositing_with_the_page": "--disable-threaded-compositing",
}
"""Tried, and not among the usual ones: docs/decisions/browser-cost.md says why."""

KERNEL_MERGES = Path("/sys/kernel/mm/ksm/run")
"""Holds 1 where the kernel looks for equal pages (ksm in the kernel's documentation)."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Variant:
    """One set of flags on one browser."""

    name: str
    meaning: str
    browser: BrowserChoice
    flags: tuple[str, ...]
    merge_equal_pages: bool = False


@dataclass
class Samples:
    """Bytes and pieces for each account."""

    written: list[float] = field(default_factory=list[float])
    processes: list[float] = field(default_factory=list[float])

    def add(self, weight: Weight) -> None:
        self.written.append(weight.browsers_written / weight.accounts)
        self.processes.append((weight.processes - 2) / weight.accounts)


def measure(say: Say, samples: int) -> Report:
    """Weigh every variant in turn, in one round for each ten samples."""
    shell = next((x for x in found_browsers(os.environ) if x.flavour == "headless_shell"), None)
    if shell is None:
        raise RuntimeError("There is no headless shell here, and no other browser has the flags.")
    about = machine(browser=f"{shell.flavour} {browser_version(shell)}")
    why = too_little_memory(ACCOUNTS)
    if why is not None:
        raise RuntimeError(why)
    root = os.geteuid() == 0
    variants = [*variants_of(shell, full_browser(), unsandboxed=root, merging=kernel_merges())]
    taken = {variant.name: Samples() for variant in variants}
    asyncio.run(_weigh(variants, taken, ceil(samples / SAMPLES_PER_ROUND), say))
    figures: dict[str, Figure] = {}
    for variant in variants:
        of = taken[variant.name]
        figures[variant.name] = figure(of.written, variant.meaning, unit="MB")
        figures[f"{variant.name}_processes"] = figure(of.processes, "its processes", unit="")
    references = {name: figures.pop(name) for name in ("usual", "usual_processes")}
    pairs = [f"{name} / usual" for name in figures if not name.endswith("_processes")]
    return Report(
        figures=figures,
        references=references,
        ratios={pair: ratio(figures, references, pair) for pair in pairs},
        machine=about,
    )


def variants_of(
    shell: BrowserChoice, full: BrowserChoice, *, unsandboxed: bool, merging: bool = False
) -> Iterator[Variant]:
    """Yield the usual flags, then each one left out, then each one that is not used added."""
    usual = SHELL_FLAGS + (UNSANDBOXED_SHELL_FLAGS if unsandboxed else ())
    yield Variant("usual", "the flags in adapters/browser/host.py", shell, usual)
    yield Variant("none", "the headless shell as Playwright starts it", shell, ())
    yield Variant("new_headless", "full Chromium; it has none of the flags", full, ())
    for flag in usual:
        left = tuple(other for other in usual if other != flag)
        yield Variant(f"without_{_word(flag)}", f"without {flag}", shell, left)
    for name, flag in ADDED.items():
        yield Variant(name, f"with {flag}", shell, (*usual, flag))
    if merging:
        meaning = "as usual, and the kernel keeps equal pages once"
        yield Variant("equal_pages_once", meaning, shell, usual, merge_equal_pages=True)


def kernel_merges() -> bool:
    """Tell whether the kernel keeps equal pages once for whoever lets it."""
    return KERNEL_MERGES.is_file() and KERNEL_MERGES.read_text("ascii").strip() == "1"


def _word(flag: str) -> str:
    return flag.partition("=")[0].removeprefix("--").replace("-", "_")


async def _weigh(variants: list[Variant], taken: dict[str, Samples], rounds: int, say: Say) -> None:
    async with track() as on:
        for number in range(rounds):
            for variant in variants if number % 2 == 0 else reversed(variants):
                say(f"{variant.name}, round {number + 1} of {rounds} …")
                side = _side(variant, number)
                taken[variant.name].add(await measure_memory(on, side, ACCOUNTS))


def _side(variant: Variant, number: int) -> Side:
    return Side(
        f"{variant.name}-{number}",
        lambda on, home: start_own(
            on,
            variant.browser,
            home=home,
            shell_flags=variant.flags,
            merge_equal_pages=variant.merge_equal_pages,
        ),
        variant.browser,
    )
