"""What `bench sessions` reports of what it has measured."""

from dataclasses import dataclass, field

from app.cli.figures import Figure, Listing, Report, figure, ratio
from tests.bench.session_leftovers import Leftovers
from tests.bench.session_memory import Weight
from tests.bench.session_scenes import Outcome
from tests.bench.session_times import Times

QUARTER = 4
"""Of the other's memory per account at 20 accounts is ours to be one: issue 4."""
AIMED_ACCOUNTS = 20
SHARED, PEER = "shared_", "peer_"
"""Names of figures begin so; those of Linkwright with a browser for each account are bare."""
MB = 1e6


@dataclass
class OfSide:
    """What was measured of one side."""

    times: Times = field(default_factory=Times)
    weights: list[Weight] = field(default_factory=list[Weight])
    leftovers: Leftovers | None = None
    scenes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    service_restart: list[float] = field(default_factory=list[float])
    """Of ours alone: the other is no service."""


@dataclass
class Taken:
    """What was measured of all."""

    own: OfSide = field(default_factory=OfSide)
    shared: OfSide | None = None
    """Linkwright as well; its accounts share a browser. None where that cannot be."""
    peer: OfSide = field(default_factory=OfSide)
    skipped: dict[str, str] = field(default_factory=dict[str, str])


def sessions_report(taken: Taken, about: dict[str, str | int | float]) -> Report:
    """Set all beside each other; what was not measured is left out."""
    references = _figures(taken.peer, PEER, {})
    aims = {"first_qr": references["peer_first_qr"].median, "leftover_processes": 0.0}
    aims |= {"leftover_files": 0.0, "leftover_folders": 0.0, "never_came_back": 0.0}
    memory = references.get(f"peer_memory_{AIMED_ACCOUNTS}")
    if memory is not None:
        aims[f"memory_{AIMED_ACCOUNTS}"] = round(memory.median / QUARTER, 1)
    figures = _figures(taken.own, "", aims)
    if taken.shared is not None:
        figures |= _figures(taken.shared, SHARED, aims)
    pairs = [f"{name} / {PEER}{name.removeprefix(SHARED)}" for name in figures]
    return Report(
        figures=figures,
        references=references,
        ratios={
            pair: ratio(figures, references, pair)
            for pair in pairs
            if _is_above_none(references, pair.partition(" / ")[2])
        },
        machine=about,
        listings=_listings(taken),
        skipped=taken.skipped,
    )


def _is_above_none(references: dict[str, Figure], name: str) -> bool:
    """Nothing can be divided by what is none, or was not measured."""
    return name in references and references[name].median > 0


def _figures(of: OfSide, prefix: str, aims: dict[str, float]) -> dict[str, Figure]:
    times = {
        "first_qr": (of.times.first_qr, "order to open to the first code that can be scanned"),
        "scan_to_ready": (of.times.scan_to_ready, "scan to READY; the page syncs for 2 s of it"),
        "restart_to_ready": (of.times.restart_to_ready, "process started anew to READY, no scan"),
        "service_restart_to_ready": (
            of.service_restart,
            "the whole service, database and API included, to READY",
        ),
    }
    figures = {
        prefix + name: figure(samples, meaning, aim=aims.get(name))
        for name, (samples, meaning) in times.items()
        if samples
    }
    figures[f"{prefix}never_came_back"] = figure(
        [float(of.times.never_came_back)],
        "restarts after which neither READY nor anything else was told",
        unit="",
        aim=aims.get("never_came_back"),
    )
    for weight in of.weights:
        number = weight.accounts
        figures[f"{prefix}memory_{number}"] = figure(
            [weight.per_account],
            f"PSS per account of {number} that are READY, all that is shared included",
            unit="MB",
            aim=aims.get(f"memory_{number}"),
        )
        figures[f"{prefix}processes_{number}"] = figure(
            [weight.processes_per_account], f"processes per account of {number}, as above", unit=""
        )
    return figures | _of_leftovers(of, prefix, aims)


def _of_leftovers(of: OfSide, prefix: str, aims: dict[str, float]) -> dict[str, Figure]:
    left = of.leftovers
    if left is None:
        return {}
    counts = {
        "leftover_processes": (left.processes, "still running 10 s after the last of the kills"),
        "leftover_files": (left.files, "temporary files, sockets and folders after the kills"),
        "leftover_folders": (left.folders, "profiles, after what it offers to delete an account"),
    }
    return {
        prefix + name: figure([float(count)], meaning, unit="", aim=aims.get(name))
        for name, (count, meaning) in counts.items()
    }


def _sides(taken: Taken) -> dict[str, OfSide]:
    shared = {} if taken.shared is None else {"linkwright-shared": taken.shared}
    return {"linkwright": taken.own, **shared, "whatsapp-web.js": taken.peer}


def _listings(taken: Taken) -> dict[str, Listing]:
    weights = tuple(
        (
            name,
            str(weight.accounts),
            f"{weight.per_account / MB:.1f}",
            f"{weight.browsers / weight.accounts / MB:.1f}",
            f"{weight.shared / MB:.1f}",
            f"{weight.processes_per_account:.1f}",
        )
        for name, of in _sides(taken).items()
        for weight in of.weights
    )
    columns = ("", "accounts", "MB per account", "its browser", "MB shared by all", "processes")
    listings = {"memory (PSS)": Listing(columns=columns, rows=weights)}
    if taken.own.scenes:
        listings["scenes"] = _scenes(taken)
    return {title: listing for title, listing in listings.items() if listing.rows}


def _scenes(taken: Taken) -> Listing:
    missing = Outcome("not played", true=False, seconds=0.0)
    sides = _sides(taken)
    rows = tuple(
        (scene, *(cell for of in sides.values() for cell in _told(of.scenes.get(scene, missing))))
        for scene in taken.own.scenes
    )
    columns = ("scene", *(column for name in sides for column in (name, "true", "s")))
    return Listing(columns=columns, rows=rows)


def _told(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.said, "yes" if outcome.true else "no", f"{outcome.seconds:.1f}"
