"""How large things are, what they are called, and what is not left lying about."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import (
    CHECKOUT,
    PACKAGES,
    committed,
    of_production,
    of_the_tests,
    syntax,
    text,
)

LONGEST_FILE = 350
LONGEST_DOMAIN_FILE = 200
LONGEST_FUNCTION = 60
WAITING = Path("tests/waiting.py")
SAYS_NOTHING = {"utils", "helpers", "base", "managers", "util", "helper", "misc", "common"}
TOP_LEVEL = {
    *PACKAGES,
    *("tests", "docs", "requirements"),
    *("pyproject.toml", "package.json", "package-lock.json"),
    *("README.md", "LICENSE", "CHANGELOG.md", "linkwright"),
}


def test_files_are_short():
    too_long = {
        str(path): length
        for path in of_production() + of_the_tests()
        if (length := text(path).count("\n")) > longest(path)
    }
    assert too_long == {}


def longest(path: Path) -> int:
    return LONGEST_DOMAIN_FILE if path.parts[0] == "domain" else LONGEST_FILE


def test_functions_are_short():
    too_long = {
        f"{path}:{node.lineno} {node.name}": length
        for path in of_production() + of_the_tests()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_names_say_something():
    files = of_production() + of_the_tests()
    parts = {part for path in files for part in (*path.parent.parts, path.stem)}
    assert parts & SAYS_NOTHING == set()


def test_folders_of_tests_are_not_taken_for_packages():
    folders = {part for path in of_the_tests() for part in path.parent.parts[1:]}
    assert folders & set(PACKAGES) == set()
    assert [path for path in of_the_tests() if path.name == "__init__.py"] == []


def test_no_test_sleeps():
    """A test waits for an event, or through tests/waiting.py."""
    sleepers = [
        f"{path}:{node.lineno}"
        for path in of_the_tests()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute) and node.attr == "sleep" and path != WAITING
    ]
    assert sleepers == []


@pytest.mark.parametrize("marker", ["TODO", "FIXME", "XXX", "NotImplementedError"])
def test_nothing_is_left_for_later(marker: str):
    here = Path("tests/architecture")
    found = [p for p in of_production() + of_the_tests() if marker in text(p) and p.parent != here]
    assert found == []


def test_the_top_level_holds_what_it_should():
    names = {path.parts[0] for path in committed("*") if not path.parts[0].startswith(".")}
    assert names - TOP_LEVEL == set()


def test_git_is_where_the_files_are():
    assert committed("pyproject.toml") == [Path("pyproject.toml")]
    assert (CHECKOUT / "linkwright").stat().st_mode & 0o111
