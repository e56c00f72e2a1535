"""`./linkwright diagnostics`: what is stuck, what was left behind, and what runs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.text import Text

from adapters import clock
from app.cli.accounts import ago
from app.cli.client import connected
from app.cli.ending import Exit, Interruptible
from app.cli.output import STATUS_STYLES, console, json_option, key_option, table, write_json
from domain.status import Status

WHY = {
    "past_deadline": "its deadline has passed and nobody has ended it",
    "no_code": "no QR code after 30 s",
}
SILENT_S = 10.0
"""As /health/ready has it: ten missed beats are no hiccup."""


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that does not get on."""

    account_id: str
    status: Status
    since: datetime
    why: str


class Leftovers(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to nobody."""

    folders: list[str]
    sessions: list[str]


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A process with browsers."""

    worker_id: str
    holder: str
    silent_s: float


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What the service has found."""

    accounts: int
    by_status: dict[str, int]
    in_seed_words: dict[str, int]
    stuck: list[Stuck]
    leftovers: Leftovers
    without_session: list[str]
    leases: list[Lease]
    versions: dict[str, str]

    @property
    def clean(self) -> bool:
        """Tell whether there is nothing to clean up."""
        return not (self.stuck or self.leftovers.folders or self.leftovers.sessions)


@click.command(cls=Interruptible)
@key_option
@json_option
def diagnostics(key_file: Path | None, *, as_json: bool) -> None:
    """Look for stuck attempts and for sessions without an account. Nothing is changed."""
    with connected(key_file) as client:
        raw = client.get("/v1/diagnostics", dict[str, Any])
        try:
            found = msgspec.convert(raw, Diagnosis)
        except msgspec.ValidationError as error:
            raise client.not_linkwright("its diagnosis cannot be read") from error
    if as_json:
        write_json(raw)
    else:
        _show(console(), found)
    if not found.clean:
        raise click.exceptions.Exit(Exit.FAILED)


def _show(out: Console, found: Diagnosis) -> None:
    _show_statuses(out, found)
    out.print()
    for one in found.stuck:
        since = ago(one.since, clock.now())
        _bad(out, f"{one.account_id} is stuck: {WHY.get(one.why, one.why)} ({since})")
    for name in found.leftovers.folders:
        _bad(out, f"session folder {name}: no account can use it")
    for account_id in found.leftovers.sessions:
        _bad(out, f"sealed session of {account_id}: no account can use it")
    if found.clean:
        out.print(Text.assemble(("✓ ", "green"), "Nothing is stuck, and nothing was left behind."))
    for account_id in found.without_session:
        sentence = f"{account_id} is linked and no session of it is kept: it needs a scan soon"
        out.print(Text.assemble(("! ", "bold yellow"), sentence))
    _show_processes(out, found)
    if not found.clean:
        out.print()
        out.print(Text("→ ./linkwright cleanup --dry-run says what would be done", style="bold"))


def _show_statuses(out: Console, found: Diagnosis) -> None:
    shown = table(out, "status", "accounts")
    shown.columns[1].justify = "right"
    for name, count in found.by_status.items():
        style = STATUS_STYLES[Status(name)] if count else "dim"
        shown.add_row(Text(name, style=style), Text(f"{count:,}", style="" if count else "dim"))
    shown.add_row("all", f"{found.accounts:,}", style="bold" if out.is_terminal else "")
    out.print(shown)
    words = ", ".join(f"{word} {count:,}" for word, count in found.in_seed_words.items())
    out.print(Text(f"In the words of a system that moved over: {words}", style="dim"))


def _show_processes(out: Console, found: Diagnosis) -> None:
    named = {"primary": "worker", "standby": "standby"}
    for lease in found.leases:
        text = f"{named.get(lease.holder, lease.holder)} {lease.worker_id}"
        heard = f"heard of {lease.silent_s:.0f} s ago"
        out.print(Text(f"{text}: {heard}", style="dim" if lease.silent_s > SILENT_S else ""))
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    out.print(Text(versions, style="dim"))


def _bad(out: Console, sentence: str) -> None:
    out.print(Text.assemble(("✗ ", "bold red"), sentence))
