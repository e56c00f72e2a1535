"""The source files of the project, as the architecture tests read them."""

import ast
import subprocess
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("domain", "adapters", "projections", "app")


@cache
def committed(pattern: str) -> list[Path]:
    """Return the files that git knows or would add, relative to the checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    listed = subprocess.check_output(command, cwd=CHECKOUT, text=True).splitlines()
    return sorted(Path(name) for name in listed if (CHECKOUT / name).is_file())


@cache
def text(path: Path) -> str:
    return (CHECKOUT / path).read_text(encoding="utf-8")


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(text(path))


def of_production() -> list[Path]:
    return [path for path in committed("*.py") if path.parts[0] in PACKAGES]


def of_the_tests() -> list[Path]:
    return [path for path in committed("*.py") if path.parts[0] == "tests"]


def imported(path: Path) -> set[str]:
    """Return the top-level names of what a file imports."""
    names: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names
