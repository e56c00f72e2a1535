"""The domain knows no clock, no id source, no chance, no log and no network."""

import ast
import sys
from pathlib import Path

import pytest

from tests.lifecycle.words import SOURCES, parsed

ALLOWED = {"domain", "msgspec", "transitions"}
IMPURE = {
    "asyncio", "glob", "http", "io", "multiprocessing", "os", "pathlib", "random", "secrets",
    "shutil", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
    "uuid",
}  # fmt: skip
FORBIDDEN_CALLS = {"now", "utcnow", "today", "open", "print", "input", "getLogger", "info"}
LOGGER_OF_TRANSITIONS = "lifecycle.py"


def imports(tree: ast.Module) -> set[str]:
    """Name the top-level packages that a file imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize(
    ("path", "tree"), list(parsed()), ids=lambda value: getattr(value, "stem", "")
)
def test_imports_nothing_that_touches_the_world(path: Path, tree: ast.Module) -> None:
    foreign = imports(tree) - ALLOWED
    assert foreign <= set(sys.stdlib_module_names)
    assert not foreign & IMPURE
    if "logging" in foreign:
        assert path.name == LOGGER_OF_TRANSITIONS, "only to silence the library's own logger"


@pytest.mark.parametrize(
    ("path", "tree"), list(parsed()), ids=lambda value: getattr(value, "stem", "")
)
def test_calls_no_clock_and_writes_nothing(path: Path, tree: ast.Module) -> None:
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    allowed = {"getLogger"} if path.name == LOGGER_OF_TRANSITIONS else set()
    assert not called & FORBIDDEN_CALLS - allowed


def test_files_stay_short() -> None:
    assert {path.name for path in SOURCES if len(path.read_text().splitlines()) > 200} == set()
