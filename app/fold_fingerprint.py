"""Names the code that folds a stream, so that what one build folded is not used by another.

Nobody has to remember to raise a number: the name is made of the source of everything that has a
part in folding.
"""

import hashlib
import inspect
import re
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
_IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.*))", re.MULTILINE
)
_NAME = re.compile(r"[\w.]+")


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
    """Read the imports off the text: a syntax tree of all of it takes 50 ms of every start."""
    for of, names, modules in _IMPORTS.findall(source):
        if of:
            # `from domain import events` names a module, `from domain.events import …` is one.
            found = [of, *(f"{of}.{name}" for name in _NAME.findall(names))]
        else:
            found = _NAME.findall(modules)
        yield from (name for name in found if name.startswith(FOLLOWED) and name in sys.modules)
