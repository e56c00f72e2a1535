"""The words with which the domain says no, read from its own source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import domain

SOURCES = sorted(Path(domain.__file__).parent.glob("*.py"))


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    """Give every file of the domain with its syntax tree."""
    for path in SOURCES:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _words(function: str) -> set[str]:
    """Collect every first argument of calls of `function`, through conditional expressions too."""
    words: set[str] = set()
    for _, tree in parsed():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
                words |= {
                    leaf.value
                    for leaf in ast.walk(node.args[0])
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                }
    return words


IGNORED = _words("Ignored")
RULES = _words("Refused") | {"illegal_step"}
