"""`./linkwright cleanup`: end what is stuck, delete what was left behind, and say so."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from app.cli.client import connected
from app.cli.ending import Interruptible
from app.cli.output import console, json_option, key_option, write_json

MARKS = {
    "done": ("✓", "bold green"),
    "would_do": ("→", "bold"),
    "left": ("!", "bold yellow"),
}


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, would be, or was left."""

    account_id: str
    outcome: str
    sentence: str


@click.command(cls=Interruptible)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@key_option
@json_option
def cleanup(key_file: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """End stuck attempts and delete sessions without an account. Safe while Linkwright runs.

    No account that is READY is touched.
    """
    with connected(key_file) as client:
        raw = client.post("/v1/cleanup", dict[str, Any], {"dry_run": dry_run})
        try:
            deeds = msgspec.convert(raw.get("deeds"), list[Deed])
        except msgspec.ValidationError as error:
            raise client.not_linkwright("what it cleaned up cannot be read") from error
    if as_json:
        write_json(raw)
        return
    out = console()
    for deed in deeds:
        sign, style = MARKS.get(deed.outcome, MARKS["left"])
        out.print(Text.assemble((f"{sign} ", style), f"{deed.account_id}  {deed.sentence}"))
    out.print(_summary(deeds, dry_run=dry_run))


def _summary(deeds: list[Deed], *, dry_run: bool) -> str:
    if not deeds:
        return "There is nothing to clean up."
    counted = {outcome: sum(d.outcome == outcome for d in deeds) for outcome in MARKS}
    if dry_run:
        return f"{counted['would_do']} to clean up. Nothing was changed."
    left = f", {counted['left']} left as they are" if counted["left"] else ""
    return f"{counted['done']} cleaned up{left}."
