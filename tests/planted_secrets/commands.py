"""The command line over accounts that hold secrets."""

import asyncio
import base64
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from app.cli import linkwright
from app.cli.ending import Exit
from projections.replay.redaction import LEVELS
from tests.planted_secrets.stage import Account, Stage
from tests.running_api import MASTER_KEY

COMMAND, ERRORS = "command ", "errors of command "
"""The standard output of a command, and its standard error, under its name."""
Words = tuple[str, ...]


class Line(msgspec.Struct, frozen=True):
    """What is typed: the command by its name, and what stands behind it."""

    name: str
    given: Words = ()

    @property
    def words(self) -> Words:
        return (*self.name.split(), *self.given)


async def read_by_commands(here: Stage, database: str, accounts: Sequence[Account]) -> None:
    """Read whatever the commands tell, as text and as JSON, with the files that they write."""
    folder = here.api.services.settings.data / "commands"
    folder.mkdir(parents=True, exist_ok=True)
    for account in accounts:
        for line in here.some(_of_account(account, folder / account.id)):
            await type_line(here, database, line)
    hooks = (await here.client.get("/v1/webhooks")).json()["webhooks"]
    for line in here.some((*_of_hooks([str(one["id"]) for one in hooks[:3]]), *_of_all(folder))):
        await type_line(here, database, line)
    for file in sorted(folder.iterdir()):
        place = "backup" if file.name == "backup" else "exported bundle"
        here.watch.see(place, file.read_bytes())


async def type_line(
    here: Stage, database: str, line: Line, *, as_json: Sequence[bool] = (False, True), **more: str
) -> None:
    """Run a command; search both of what it writes."""
    given = variables(here, database) | more
    for json_too in as_json:
        words = (*line.words, "--json") if json_too else line.words
        result = await asyncio.to_thread(_run, words, given)
        assert result.exit_code != Exit.BROKEN, (words, result.stderr)
        here.watch.see(COMMAND + line.name, result.stdout_bytes)
        here.watch.see(ERRORS + line.name, result.stderr_bytes)


def _run(words: Words, given: Mapping[str, str | None]) -> Result:
    return CliRunner().invoke(linkwright, list(words), env=given)


def variables(here: Stage, database: str) -> dict[str, str | None]:
    """Give what a command finds the service, its data and its keys by."""
    return {
        "LINKWRIGHT_URL": here.api.url,
        "LINKWRIGHT_API_KEY": here.api.key,
        "LINKWRIGHT_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
        "LINKWRIGHT_DATA": str(here.api.services.settings.data),
        "DATABASE_URL": database,
    }


def _of_account(account: Account, file: Path) -> Iterator[Line]:
    one = account.id
    yield Line("messages", (one,))
    yield Line("evidence", (one,))
    yield Line("replay show", (one, "--attempt", "1"))
    for name in ("show", "why", "path", "state", "redecide", "what-if", "to-test"):
        yield Line(f"replay {name}", (one,))
    yield Line("replay path", (one, "--mermaid"))
    yield Line("replay step", (one, "--to", "failure"))
    yield Line("replay diff", (one, "1", "2"))
    for level in LEVELS[1:]:
        bundle = f"{file}-{level}"
        yield Line("replay export", (one, bundle, "--level", level))
        yield Line("replay open", (bundle,))
        yield Line("replay open", (bundle, "--why"))
        yield Line("replay statistics", (bundle,))
        yield Line("replay fleet", (bundle,))


def _of_all(folder: Path) -> Iterator[Line]:
    for name in ("accounts", "templates list", "replay statistics", "diagnostics", "verify"):
        yield Line(name)
    yield Line("templates show", ("reminder", "--workspace", "acme"))
    yield Line("projections status")
    yield Line("projections verify")
    yield Line("replay fleet", ("--since", "2026-01-01", "--limit", "100"))
    yield Line("cleanup", ("--dry-run",))
    yield Line("backup", (str(folder / "backup"),))


def _of_hooks(hooks: Sequence[str]) -> Iterator[Line]:
    yield Line("hooks list")
    for hook in hooks:
        for name in ("show", "deliveries", "test", "disable", "enable", "rotate"):
            yield Line(f"hooks {name}", (hook,))


async def follow_by_commands(here: Stage, database: str) -> None:
    """Follow all accounts from the beginning of the log, until Ctrl-C."""
    last = await here.api.register(workspace="the-last-one")
    found = {name: value for name, value in variables(here, database).items() if value}
    for words in ((), ("--json",)):
        tail = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "tail", "--after", "0", *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **found},
            limit=2**20,
        )
        assert tail.stdout is not None
        told = [await tail.stdout.readline()]
        while last.encode() not in told[-1]:
            told.append(await tail.stdout.readline())
            assert told[-1], "tail has ended"
        tail.send_signal(signal.SIGINT)
        rest, errors = await tail.communicate()
        here.watch.see(f"{COMMAND}tail", b"".join(told) + rest)
        here.watch.see(f"{ERRORS}tail", errors)
