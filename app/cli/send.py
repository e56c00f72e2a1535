"""`./linkwright send ACCOUNT PHONE TEXT`: one message to one phone."""

import mimetypes
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import click
import msgspec
from rich.text import Text

from adapters import clock
from app.cli.client import Client, connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.message_answers import Message, MessageAnswer
from app.cli.output import console, json_option, key_option, write_json
from app.cli.templates import values_of

WAIT_AT_ONCE_S = 10
"""Of one request; the client gives up after 15 s (app/cli/client.py)."""
LONGEST_WAIT_S = 300.0
"""Five of the minutes that a full account makes its next message wait."""


@click.command(cls=Interruptible)
@click.argument("account")
@click.argument("phone")
@click.argument("text", default="")
@click.option(
    "--file",
    "file_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A picture, PDF or any other document; TEXT is its caption.",
)
@click.option("--template", default="", help="A template's name, in place of TEXT.")
@click.option("--values", "file", type=click.File("rb"), help="JSON file of values; - is stdin.")
@click.option(
    "--value", "pairs", multiple=True, metavar="NAME=VALUE", help="One value of a template."
)
@click.option("--queue", is_flag=True, help="If it cannot go now, have it wait until it can.")
@click.option("--wait", is_flag=True, help="Wait until it is sent or has failed.")
@key_option
@json_option
def send(  # noqa: PLR0913  one parameter for each option
    account: str,
    phone: str,
    text: str,
    file_path: Path | None,
    template: str,
    file: BinaryIO | None,
    pairs: tuple[str, ...],
    key_file: Path | None,
    *,
    queue: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Send a text, a file or a template to a phone number, as one types it.

    A message is accepted with its id at once; it is sent as soon as those before it are.
    """
    body: dict[str, Any] = {
        "to": phone,
        "text": text,
        "template": template,
        "values": values_of(file, pairs),
        "queue": queue,
        "file": _file(file_path) if file_path else None,
    }
    with connected(key_file) as client:
        path = f"/v1/accounts/{quote(account, safe='')}/messages"
        told = client.post(path, MessageAnswer, body).message
        if wait:
            told = _when_over(client, path, told)
        message = _read(client, told)
    if as_json:
        write_json(told)
    else:
        console().print(_sentence(message))
    if message.status == "failed":
        failure = message.failure
        raise CommandFailed(
            Exit.FAILED,
            failure.sentence if failure else "The message failed.",
            failure.next_step if failure else "",
            code=failure.code if failure else "failed",
        )


def _file(path: Path) -> dict[str, Any]:
    media_type, _ = mimetypes.guess_type(path.name)
    return {
        "name": path.name,
        "media_type": media_type or "application/octet-stream",
        "content": path.read_bytes(),
    }


def _when_over(client: Client, path: str, told: dict[str, Any]) -> dict[str, Any]:
    until_s = clock.monotonic_s() + LONGEST_WAIT_S
    address = f"{path}/{quote(str(told.get('id', '')), safe='')}"
    while told.get("status") == "queued" and clock.monotonic_s() < until_s:
        told = client.get(address, MessageAnswer, {"wait": WAIT_AT_ONCE_S}).message
    return told


def _read(client: Client, told: dict[str, Any]) -> Message:
    try:
        return msgspec.convert(told, Message)
    except msgspec.ValidationError as error:
        raise client.not_linkwright("its message cannot be read") from error


def _sentence(message: Message) -> Text:
    by = f" by the {message.by}" if message.by else ""
    return Text.assemble(message.id, " to +", message.phone, ": ", (message.status, "bold"), by)
