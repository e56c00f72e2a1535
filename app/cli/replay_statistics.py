"""`linkwright replay statistics`: how far attempts came, how long it took, and why they ended."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args

import click
import msgspec
from rich.console import Console, RenderableType
from rich.text import Text

from app.cli.client import connected
from app.cli.ending import Interruptible
from app.cli.output import console, json_option, key_option, table, write_json
from app.cli.replay_fleet import MomentParameter, logs_of
from projections.statistics.of_logs import RangeTooLong, statistics_of
from projections.statistics.spread import Spread
from projections.statistics.told import Bucket, By, Duration, Statistics, Way, WayTold

BAR_WIDTH = 30
BLOCKS = " ▏▎▍▌▋▊▉"
"""A cell of a bar, by how many eighths of it are full."""
WAY_WORDS: dict[Way, str] = {
    "qr": "QR code",
    "pairing_code": "pairing code",
    "reconnect": "reconnect",
}
DURATION_WORDS: dict[Duration, str] = {
    "begun_to_shown": "begun → code shown",
    "shown_to_fetched": "code shown → fetched",
    "shown_to_scanned": "code shown → scanned",
    "scanned_to_ready": "scanned → READY",
    "begun_to_ready": "begun → READY",
    "INITIALIZING": "in INITIALIZING",
    "WAITING_QR": "in WAITING_QR",
    "AUTHENTICATING": "in AUTHENTICATING",
    "READY": "READY until it ended",
}
BUCKET_WORDS: dict[By, str] = {"day": "day", "week": "week of", "whatsapp": "WhatsApp"}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the route answers."""

    position: int
    statistics: Statistics


@click.command("statistics", cls=Interruptible)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--since", type=MomentParameter(), help="Attempts that began then or later; 7 days ago."
)
@click.option("--until", type=MomentParameter(), help="Attempts that began before; now.")
@click.option("--workspace", help="Only the accounts of this workspace.")
@click.option(
    "--by",
    type=click.Choice(get_args(By)),
    default="day",
    show_default=True,
    help="What the last table gathers by; whatsapp is the version of WhatsApp's page.",
)
@key_option
@json_option
def replay_statistics(
    files: tuple[Path, ...],
    since: datetime | None,
    until: datetime | None,
    workspace: str | None,
    by: By,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show how far attempts came, how long it took, and why they ended.

    Asks the service, or reads FILES that `replay export` wrote.
    """
    if files:
        if since or until or workspace:
            raise click.UsageError("--since, --until and --workspace do not choose from FILES.")
        _show(_of_files(files, by), as_json=as_json)
        return
    query = {
        "since": since and since.isoformat(),
        "until": until and until.isoformat(),
        "workspace": workspace,
        "by": by,
    }
    with connected(key_file) as client:
        answered = client.get("/v1/statistics", Answered, query)
    if as_json:
        write_json(answered)
    else:
        _show(answered.statistics, as_json=False)


def _of_files(files: tuple[Path, ...], by: By) -> Statistics:
    try:
        return statistics_of(logs_of(files), by)
    except RangeTooLong as error:
        raise click.UsageError(f"The files hold {error}.") from error


def _show(told: Statistics, *, as_json: bool) -> None:
    if as_json:
        write_json({"statistics": told})
        return
    out = console()
    for line in statistics_lines(out, told):
        out.print(line)


def statistics_lines(out: Console, told: Statistics) -> Iterator[RenderableType]:
    """Draw all of it."""
    yield _heading(told)
    if told.unmeasured:
        yield (
            f"{told.unmeasured:,} rows are from before statuses were timed:"
            " ./linkwright projections rebuild attempts measures them."
        )
    ways = [way for way in told.ways if way.begun]
    for way in ways:
        yield ""
        yield _funnel(out, way)
    if ways:
        yield ""
        yield _times(out, ways)
    if told.causes:
        yield ""
        yield _causes(out, told)
    if ways:
        yield ""
        yield _buckets(out, told)


def _heading(told: Statistics) -> str:
    range_ = f"{told.since:%Y-%m-%d %H:%M} to {told.until:%Y-%m-%d %H:%M} UTC"
    where = f" in workspace {told.workspace}" if told.workspace else ""
    if not told.attempts:
        return f"{range_}{where}: no attempts began."
    share = _share(told.ready, told.attempts)
    attempts = "1 attempt" if told.attempts == 1 else f"{told.attempts:,} attempts"
    return f"{range_}{where}: {attempts}, {told.ready:,} READY ({share})."


def _funnel(out: Console, way: WayTold) -> RenderableType:
    drawn = table(out, WAY_WORDS[way.way], "", "attempts", "of all")
    steps = {
        "begun": way.begun,
        "code shown": way.shown,
        "fetched": way.fetched,
        "scanned": way.scanned,
        "READY": way.ready,
    }
    for step, count in steps.items():
        if not count and way.way != "qr" and step not in ("begun", "READY"):
            continue  # a reconnect needs no code as long as its session is good
        bar = Text(_bar(count, way.begun), style="green" if step == "READY" else "cyan")
        drawn.add_row(step, bar, f"{count:,}", _share(count, way.begun))
    if way.running:
        drawn.add_row("still running", "", f"{way.running:,}", _share(way.running, way.begun))
    return drawn


def _times(out: Console, ways: list[WayTold]) -> RenderableType:
    drawn = table(out, "how long", "way", "attempts", "p50", "p90", "p99", "longest")
    for name, words in DURATION_WORDS.items():
        for way in ways:
            spread = way.durations[name]
            if spread.count:
                drawn.add_row(words, WAY_WORDS[way.way], f"{spread.count:,}", *_cells(spread))
    return drawn


def _cells(spread: Spread) -> Iterator[str]:
    for duration_s in (spread.p50_s, spread.p90_s, spread.p99_s, spread.longest_s):
        yield "" if duration_s is None else duration_words(duration_s)


def _causes(out: Console, told: Statistics) -> RenderableType:
    total = sum(cause.count for cause in told.causes)
    drawn = table(out, "why it ended", "", "attempts", "of all", "who can help", "newest example")
    for cause in told.causes:
        drawn.add_row(
            cause.code,
            Text(_bar(cause.count, told.causes[0].count), style="red"),
            f"{cause.count:,}",
            _share(cause.count, total),
            cause.actor.replace("_", " "),
            f"{cause.account_id} --attempt {cause.attempt}",
        )
    return drawn


def _buckets(out: Console, told: Statistics) -> RenderableType:
    drawn = table(out, BUCKET_WORDS[told.by], "attempts", "READY", "of all", "why they ended")
    for bucket in told.buckets:
        drawn.add_row(
            bucket.key or "not told",
            f"{bucket.begun:,}",
            f"{bucket.ready:,}",
            _share(bucket.ready, bucket.begun),
            _causes_of(bucket),
        )
    return drawn


def _causes_of(bucket: Bucket) -> str:
    most_first = sorted(bucket.causes.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {code}" for code, count in most_first)


def _bar(count: int, most: int) -> str:
    eighths = round(count / most * BAR_WIDTH * 8) if most else 0
    return "█" * (eighths // 8) + BLOCKS[eighths % 8].strip()


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else ""


def duration_words(duration_s: float) -> str:
    """Say it in the unit that a person would."""
    size_s = abs(duration_s)
    if size_s < 2 * MINUTE_S:
        return f"{duration_s:.1f} s"
    if size_s < 2 * HOUR_S:
        return f"{duration_s / MINUTE_S:.1f} min"
    if size_s < 2 * DAY_S:
        return f"{duration_s / HOUR_S:.1f} h"
    return f"{duration_s / DAY_S:.1f} days"
