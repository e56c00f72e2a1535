"""A process starts without what libraries would draw with, and whoever draws can still have it."""

import subprocess
import sys

SCRIPT = """
import sys
from app.cli.plain_imports import import_plainly
import_plainly("structlog", "httpx")
print(sorted({"rich", "pygments"} & set(sys.modules)))
import httpx, rich.console, pygments, structlog
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer()]
)
try:
    httpx.get("nowhere")
except httpx.UnsupportedProtocol:
    structlog.get_logger().exception("refused")
rich.console.Console().print("drawn")
"""


def test_what_draws_is_imported_by_those_who_draw():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    told, refused, drawn = done.stdout.splitlines()
    assert told == "[]"
    assert "httpx.UnsupportedProtocol" in refused
    assert drawn == "drawn"
