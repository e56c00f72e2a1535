"""`linkwright doctor`: can Linkwright run here, and if not, what to do about it."""

import os
from collections.abc import Callable

import click
import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli import doctor_machine as machine
from app.cli import doctor_programs as programs
from app.cli.doctor_findings import Finding, Surroundings, problem
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, is_live, json_option, write_json
from app.settings import Settings, SettingsError, read_settings

LOOK_LIMIT_S = 2.0
SIGN_WIDTH = len("✗ problem")

CHECKS: dict[str, Callable[[Surroundings], Finding | None]] = {
    "Python": programs.python,
    "browser": programs.browser,
    "browser start": programs.browser_start,
    "shared browser": programs.shared_browser,
    "wa-js": programs.wa_js,
    "npm": programs.npm,
    "PostgreSQL": programs.postgresql,
    "DATABASE_URL": programs.database,
    "data folder": machine.data_folder,
    "ports": machine.ports,
    "memory": machine.memory,
    "shared memory": machine.shared_memory,
}
"""In the order of the report. None: the settings make no use of it, so there is no line."""


@click.command(cls=Interruptible)
@json_option
def doctor(*, as_json: bool) -> None:
    """Check whether Linkwright can run here. The service need not be running."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        raise CommandFailed(Exit.USAGE, f"{error}.", "Correct it, or unset it.") from error
    given = Surroundings(
        environment=os.environ, settings=settings, serving=_linkwright_answers(settings)
    )
    out = console()
    looks = (_look(out, name, given, quiet=as_json) for name in CHECKS)
    findings = [finding for finding in looks if finding is not None]
    problems = sum(not finding.ok for finding in findings)
    if as_json:
        write_json({"ok": not problems, "checks": findings})
    else:
        out.print(_verdict(problems))
    if problems:
        raise click.exceptions.Exit(Exit.FAILED)


def _look(out: Console, name: str, given: Surroundings, *, quiet: bool) -> Finding | None:
    """Do one check and say what it found; a check that breaks has found a problem."""
    if quiet or not is_live(out):
        finding = _checked(name, given)
    else:
        with out.status(f"{name} …"):
            finding = _checked(name, given)
    if finding is not None and not quiet:
        out.print(finding_line(finding))
    return finding


def _checked(name: str, given: Surroundings) -> Finding | None:
    try:
        return CHECKS[name](given)
    except (OSError, ValueError) as error:
        found = f"it could not be checked ({type(error).__name__}: {error})"
        return problem(name, found, "Please report this: the doctor should know better.")


def finding_line(finding: Finding) -> Table:
    """Draw one check, with what to do below what was found."""
    line = Table.grid(padding=(0, 1, 0, 0))
    for width in (SIGN_WIDTH, max(map(len, CHECKS)), None):
        line.add_column(width=width, overflow="fold")
    found = Text(finding.found, style="dim" if finding.ok else "")
    if finding.what_to_do:
        found.append(f"\n→ {finding.what_to_do}", style="bold")
    sign = Text("✓ ok", style="green") if finding.ok else Text("✗ problem", style="bold red")
    line.add_row(sign, finding.name, found)
    return line


def _verdict(problems: int) -> Text:
    if not problems:
        return Text("Linkwright can run here.", style="bold green")
    count = "One problem" if problems == 1 else f"{problems} problems"
    return Text(f"{count}: Linkwright may not work here.", style="bold red")


def _linkwright_answers(settings: Settings) -> bool:
    try:
        with httpx.Client(trust_env=False, timeout=LOOK_LIMIT_S) as client:
            return client.get(f"{settings.url}/health/live").json() == {"ok": True}
    except (httpx.HTTPError, ValueError):
        return False
