"""`./linkwright accounts`: the accounts table."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters import clock
from app.cli.answers import Account, AccountPage
from app.cli.client import Client, Query, connected
from app.cli.ending import Interruptible
from app.cli.output import STATUS_STYLES, console, json_option, key_option, table, write_json
from domain.status import Status

PAGE = 200
WIDE = 150
"""Columns that the whole table needs."""
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


@click.command(cls=Interruptible)
@click.option("--workspace", help="Only the accounts of this workspace.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in Status], case_sensitive=False),
    help="Only accounts in this status; may be given several times.",
)
@key_option
@json_option
def accounts(
    workspace: str | None, statuses: tuple[str, ...], key_file: Path | None, *, as_json: bool
) -> None:
    """List accounts: status, phone, and what is wrong with them."""
    with connected(key_file) as client:
        raw = _all_pages(client, {"workspace": workspace, "status": statuses, "limit": PAGE})
        if as_json:
            write_json({"accounts": raw})
            return
        found = _read(client, raw)
    _show(console(), found, narrowed=bool(workspace or statuses))


def _all_pages(client: Client, wanted: Query) -> list[Any]:
    """Read page after page, each account as it came."""
    found: list[Any] = []
    cursor: str | None = None
    while True:
        page = client.get("/v1/accounts", AccountPage, {**wanted, "cursor": cursor})
        found += page.accounts
        cursor = page.next_cursor
        if cursor is None:
            return found


def _read(client: Client, raw: list[Any]) -> list[Account]:
    try:
        return msgspec.convert(raw, list[Account])
    except msgspec.ValidationError as error:
        raise client.not_linkwright("its accounts cannot be read") from error


def _show(out: Console, found: Sequence[Account], *, narrowed: bool) -> None:
    if not found:
        hint = "There is no such account." if narrowed else "There is no account yet."
        out.print(
            f"{hint} Link one: `./linkwright link`, or for a trial: `./linkwright link --scan`."
        )
        return
    out.print(_wide(out, found) if out.width >= WIDE else _narrow(out, found))
    ready = sum(account.status is Status.READY for account in found)
    accounts_in_words = "1 account" if len(found) == 1 else f"{len(found)} accounts"
    out.print(Text(f"{accounts_in_words}, {ready} READY", style="dim"))


def _wide(out: Console, found: Sequence[Account]) -> Table:
    shown = table(out, "account", "label", "workspace", "site", "status", "phone", "since", "")
    for column in (shown.columns[0], shown.columns[4]):
        column.no_wrap = True
    now = clock.now()
    for account in found:
        shown.add_row(
            account.id,
            account.label,
            account.workspace,
            account.site,
            _status(account),
            _phone(account),
            ago(account.since, now),
            _remark(account),
        )
    return shown


def _narrow(out: Console, found: Sequence[Account]) -> Table:
    """Keep what is copied and looked for in one piece; the rest folds beside it."""
    shown = table(out, "account", "status", "")
    for column in shown.columns[:2]:
        column.no_wrap = True
    now = clock.now()
    for account in found:
        about = Text(account.label or "(no label)")
        about.append(f" ({account.workspace}, {account.site})", style="dim")
        about.append(f", {ago(account.since, now)}")
        for more in (_phone(account), _remark(account)):
            if more:
                about.append("\n").append_text(more)
        shown.add_row(account.id, _status(account), about)
    return shown


def _status(account: Account) -> Text:
    return Text(account.status.value, style=STATUS_STYLES[account.status])


def _phone(account: Account) -> Text:
    text = Text(f"+{account.phone}" if account.phone else "")
    if account.primary:
        text.append(" primary", style="dim")
    return text


def _remark(account: Account) -> Text:
    reason = account.reason
    if reason is None or account.status not in (Status.FAILED, Status.DISCONNECTED):
        return Text()
    return Text.assemble((reason.code, "bold"), " ", (reason.sentence, "dim"))


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago in the largest unit that fits."""
    seconds = max(0.0, (now - moment).total_seconds())
    for unit_s, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds >= unit_s:
            return f"{seconds // unit_s:.0f} {unit} ago"
    return f"{int(seconds)} s ago"
