"""`python -m app …`, which is what `./linkwright …` runs once everything is installed."""

import gc
import sys
from types import ModuleType
from typing import cast

from app.cli import PROCESSES, linkwright

UNUSED = ("rich", "pygments", "pydantic", "attr")
"""What structlog, httpx and Litestar import wherever it is installed, and no process of ours uses:
pictures of tracebacks, a command line, and plugins for models that are not ours. pydantic and attrs
are installed for the tests only, which so start these processes as users do. (The commands, which
are no such processes, draw with rich.)
"""


def leave_out_what_is_unused() -> None:
    """Let every import of it fail as if it were not installed: that is what None says there."""
    cast("dict[str, ModuleType | None]", sys.modules).update(dict.fromkeys(UNUSED))


if __name__ == "__main__":
    if PROCESSES.intersection(sys.argv[1:2]):
        leave_out_what_is_unused()
    try:
        linkwright(prog_name="linkwright")
    finally:
        gc.freeze()  # at its end Python looks for garbage in all that it is about to let go anyway
