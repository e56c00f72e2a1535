"""Names the code that folds a stream, so that what one build folded is not used by another.

Nobody has to remember to raise a number: the name is made of the source of everything that has a
part in folding.
"""

import ast
import hashlib
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module

ROOTS = (
    "adapters.event_log.codec",
    "adapters.event_log.lifting",
    "adapters.event_log.personal",
    "app.held",
    "app.snapshots",
    "app.workspace_dispatch",
)
"""What reads stored events, folds them, and encodes the result."""
FOLLOWED = ("domain.", "projections.")
"""Where what they import may matter too. (What decides is not imported by what folds.)"""


def fold_fingerprint() -> str:
    """Hash the sources, as they are now: ask once, when the process starts.

    Files that are replaced while a process runs would otherwise speak for code that it never ran.
    """
    digest = hashlib.sha256()
    for name in sorted(folding_modules()):
        digest.update(f"{name}\n{_source(name)}\n".encode())
    return digest.hexdigest()[:16]


def folding_modules() -> set[str]:
    """Give the roots, and what they import of the domain and the projections, and so on."""
    found: set[str] = set()
    waiting: list[str] = [*ROOTS]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imported(_source(name))
    return found


def _source(name: str) -> str:
    return inspect.getsource(import_module(name))


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from domain import events` names a module, `from domain.events import …` is one.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.startswith(FOLLOWED) and name in sys.modules)
