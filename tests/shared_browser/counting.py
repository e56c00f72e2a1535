"""The program; with its news it tells how often True, False and None are referred to in it."""

import runpy
import sys
from typing import Any

from adapters.shared_browser import program

_say = program._say  # noqa: SLF001


def _say_and_count(**news: Any) -> None:  # noqa: ANN401  as the program's
    _say(**news, counts=[sys.getrefcount(one) for one in (True, False, None)])


program._say = _say_and_count  # noqa: SLF001
runpy.run_module("adapters.shared_browser", run_name="__main__", alter_sys=True)
