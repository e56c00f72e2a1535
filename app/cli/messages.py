"""`./linkwright messages ACCOUNT`: what an account has sent and received."""

from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import click
import msgspec
from rich.console import Console
from rich.text import Text

from adapters import clock
from app.cli.accounts import ago
from app.cli.client import connected
from app.cli.ending import Interruptible
from app.cli.message_answers import Message, MessagePage
from app.cli.output import console, json_option, key_option, table, write_json
from projections.messages import MessageStatus

PAGE = 200
STYLES = {"failed": "bold red", "queued": "bold cyan", "read": "bold green"}


@click.command(cls=Interruptible)
@click.argument("account")
@click.option(
    "--status", type=click.Choice(get_args(MessageStatus)), help="Only messages in this status."
)
@click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="The newest so many.",
)
@key_option
@json_option
def messages(
    account: str, status: str | None, limit: int, key_file: Path | None, *, as_json: bool
) -> None:
    """List the messages of an account, the newest first, and how far each has come."""
    with connected(key_file) as client:
        raw: list[Any] = []
        cursor: str | None = None
        while len(raw) < limit:
            query = {"status": status, "limit": min(PAGE, limit - len(raw)), "cursor": cursor}
            path = f"/v1/accounts/{quote(account, safe='')}/messages"
            page = client.get(path, MessagePage, query)
            raw += page.messages
            cursor = page.next_cursor
            if cursor is None:
                break
        if as_json:
            write_json({"messages": raw})
            return
        try:
            found = msgspec.convert(raw, list[Message])
        except msgspec.ValidationError as error:
            raise client.not_linkwright("its messages cannot be read") from error
    _show(console(), found)


def _show(out: Console, found: list[Message]) -> None:
    if not found:
        out.print("There is no such message. Send one: `./linkwright send ACCOUNT PHONE TEXT`.")
        return
    shown = table(out, "message", "", "phone", "kind", "status", "when", "")
    now = clock.now()
    for one in found:
        shown.add_row(
            one.id,
            "to" if one.direction == "out" else "from",
            f"+{one.phone}" if one.phone else "(erased)",
            one.template or one.kind,
            Text(one.status, style=STYLES.get(one.status, "")),
            ago(one.accepted_at, now),
            _remark(one),
        )
    out.print(shown)


def _remark(one: Message) -> Text:
    if one.failure is None:
        return Text(one.name, style="dim")
    told = "sent by the standby after: " if one.fallback_used else ""
    return Text.assemble(told, (one.failure.code, "bold"), " ", (one.failure.sentence, "dim"))
