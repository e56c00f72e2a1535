"""Secrets that are typed where none belong: no error says them again, for errors are kept and sent.

A word may be said again to who has typed it. What looks like a key, a code or a password may not.
"""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import click

from app.cli import COMMANDS, HIDDEN, linkwright
from tests.planted_secrets.commands import Line, type_line
from tests.planted_secrets.stage import Stage

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"
VARIABLES = re.findall(r"`([A-Z_]{5,})`", PAGE.read_text("utf-8"))
KIND = "typed secret"
NOT_TYPED = HIDDEN | {"up", "bench", "doctor", "test-qr", "tail", "cleanup", "restore", "hooks add"}
"""They go on for ever, measure, or do what they are told to with whatever they are given."""
SAFE_OF_LINK = frozenset({"account", "phone", "key_file", "site"})
"""Whatever else it is given, it links an account under."""
CONTEXT = click.Context(linkwright)
NOWHERE = "/no/such/folder/"


async def type_secrets(here: Stage, database: str) -> None:
    """Give a secret for each argument, option and variable of each command."""
    for number, (name, words) in enumerate(here.some(here.some(_typed(here)))):
        await type_line(here, database, Line(name, words), as_json=(number % 2 == 0,))
    for name, secret in here.some(here.some(product(VARIABLES, _secrets(here)))):
        given = {name: secret}
        await type_line(here, database, Line("verify"), as_json=(False,), **given)
    for url in _addresses(here):
        given = {"LINKWRIGHT_URL": url}
        await type_line(here, database, Line("accounts"), as_json=(False,), **given)
        given = {"DATABASE_URL": url.replace("http", "postgresql")}
        await type_line(here, database, Line("verify"), as_json=(False,), **given)
    for key in (here.canaries.key(KIND), f"{here.canaries.word(KIND)} é"):
        given = {"LINKWRIGHT_API_KEY": key}
        await type_line(here, database, Line("accounts"), as_json=(False, True), **given)


def _secrets(here: Stage) -> tuple[str, ...]:
    c = here.canaries
    code = c.code(KIND)
    return (
        c.key(KIND),
        c.key(KIND, "lwo"),
        c.add(KIND, f"whsec_{c.key(KIND).removeprefix('lw_')}"),
        f"https://wa.me/settings/linked_devices#2@{c.word(KIND)}ABCDEF,BBBB=,CCCC=,DDDD=,1",
        f"{code[:4]}-{code[4:]}",
        f"https://user:{c.word(KIND)}@erp.example/",
    )


def _addresses(here: Stage) -> tuple[str, ...]:
    c = here.canaries
    return tuple(
        f"http://user:{c.word(KIND)}@127.0.0.1:{port}/linkwright" for port in (1, 99999, "no")
    )


def _typed(here: Stage) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, command in _commands():
        wanted = [one for one in command.params if isinstance(one, click.Argument)]
        for one in command.params:
            if name == "link" and one.name not in SAFE_OF_LINK:
                continue
            for secret in _secrets(here):
                words = tuple(_fitting(each, secret) for each in wanted)
                if isinstance(one, click.Option) and one.opts[0] != "--json":
                    words += (one.opts[0], *(() if one.is_flag else (_fitting(one, secret),)))
                yield name, words
        yield name, (_secrets(here)[0],) * 9
        yield name, (f"--{here.canaries.key(KIND)}",)
    for secret in _secrets(here):
        yield "", (secret,)


def _fitting(one: click.Parameter, secret: str) -> str:
    """Give no command a file to write."""
    is_file = isinstance(one.type, click.Path | click.File)
    return f"{NOWHERE}{secret}" if is_file else secret


def _commands() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = None if name in NOT_TYPED else linkwright.get_command(CONTEXT, name)
        inner = command.commands if isinstance(command, click.Group) else {"": command}
        for child, one in inner.items():
            whole = f"{name} {child}".strip()
            if one is not None and whole not in NOT_TYPED:
                yield whole, one
