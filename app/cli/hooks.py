"""`./linkwright hooks …`: webhooks, their deliveries, and sending again."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import msgspec
from rich.console import Console
from rich.text import Text

from adapters import clock
from app.cli.accounts import ago
from app.cli.client import Client, connected
from app.cli.ending import Exit, Interruptible
from app.cli.output import console, json_option, key_option, table, write_json

PATH = "/v1/webhooks"


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint, as far as it is shown here."""

    id: str
    workspace: str
    url: str
    enabled: bool
    disabled: dict[str, Any] | None
    behind: int
    held_up: int
    set_aside: int
    delivered: int
    delivered_at: datetime | None
    failing_since: datetime | None
    last_error: str


class HookPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of endpoints; each is a Hook."""

    webhooks: list[Any]
    next_cursor: str | None


class HookAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint; the secret only when it was made just now."""

    webhook: dict[str, Any]
    secret: str | None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One try."""

    position: int
    account: str
    type: str
    at: datetime
    try_number: int
    outcome: str
    status: int | None
    error: str
    duration_ms: int
    next_at: datetime | None


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Tries, the newest first; each is a Delivery."""

    deliveries: list[Any]
    next_cursor: int | None


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """How a test went."""

    message_id: str
    delivered: bool
    status: int | None
    error: str
    duration_ms: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What will be sent again."""

    redelivery: dict[str, Any]


@click.group()
def hooks() -> None:
    """List, make, test and mend webhooks, and send again what did not arrive."""


@hooks.command("list", cls=Interruptible)
@click.option("--workspace", help="Only the webhooks of this workspace.")
@key_option
@json_option
def list_hooks(workspace: str | None, key_file: Path | None, *, as_json: bool) -> None:
    """List webhooks: how far each is, and what is wrong with it."""
    with connected(key_file) as client:
        raw: list[Any] = []
        cursor: str | None = None
        while True:
            page = client.get(PATH, HookPage, {"workspace": workspace, "cursor": cursor})
            raw += page.webhooks
            cursor = page.next_cursor
            if cursor is None:
                break
        if as_json:
            write_json({"webhooks": raw})
            return
        found = _read(client, raw, Hook)
    _show_list(console(), found)


@hooks.command("add", cls=Interruptible)
@click.argument("url")
@click.option("--workspace", default="default", show_default=True, help="Whose accounts.")
@click.option("--description", default="", help="For people.")
@click.option("--profile", default="standard", show_default=True, help="In which form.")
@click.option("--account", help="Only this account.")
@click.option("--type", "types", multiple=True, help="Only this type of item; repeatable.")
@click.option("--after", type=int, help="Tell everything behind this position; 0: all there is.")
@key_option
@json_option
def add(url: str, key_file: Path | None, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401  the options
    """Make a webhook for URL and show its secret, this once."""
    body = {name: value for name, value in given.items() if value not in (None, ())}
    with connected(key_file) as client:
        made = client.post(PATH, HookAnswer, {"url": url, **body})
    _show_secret(made, as_json=as_json)


@hooks.command("show", cls=Interruptible)
@click.argument("webhook")
@key_option
@json_option
def show(webhook: str, key_file: Path | None, *, as_json: bool) -> None:
    """Show WEBHOOK: how it stands, what is held up, what is sent again."""
    with connected(key_file) as client:
        found = client.get(_path(webhook), HookAnswer)
    if as_json:
        write_json(found.webhook)
        return
    out = console()
    shown = table(out, "", "")
    for name, value in found.webhook.items():
        shown.add_row(name, _as_text(value))
    out.print(shown)


@hooks.command("deliveries", cls=Interruptible)
@click.argument("webhook")
@click.option(
    "--outcome",
    type=click.Choice(["delivered", "failed", "set_aside"]),
    help="Only tries that ended so.",
)
@click.option("--account", help="Only of this account.")
@click.option(
    "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="Tries at the most."
)
@key_option
@json_option
def deliveries(webhook: str, key_file: Path | None, *, as_json: bool, **wanted: Any) -> None:  # noqa: ANN401  the options
    """Read what was tried for WEBHOOK, the newest first."""
    with connected(key_file) as client:
        page = client.get(_path(webhook, "/deliveries"), DeliveryPage, wanted)
        if as_json:
            write_json({"deliveries": page.deliveries})
            return
        found = _read(client, page.deliveries, Delivery)
    _show_deliveries(console(), found)


@hooks.command("redeliver", cls=Interruptible)
@click.argument("webhook")
@click.option("--position", type=int, help="Only the item at this position of the log.")
@click.option("--first", type=int, help="From this position on, whether it arrived or not.")
@click.option("--until", type=int, help="Up to this position. Default: the end of the log.")
@key_option
@json_option
def redeliver(
    webhook: str,
    position: int | None,
    first: int | None,
    until: int | None,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Send again to WEBHOOK: one item, a range, or without options all that was set aside."""
    body: dict[str, Any] = {
        "only": "set_aside" if position is None and first is None else "everything"
    }
    if position is not None:
        body |= {"first": position, "until": position}
    else:
        body |= {name: at for name, at in (("first", first), ("until", until)) if at is not None}
    with connected(key_file) as client:
        asked = client.post(_path(webhook, "/redeliver"), Asked, body)
    if as_json:
        write_json(asked.redelivery)
        return
    range_ = f"{asked.redelivery['position']} to {asked.redelivery['until']}"
    console().print(Text(f"It is sent again: positions {range_}. `hooks show` tells how far."))


@hooks.command("rotate", cls=Interruptible)
@click.argument("webhook")
@click.option(
    "--overlap-s",
    type=click.IntRange(0),
    default=86_400,
    show_default=True,
    help="So long the old secret signs beside the new one.",
)
@key_option
@json_option
def rotate(webhook: str, overlap_s: int, key_file: Path | None, *, as_json: bool) -> None:
    """Give WEBHOOK a new secret and show it, this once."""
    with connected(key_file) as client:
        body = {"overlap_s": overlap_s}
        made = client.post(_path(webhook, "/rotate-secret"), HookAnswer, body)
    _show_secret(made, as_json=as_json)


@hooks.command("test", cls=Interruptible)
@click.argument("webhook")
@key_option
@json_option
def test(webhook: str, key_file: Path | None, *, as_json: bool) -> None:
    """Send a test item to WEBHOOK now. Exit status 1: it did not arrive."""
    with connected(key_file) as client:
        tested = client.post(_path(webhook, "/test"), Tested)
    if as_json:
        write_json(tested)
    else:
        how = "It arrived" if tested.delivered else f"It did not arrive ({tested.error})"
        console().print(Text(f"{how}, after {tested.duration_ms} ms."))
    if not tested.delivered:
        raise SystemExit(Exit.FAILED)


@hooks.command("enable", cls=Interruptible)
@click.argument("webhook")
@key_option
@json_option
def enable(webhook: str, key_file: Path | None, *, as_json: bool) -> None:
    """Deliver to WEBHOOK again, with everything since it was disabled."""
    _switch(webhook, "enable", key_file, as_json=as_json)


@hooks.command("disable", cls=Interruptible)
@click.argument("webhook")
@key_option
@json_option
def disable(webhook: str, key_file: Path | None, *, as_json: bool) -> None:
    """Deliver nothing to WEBHOOK until it is enabled; its place is kept."""
    _switch(webhook, "disable", key_file, as_json=as_json)


def _path(webhook: str, rest: str = "") -> str:
    return f"{PATH}/{quote(webhook, safe='')}{rest}"


def _switch(webhook: str, action: str, key_file: Path | None, *, as_json: bool) -> None:
    with connected(key_file) as client:
        found = client.post(_path(webhook, f"/{action}"), HookAnswer)
    if as_json:
        write_json(found.webhook)
        return
    state = "enabled" if found.webhook["enabled"] else "disabled"
    console().print(Text(f"{webhook} is {state}, {found.webhook['behind']} positions behind."))


def _show_secret(made: HookAnswer, *, as_json: bool) -> None:
    if as_json:
        write_json({"webhook": made.webhook, "secret": made.secret})
        return
    out = console()
    out.print(Text(f"{made.webhook['id']} for {made.webhook['url']}"))
    out.print(Text(f"Its secret, shown this once: {made.secret}"))


def _show_list(out: Console, found: Sequence[Hook]) -> None:
    if not found:
        out.print(Text("There is no webhook. Make one: `./linkwright hooks add URL`."))
        return
    shown = table(out, "webhook", "workspace", "url", "delivered", "behind", "held", "aside", "")
    now = clock.now()
    for one in found:
        shown.add_row(
            one.id,
            one.workspace,
            one.url,
            f"{one.delivered}, {ago(one.delivered_at, now)}" if one.delivered_at else "0",
            *map(str, (one.behind, one.held_up, one.set_aside)),
            _remark(one, now),
        )
    out.print(shown)


def _remark(one: Hook, now: datetime) -> str:
    if one.disabled is not None:
        return f"disabled: {one.disabled['sentence']}"
    if one.failing_since is not None:
        return f"failing since {ago(one.failing_since, now)}: {one.last_error}"
    return ""


def _show_deliveries(out: Console, found: Sequence[Delivery]) -> None:
    if not found:
        out.print(Text("Nothing was tried."))
        return
    shown = table(out, "when", "position", "account", "type", "try", "outcome", "ms", "")
    now = clock.now()
    for one in found:
        again = f"again {one.next_at:%H:%M:%S} UTC" if one.next_at else ""
        shown.add_row(
            ago(one.at, now),
            str(one.position),
            one.account,
            one.type,
            str(one.try_number),
            one.outcome,
            str(one.duration_ms),
            " ".join(filter(None, (one.error, again))),
        )
    out.print(shown)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _read(client: Client, raw: list[Any], kind: type[Any]) -> list[Any]:
    try:
        return msgspec.convert(raw, list[kind])
    except msgspec.ValidationError as error:
        raise client.not_linkwright("its webhooks cannot be read") from error
