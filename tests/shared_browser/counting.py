"""The program; with its news it tells what of it may run out, or pile up.

That is how often True, False and None are referred to in it, and how many connections it knows.
"""

import gc
import runpy
import sys
from typing import Any

from PySide6.QtWebSockets import QWebSocket

from adapters.shared_browser import program

_say = program._say  # noqa: SLF001


def _say_and_count(**news: Any) -> None:  # noqa: ANN401  as the program's
    connections = sum(isinstance(one, QWebSocket) for one in gc.get_objects())
    counts = [sys.getrefcount(one) for one in (True, False, None)]
    _say(**news, counts=counts, connections=connections)


program._say = _say_and_count  # noqa: SLF001
runpy.run_module("adapters.shared_browser", run_name="__main__", alter_sys=True)
