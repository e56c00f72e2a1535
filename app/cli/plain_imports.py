"""Leaves out what libraries import for uses that nobody has here: 40 ms of every process's start.

structlog would draw tracebacks with rich, and httpx has a command line of its own that is drawn
with rich and pygments. Both go on without them where they are not installed.
"""

import sys
from importlib import import_module
from typing import Any, cast

_DRAWING = ("rich", "pygments")


def import_plainly(*modules: str) -> None:
    """Import them as if nothing to draw with were installed; who wants it imports it later."""
    hidden = [name for name in _DRAWING if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = cast("Any", None)  # how Python notes that a module cannot be had
    try:
        for name in modules:
            import_module(name)
    finally:
        for name in hidden:
            del sys.modules[name]
