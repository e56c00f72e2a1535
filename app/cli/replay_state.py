"""`./linkwright replay state` and `replay step`: the account at any event or time."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import msgspec
from rich.text import Text

from app.cli.client import connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import STATUS_STYLES, console, json_option, key_option, table, write_json
from app.cli.paths import account_path
from app.cli.replay_fleet import MomentParameter
from projections.replay.state import AccountState, AttemptState

TARGETS = {
    "event": "No event comes after version {version}.",
    "previous": "No event comes before version {version}.",
    "status": "The status does not change after version {version}.",
    "failure": "Nothing has failed after version {version}.",
}


class _State(msgspec.Struct, frozen=True):
    newest: int
    state: AccountState


class _Step(_State, frozen=True):
    found: bool


@click.command(cls=Interruptible)
@click.argument("account")
@click.option("--version", type=click.IntRange(min=0), help="After this many of its events.")
@click.option(
    "--at", type=MomentParameter(), help="As the log knew it at this time; UTC unless it says."
)
@key_option
@json_option
def state(
    account: str,
    version: int | None,
    at: datetime | None,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show ACCOUNT as it was at a version or a time; as it is now without either."""
    if version is not None and at is not None:
        raise CommandFailed(
            Exit.USAGE, "Either --version or --at can be given.", "Leave one of them out."
        )
    query = {"version": version, "at": at.isoformat() if at else None}
    with connected(key_file) as client:
        answer = client.get(account_path(account, "/replay/state"), _State, query)
    _show(answer, as_json=as_json)


@click.command(cls=Interruptible)
@click.argument("account")
@click.option(
    "--version",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Where to step from; 0 is before all events.",
)
@click.option(
    "--to",
    type=click.Choice(list(TARGETS)),
    default="event",
    show_default=True,
    help="The next event, the one before, the next change of status, or the next failure.",
)
@key_option
@json_option
def step(account: str, version: int, to: str, key_file: Path | None, *, as_json: bool) -> None:
    """Go from a version of ACCOUNT to another event, and show the account there."""
    query = {"version": version, "to": to}
    with connected(key_file) as client:
        answer = client.get(account_path(account, "/replay/step"), _Step, query)
    if not answer.found:
        raise CommandFailed(
            Exit.NOT_FOUND,
            TARGETS[to].format(version=version),
            f"The account is at version {answer.newest}.",
        )
    _show(answer, as_json=as_json)


def _show(answer: _State, *, as_json: bool) -> None:
    if as_json:
        write_json({"newest": answer.newest, "state": answer.state})
        return
    out = console()
    shown = table(out, "", "")
    shown.show_header = False
    shown.columns[0].no_wrap = True
    for name, what in _lines(answer):
        style = STATUS_STYLES[answer.state.status] if name == "status" else ""
        shown.add_row(Text(name, style="dim"), Text(what, style=style))
    out.print(shown)


def _lines(answer: _State) -> Iterator[tuple[str, str]]:
    """Name what there is to say, and leave out what does not apply."""
    state = answer.state
    yield "account", state.account_id
    yield "version", f"{state.version} of {answer.newest}"
    if (event := state.event) is not None:
        late_s = (event.recorded_at - event.at).total_seconds()
        yield "event", f"{event.topic}, position {event.position}"
        yield "", event.sentence
        yield "seen", f"{_moment(event.at)}, recorded {late_s:+.3f} s"
    since = f" since {_moment(state.since)}" if state.since else ""
    yield "status", f"{state.status.value}{since}"
    if state.reason is not None:
        yield "reason", state.reason.value
    if state.deadline is not None:
        yield "waits for", f"{state.awaits}, until {_moment(state.deadline)}"
    if state.attempt is not None:
        yield from _attempt(state.attempt)
    yield from _link(state)


def _attempt(attempt: AttemptState) -> Iterator[tuple[str, str]]:
    how = attempt.kind if attempt.kind == "reconnect" else f"link by {attempt.method}"
    yield "attempt", f"{attempt.number}: {how}, {_moment(attempt.started_at)} ({attempt.id})"
    if attempt.phases:
        yield "page", ", ".join(attempt.phases)
    if attempt.codes_issued:
        spent = ", exhausted" if attempt.codes_exhausted else ""
        yield "codes", f"{attempt.codes_issued} shown, {attempt.codes_fetched} fetched{spent}"
    if attempt.code is not None:
        fetched = "fetched" if attempt.code.fetched else "not fetched"
        until = _moment(attempt.code.expires_at)
        yield "on show", f"code {attempt.code.ordinal}, {fetched}, until {until}"
    marks = {
        "scanned": attempt.scanned,
        "kept session found": attempt.session_found,
        "kept session dead": attempt.session_dead and not attempt.codes_issued,
        "passkey demanded": attempt.passkey_demanded,
        f"synced to {attempt.sync_percent} %": attempt.sync_percent is not None,
    }
    if any(marks.values()):
        yield "so far", ", ".join(mark for mark, holds in marks.items() if holds)


def _link(state: AccountState) -> Iterator[tuple[str, str]]:
    if state.phone:
        yield "phone", f"{state.phone}{', primary' if state.primary else ''}"
    if state.reconnects:
        yield "reconnects", f"{state.reconnects} in a row"
    if state.logout_requested:
        yield "logout", "requested"
    if state.session != "none":
        why = f": {state.unsealed.value}" if state.unsealed else ""
        yield "session", state.session.replace("_", " ") + why
    if state.standby.stage != "none":
        yield "standby", f"{state.standby.stage} since {_moment(state.standby.since)}"


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return "ever"
    return moment.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")
