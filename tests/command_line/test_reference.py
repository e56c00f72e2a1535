"""docs/reference/command-line.md says everything that the commands do, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.cli import COMMANDS, HIDDEN, SUMMARIES, linkwright
from app.cli.ending import Exit
from tests.command_line.conftest import Run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command-line.md"
TEXT = PAGE.read_text("utf-8")
PARTS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
SECTIONS = {part.partition("\n")[0].strip("` "): part for part in PARTS}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that a user may want, by what is typed."""
    for name in COMMANDS:
        command = linkwright.get_command(click.Context(linkwright), name)
        assert command is not None
        if isinstance(command, click.Group):
            for child, inner in command.commands.items():
                yield f"{name} {child}", inner
        elif name not in HIDDEN:
            yield name, command


def section(name: str) -> str:
    (found,) = [text for title, text in SECTIONS.items() if re.fullmatch(rf"{name}( .*)?", title)]
    return found


def options(command: click.Command) -> set[str]:
    return {option for one in command.params for option in one.opts if option.startswith("--")}


def test_every_command_has_its_section():
    documented = {title for title in SECTIONS if title.split()[0] in COMMANDS}

    assert {re.sub(r"( \[?[A-Z]+\]?)+$", "", title) for title in documented} == {
        name for name, _ in commands()
    }


def test_the_summaries_are_what_the_commands_say_of_themselves():
    context = click.Context(linkwright)
    shown = {
        name: linkwright.get_command(context, name) for name in linkwright.list_commands(context)
    }

    assert set(SUMMARIES) == set(shown)
    for name, command in shown.items():
        assert command is not None
        assert SUMMARIES[name] == command.get_short_help_str(limit=1_000)


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_option_has_its_line(name: str):
    documented = set(re.findall(r"^\| `(--[a-z-]+)` \|", section(name), re.MULTILINE))

    assert documented == options(dict(commands())[name])


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_argument_is_in_the_title(name: str):
    title = section(name).partition("\n")[0]
    arguments = [one for one in dict(commands())[name].params if isinstance(one, click.Argument)]

    for one in arguments:
        written = (one.name or "").upper()
        assert (written if one.required else f"[{written}]") in title


def test_every_exit_status_has_its_line():
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", SECTIONS["Exit statuses"], re.MULTILINE)

    assert [(int(number), name) for number, name in rows] == [
        (status.value, status.name.lower()) for status in Exit
    ]


def test_help_is_there_for_every_command(run: Run):
    for name, _ in commands():
        shown = run(*name.split(), "--help")
        assert shown.exit_code == Exit.DONE
        assert "Usage: " in shown.output
