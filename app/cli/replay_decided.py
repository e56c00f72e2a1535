"""`./linkwright replay redecide` and `replay what-if`: recorded inputs, decided again."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from app.cli.client import connected
from app.cli.ending import Exit, Interruptible
from app.cli.output import console, json_option, key_option, write_json
from app.cli.paths import account_path
from app.cli.replay_fleet import MEANINGS, STYLES, PolicyParameter
from domain.reasons import Reason
from domain.status import Status
from projections.replay.told import ToldDecision, ToldEvent, ToldRedecided, ToldWhatIf

_DELAY = re.compile(r"([1-9][0-9]{0,17}):([0-9]+(?:\.[0-9]+)?)")
_INSERT = re.compile(r"(?:([1-9][0-9]{0,17}):)?([A-Za-z]+)(?::(\{.*\}))?", re.DOTALL)


class _Redecided(msgspec.Struct, frozen=True):
    redecided: ToldRedecided


class _WhatIf(msgspec.Struct, frozen=True):
    attempt: int
    what_if: ToldWhatIf


class _Delay(click.ParamType[dict[str, Any]]):
    name = "input:seconds"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        found = _DELAY.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not like 1041:2.5.", param, ctx)
        return {"edit": "delay", "input": int(found[1]), "by_s": float(found[2])}


class _Insert(click.ParamType[dict[str, Any]]):
    name = "[before:]kind[:json]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        found = _INSERT.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not like 1041:RecordScan.", param, ctx)
        before, kind, body = found.groups()
        try:
            fields = msgspec.json.decode(body or "{}", type=dict[str, Any])
        except msgspec.DecodeError as error:
            self.fail(f"{body!r} is no JSON object ({error}).", param, ctx)
        place = int(before) if before else None
        return {"edit": "insert", "kind": kind, "before": place, "body": fields}


@click.command(cls=Interruptible)
@click.argument("account")
@click.option("--attempt", type=click.IntRange(min=1), help="Only this attempt.")
@key_option
@json_option
def redecide(account: str, attempt: int | None, key_file: Path | None, *, as_json: bool) -> None:
    """Decide what reached ACCOUNT again, and say whether this build decides as the log says."""
    path = account_path(account, "/replay/redecide")
    with connected(key_file) as client:
        found = client.get(path, _Redecided, {"attempt": attempt}).redecided
    if as_json:
        write_json({"redecided": found})
    else:
        out = console()
        for line in _redecided(found):
            out.print(line, soft_wrap=True)
    if not found.identical:
        raise click.exceptions.Exit(Exit.DIFFERENT)


@click.command("what-if", cls=Interruptible)
@click.argument("account")
@click.option("--attempt", type=click.IntRange(min=1), help="This attempt; the newest by default.")
@click.option(
    "--policy",
    "policies",
    type=PolicyParameter(),
    multiple=True,
    help="Another number in the policy, as link_window_s=600. May be repeated.",
)
@click.option(
    "--drop",
    "drops",
    type=click.IntRange(min=1),
    multiple=True,
    help="Leave out the input with this id. May be repeated.",
)
@click.option(
    "--delay",
    "delays",
    type=_Delay(),
    multiple=True,
    help="Let an input come so many seconds later. May be repeated.",
)
@click.option(
    "--insert",
    "insertions",
    type=_Insert(),
    multiple=True,
    help="Let one more input come before an input, or after the last. May be repeated.",
)
@key_option
@json_option
def what_if(
    account: str,
    attempt: int | None,
    policies: tuple[tuple[str, float], ...],
    drops: tuple[int, ...],
    delays: tuple[dict[str, Any], ...],
    insertions: tuple[dict[str, Any], ...],
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what an attempt of ACCOUNT would have come to with another policy or other inputs."""
    dropped = [{"edit": "drop", "input": number} for number in drops]
    wanted: dict[str, Any] = {
        "attempt": attempt,
        "policy": dict(policies),
        "edits": [*insertions, *delays, *dropped],
    }
    with connected(key_file) as client:
        found = client.post(account_path(account, "/replay/what-if"), _WhatIf, wanted)
    if as_json:
        write_json({"attempt": found.attempt, "what_if": found.what_if})
        return
    out = console()
    for line in _what_if(found):
        out.print(line, soft_wrap=True)


def _redecided(found: ToldRedecided) -> Iterator[Text]:
    first = found.first
    if first is None:
        same = f"All {found.inputs} inputs are decided as they were: {found.events} events."
        yield Text(same, style="green")
    else:
        yield Text(f"Input {first.input_id} ({first.kind}) is decided otherwise.", style="bold red")
        where = f"on version {first.version}"
        if first.positions:
            where += f", positions {', '.join(map(str, first.positions))}"
        yield Text(where)
        yield from _decision("then", first.expected)
        yield from _decision("now", first.got)
        if first.fields:
            yield Text(f"what differs: {', '.join(first.fields)}")
    if found.erased:
        yield Text(f"{found.erased} looked at what was erased since, and were passed over.")


def _decision(when: str, decided: ToldDecision) -> Iterator[Text]:
    outcome = decided.outcome or "not known to this build"
    yield Text(f"{when}: {outcome}{f' ({decided.rule})' if decided.rule else ''}")
    for event in decided.events:
        yield Text(f"  {event.topic}: {event.sentence}")


def _what_if(found: _WhatIf) -> Iterator[Text]:
    came = found.what_if
    verdict = (came.verdict.value, STYLES[came.verdict])
    yield Text.assemble(verdict, f": {MEANINGS[came.verdict]}")
    if came.missing:
        yield Text(f"missing: {came.missing}")
    yield Text(f"then: {_end(came.status_before, came.reason_before)}")
    yield Text(f"now: {_end(came.status_after, came.reason_after)}")
    if came.first_difference is not None:
        yield Text(f"first difference: position {came.first_difference}")
    for number, event in enumerate(came.events):
        yield _event(event, new=number >= came.same_events)


def _end(status: Status, reason: Reason | None) -> str:
    return status.value if reason is None else f"{status.value} ({reason.value})"


def _event(event: ToldEvent, *, new: bool) -> Text:
    mark, style = ("▶", "bold") if new else (" ", "dim")
    line = f"{mark} {event.at:%H:%M:%S}.{event.at.microsecond // 1000:03d}  {event.sentence}"
    return Text(line, style=style)
