"""`linkwright replay fleet`: what this build, or a policy, makes of recorded attempts."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.cli.ending import Exit, Interruptible
from app.cli.output import console, is_live, json_option, table, write_json
from app.cli.replay_bundle import read_bundles_file
from domain.policy import Policy
from projections.replay.account_log import AccountLog
from projections.replay.edits import BadChange, Changes, new_policy
from projections.replay.fleet import AttemptVerdict, Fleet, FleetQuestion, Tell, begun_at, fleet_of
from projections.replay.what_if import Verdict

MOST_SHOWN = 100
"""Attempts that are listed in a terminal; in a pipe, and with `--json`, all are."""
MEANINGS = {
    Verdict.SAME: "the same would have happened",
    Verdict.FIXED: "failed then, would be READY",
    Verdict.BROKEN: "READY then, would fail",
    Verdict.DIVERGED: "other steps to the same kind of end",
    Verdict.UNDECIDABLE: "the log does not have an answer that would be needed",
}
STYLES = {
    Verdict.SAME: "green",
    Verdict.FIXED: "green",
    Verdict.BROKEN: "bold red",
    Verdict.DIVERGED: "bold red",
    Verdict.UNDECIDABLE: "yellow",
}
FAILING = frozenset({Verdict.BROKEN, Verdict.DIVERGED})
STRICTLY_FAILING = frozenset({Verdict.UNDECIDABLE})
WORST_FIRST = (Verdict.BROKEN, Verdict.DIVERGED, Verdict.UNDECIDABLE, Verdict.FIXED)


class MomentParameter(click.ParamType[datetime]):
    """A date, or a date and time; UTC where no zone is said."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it; click tells the user when it is none."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date like 2026-03-01 or 2026-03-01T18:30Z.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class PolicyParameter(click.ParamType[tuple[str, float]]):
    """One number of a policy, as name=value."""

    name = "name=value"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Read it; click tells the user when there is no such number."""
        name, _, number = str(value).partition("=")
        try:
            pair = (name, float(number))
            new_policy(Policy(), dict([pair]))
        except BadChange as error:
            self.fail(error.sentence, param, ctx)
        except ValueError:
            self.fail(f"{value!r} is not like link_window_s=600.", param, ctx)
        return pair


@click.command("fleet", cls=Interruptible)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--since", type=MomentParameter(), help="Attempts that began then or later.")
@click.option("--workspace", help="Only the accounts of this workspace.")
@click.option(
    "--policy",
    type=PolicyParameter(),
    multiple=True,
    help="Another number in every policy, such as link_window_s=600. May be repeated.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only so many, the newest.")
@click.option("--strict", is_flag=True, help="Let an UNDECIDABLE attempt fail the command too.")
@json_option
def replay_fleet(
    files: tuple[Path, ...],
    since: datetime | None,
    workspace: str | None,
    policy: tuple[tuple[str, float], ...],
    limit: int | None,
    *,
    strict: bool,
    as_json: bool,
) -> None:
    """Decide recorded attempts again, with this build, and say what would have become of them.

    Run it with the build that is to be deployed, before it is. Asks the database itself, or reads
    FILES that `replay export` wrote, and writes nothing. Ends with 8 if any attempt is BROKEN or
    DIVERGED.
    """
    if files and (workspace is not None or limit is not None):
        raise click.UsageError("--workspace and --limit choose from the database, not from FILES.")
    if since is None and not files:
        raise click.UsageError("Say since when: --since 2026-03-01. Or name FILES.")
    out, changes = console(), Changes(policy=dict(policy))
    if since is None or files:
        fleet = _of_files(files, since, changes)
    else:
        with _telling(out, quiet=as_json) as tell:
            asked = FleetQuestion(since=since, workspace=workspace, limit=limit, changes=changes)
            fleet = _of_database(asked, tell)
    if as_json:
        write_json({"since": since, "policy": dict(policy), "fleet": fleet})
    else:
        _show(out, fleet)
    failing = FAILING | STRICTLY_FAILING if strict else FAILING
    if failing & fleet.verdicts.keys():
        raise click.exceptions.Exit(Exit.DIFFERENT)


def logs_of(files: Iterable[Path]) -> list[AccountLog]:
    """Read every bundle in these files."""
    return [bundle.log for path in files for bundle in read_bundles_file(path)]


def _of_files(files: tuple[Path, ...], since: datetime | None, changes: Changes) -> Fleet:
    from app.fleet_what_if import verdict_on

    attempts = [part for log in logs_of(files) for part in log.attempts()]
    asked_for = (part for part in attempts if since is None or begun_at(part) >= since)
    return fleet_of(verdict_on(attempt, changes) for attempt in asked_for)


def _of_database(asked: FleetQuestion, tell: Tell) -> Fleet:
    from adapters.event_log.partitions import Reading
    from app.cli.own_database import database_failing, own_keys, own_settings
    from app.cli.verify import database_address
    from app.fleet_what_if import fleet_what_if

    settings = own_settings()
    with database_failing(settings):
        reading = Reading(database_address(settings), own_keys(settings)).check_key()
        return fleet_what_if(reading.conninfo, reading.keys, asked, tell)


@contextmanager
def _telling(out: Console, *, quiet: bool) -> Generator[Tell]:
    """Show a bar where there is a terminal."""
    if quiet or not is_live(out):
        yield lambda _, __: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        bar = progress.add_task("accounts", total=None)

        def tell(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of)

        yield tell


def _show(out: Console, fleet: Fleet) -> None:
    if not fleet.attempts:
        out.print("There is no such attempt.")
        return
    counts = table(out, "verdict", "attempts", "means")
    for verdict, meaning in MEANINGS.items():
        count = fleet.verdicts.get(verdict, 0)
        style = STYLES[verdict] if count else "dim"
        counts.add_row(Text(verdict.value, style=style), f"{count:,}", meaning)
    out.print(counts)
    if not fleet.different:
        return
    out.print()
    worst = sorted(fleet.different, key=lambda one: WORST_FIRST.index(one.verdict))
    shown = worst[:MOST_SHOWN] if out.is_terminal else worst
    out.print(_listed(out, shown))
    if len(shown) < len(worst):
        out.print(f"and {len(worst) - len(shown):,} more: `--json` lists them.")
    out.print("To look at one: ./linkwright replay show ACCOUNT --attempt NUMBER")


def _listed(out: Console, verdicts: Iterable[AttemptVerdict]) -> Table:
    listing = table(out, "verdict", "account", "attempt", "what differs")
    for one in verdicts:
        what = one.missing or one.difference
        name = Text(one.verdict.value, style=STYLES[one.verdict])
        listing.add_row(name, one.account_id, str(one.attempt or "all"), what)
    return listing
