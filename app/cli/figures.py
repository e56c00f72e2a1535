"""What a benchmark reports: samples boiled down, beside references from the same run."""

import os
import platform
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from statistics import median
from typing import Literal

import msgspec

Unit = Literal["s", "ms", "/s", "MB", ""]
SCALES: dict[Unit, tuple[float, int]] = {
    "s": (1.0, 3),
    "ms": (1000.0, 1),
    "/s": (1.0, 0),
    "MB": (1e-6, 1),
    "": (1.0, 1),
}
"""Unit -> what a sample in seconds, times a second, bytes or pieces is multiplied with, and the
digits."""
NINETIETH, NINETY_NINTH = 0.9, 0.99


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A distribution by its marks. `aim`, where there is one, is for the median.

    Of times and sizes the aim is the most that it may be, of rates the least.
    """

    meaning: str
    unit: Unit
    count: int
    min: float
    median: float
    p90: float
    p99: float
    max: float
    aim: float | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What is no distribution, such as how each scene ended. A row has a cell for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one run."""

    figures: dict[str, Figure]
    references: dict[str, Figure]
    """The same on the same machine in the same run without us: what cannot be undercut."""
    ratios: dict[str, float]
    """`a / b` -> how many times the reference's median the figure's is."""
    machine: dict[str, str | int | float]
    listings: dict[str, Listing] = {}
    skipped: dict[str, str] = {}
    """What was not measured -> why."""


def figure(
    samples: Sequence[float], meaning: str, *, unit: Unit = "s", aim: float | None = None
) -> Figure:
    """Boil samples (in seconds, times a second, or bytes) down; ValueError without any.

    The p90 and p99 are the nearest rank: a value that was measured, not one between two.
    """
    if not samples:
        raise ValueError(f"nothing was measured for: {meaning}")
    scale, digits = SCALES[unit]
    ordered = sorted(sample * scale for sample in samples)
    return Figure(
        meaning=meaning,
        unit=unit,
        count=len(ordered),
        min=round(ordered[0], digits),
        median=round(median(ordered), digits),
        p90=round(ordered[ceil(NINETIETH * len(ordered)) - 1], digits),
        p99=round(ordered[ceil(NINETY_NINTH * len(ordered)) - 1], digits),
        max=round(ordered[-1], digits),
        aim=aim,
    )


def ratio(figures: dict[str, Figure], references: dict[str, Figure], pair: str) -> float:
    """Divide the medians of `figure / reference`, each in its own unit's seconds."""
    measured, _, limit = pair.partition(" / ")
    return round(_median_s(figures[measured]) / _median_s(references[limit]), 2)


def _median_s(of: Figure) -> float:
    return of.median / (1000.0 if of.unit == "ms" else 1.0)


def machine(**more: str | float) -> dict[str, str | int | float]:
    """Describe the machine: figures of two machines are not to be compared."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **more,
    }


def cores() -> int:
    """Count the cores of a system that does not tell which of them are ours."""
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
