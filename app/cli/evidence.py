"""`./linkwright evidence ACCOUNT`: what was kept when its attempts and links failed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.text import Text

from adapters import clock
from app.cli.accounts import ago
from app.cli.answers import EvidencePage, Piece
from app.cli.client import Client, connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, json_option, key_option, table, write_json
from app.cli.paths import account_path

ENDINGS = {"screenshot": "jpg", "console": "json", "browser": "json"}


@click.command(cls=Interruptible)
@click.argument("account")
@click.option(
    "--save",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every piece that is still kept into this folder, which is made if need be.",
)
@key_option
@json_option
def evidence(account: str, folder: Path | None, key_file: Path | None, *, as_json: bool) -> None:
    """List what was kept when attempts and links of ACCOUNT failed: pictures, console, versions."""
    with connected(key_file) as client:
        page = client.get(account_path(account, "/evidence"), EvidencePage)
        found = _read(client, page.evidence)
        files = _saved(client, account, found, folder) if folder is not None else {}
    if as_json:
        told = {"evidence": page.evidence}
        write_json(told | {"saved": list(map(str, files.values()))} if folder else told)
        return
    _show(console(), account, found, files)


def _read(client: Client, raw: list[Any]) -> list[Piece]:
    try:
        return msgspec.convert(raw, list[Piece])
    except msgspec.ValidationError as error:
        raise client.not_linkwright("its evidence cannot be read") from error


def _saved(client: Client, account: str, found: Sequence[Piece], folder: Path) -> dict[str, Path]:
    """Write what is kept; gives digest -> file."""
    files: dict[str, Path] = {}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for piece in found:
            if piece.kept and piece.digest not in files:
                content = client.send(
                    "GET", account_path(account, f"/evidence/{piece.digest}"), accept="*/*"
                )
                files[piece.digest] = folder / _file_name(piece)
                _write(files[piece.digest], content.content)
    except OSError as error:
        raise CommandFailed(
            Exit.FAILED,
            f"{folder} cannot be written to ({error.strerror or type(error).__name__}).",
            "Give another folder.",
        ) from error
    return files


def _file_name(piece: Piece) -> str:
    """Name it by time and kind, so that a listing is in order; the digest tells it from others."""
    at = piece.kept_at.strftime("%Y%m%dT%H%M%SZ")
    return f"{at}-{piece.kind}-{piece.digest[:12]}.{ENDINGS.get(piece.kind, 'bin')}"


def _write(path: Path, content: bytes) -> None:
    """Write it for nobody else's eyes."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)


def _show(out: Console, account: str, found: Sequence[Piece], files: dict[str, Path]) -> None:
    if not found:
        out.print(Text(f"Nothing was kept of {account}: nothing has failed, or it is long ago."))
        return
    shown = table(out, "kept", "kind", "bytes", "position", "attempt", "digest", "")
    now = clock.now()
    for piece in found:
        where = files.get(piece.digest)
        shown.add_row(
            ago(piece.kept_at, now),
            piece.kind,
            str(piece.size_bytes),
            str(piece.position) if piece.position is not None else "",
            piece.attempt,
            piece.digest[:12],
            str(where) if where else "" if piece.kept else "not kept any more",
        )
    out.print(shown)
    if not files:
        out.print(
            Text(f"`./linkwright evidence {account} --save FOLDER` writes them.", style="dim")
        )
