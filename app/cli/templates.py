"""`./linkwright templates …`: the message templates of a workspace."""

from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import click
import msgspec
from rich.console import Console
from rich.text import Text

from app.cli.client import Client, ProblemAnswered, connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import Function, console, json_option, key_option, table, write_json

PATH = "/v1/templates"


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A template in the list."""

    name: str
    description: str
    built_in: bool
    updated_at: str | None


class TemplatePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the list answers."""

    templates: list[Any]
    """As they came, for `--json`; each is a Summary."""


class Shown(Summary, frozen=True, kw_only=True):
    """A template with its text."""

    text: str
    values: tuple[str, ...]
    fields: tuple[dict[str, Any], ...] = ()


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The message that values make."""

    text: str


Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]


def workspace_option(function: Function) -> Function:
    """Add `--workspace`."""
    return click.option(
        "--workspace", default="default", show_default=True, help="Whose templates."
    )(function)


@click.group()
def templates() -> None:
    """List, show, save, delete and try the templates of messages."""


@templates.command("list", cls=Interruptible)
@workspace_option
@key_option
@json_option
def list_templates(workspace: str, key_file: Path | None, *, as_json: bool) -> None:
    """List the workspace's templates, with those that are built in."""
    with connected(key_file) as client:
        page = client.get(PATH, TemplatePage, {"workspace": workspace})
        if as_json:
            write_json({"templates": page.templates})
            return
        try:
            found = msgspec.convert(page.templates, list[Summary])
        except msgspec.ValidationError as error:
            raise client.not_linkwright("its templates cannot be read") from error
    out = console()
    shown = table(out, "name", "description", "layout")
    for one in found:
        layout = f"saved {one.updated_at}" if one.updated_at else "built in"
        shown.add_row(one.name, Text(one.description), layout)
    out.print(shown)


@templates.command(cls=Interruptible)
@click.argument("name")
@workspace_option
@key_option
@json_option
def show(name: str, workspace: str, key_file: Path | None, *, as_json: bool) -> None:
    """Show the text of the template NAME; `> file` and `templates save` change it."""
    with connected(key_file) as client:
        raw = client.get(_path(name), dict[str, Any], {"workspace": workspace})
        shown = _shown(client, raw)
    if as_json:
        write_json(raw)
        return
    click.echo(shown.text.rstrip("\n"))
    _tell_values(console_for_notes(), shown)


@templates.command(cls=Interruptible)
@click.argument("name")
@click.argument("file", type=click.File("rb"))
@click.option("--description", help="What it is for, for people.")
@workspace_option
@key_option
@json_option
def save(
    name: str,
    file: BinaryIO,
    description: str | None,
    workspace: str,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Save the text in FILE (- is the standard input) as the template NAME, new or again."""
    body: dict[str, Any] = {"text": _read_text(file)}
    if description is not None:
        body["description"] = description
    _path(name)
    with connected(key_file) as client:
        try:
            raw = client.post(PATH, dict[str, Any], body | {"name": name, "workspace": workspace})
        except ProblemAnswered as found:
            if found.problem.code != "template_exists":
                raise
            answer = client.send("PATCH", _path(name), query={"workspace": workspace}, body=body)
            raw = cast("dict[str, Any]", answer.json())
        saved = _shown(client, raw)
    if as_json:
        write_json(raw)
        return
    out = console()
    out.print(Text(f"Saved {name} of the workspace {workspace}."))
    _tell_values(out, saved)


@templates.command(cls=Interruptible)
@click.argument("name")
@workspace_option
@key_option
@json_option
def delete(name: str, workspace: str, key_file: Path | None, *, as_json: bool) -> None:
    """Delete the template NAME; a built-in one has its built-in layout again."""
    with connected(key_file) as client:
        answer = client.send("DELETE", _path(name), query={"workspace": workspace})
        deleted = _shown(client, answer.json())
    if as_json:
        write_json(answer.json())
        return
    now = "it has its built-in layout again" if deleted.built_in else "it is gone"
    console().print(Text(f"Deleted {name} of the workspace {workspace}: {now}."))


@templates.command(cls=Interruptible)
@click.argument("name")
@click.option("--values", "file", type=click.File("rb"), help="JSON file of values; - is stdin.")
@click.option("--value", "pairs", multiple=True, help="One value, as NAME=VALUE; repeatable.")
@click.option("--text", "text", type=click.File("rb"), help="Try the text in this file instead.")
@workspace_option
@key_option
@json_option
def preview(
    name: str,
    file: BinaryIO | None,
    pairs: tuple[str, ...],
    text: BinaryIO | None,
    workspace: str,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show the message that the template NAME makes of some values. Nothing is sent or saved."""
    body: dict[str, Any] = {"values": values_of(file, pairs)}
    if text is not None:
        body["text"] = _read_text(text)
    with connected(key_file) as client:
        answer = client.send(
            "POST", f"{_path(name)}/preview", query={"workspace": workspace}, body=body
        )
        raw = answer.json()
    write_json(raw) if as_json else click.echo(raw["text"])


def console_for_notes() -> Console:
    """Make a console for what is said beside the output, so that `> file` keeps the text alone."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


def _tell_values(out: Console, shown: Shown) -> None:
    if shown.fields:
        required = [str(one.get("name")) for one in shown.fields if one.get("required")]
        told = f"{len(shown.fields)} fields; needed: {', '.join(required)}. --json lists them all."
    else:
        told = f"Values: {', '.join(shown.values) or 'none'}."
    out.print(Text(told, style="dim"))


def _path(name: str) -> str:
    try:
        return f"{PATH}/{msgspec.convert(name, Name)}"
    except msgspec.ValidationError:
        raise CommandFailed(
            Exit.USAGE,
            f"{name!r} is no template's name.",
            "Names are of lower-case letters, digits and underscores.",
        ) from None


def _shown(client: Client, raw: object) -> Shown:
    try:
        return msgspec.convert(raw, Shown)
    except msgspec.ValidationError as error:
        raise client.not_linkwright("its template cannot be read") from error


def values_of(file: BinaryIO | None, pairs: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = msgspec.json.decode(file.read(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise CommandFailed(
                Exit.USAGE, f"The values are no JSON object: {error}.", "Give a file of JSON."
            ) from error
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise CommandFailed(Exit.USAGE, f"{pair!r} is not NAME=VALUE.", "Give --value a=b.")
        values[name] = value
    return values


def _read_text(file: BinaryIO) -> str:
    try:
        return file.read().decode()
    except UnicodeDecodeError as error:
        raise CommandFailed(
            Exit.USAGE, "The template is not text in UTF-8.", "Save the file as UTF-8."
        ) from error
