"""True, False and None that last.

PySide6 6.12 hands them out without counting it, as if they were immortal, which they are since
Python 3.12 (PEP 683). Before, every call that returns nothing takes one None away, some 16 for an
account, and after 300 accounts Python ends with "deallocating None".
"""

import ctypes
import sys

ENOUGH = 1 << 40
"""For a thousand accounts a second over two years."""


def make_lasting() -> None:
    """Count as many references to them as are never taken away."""
    if sys.version_info >= (3, 12):
        return
    for one in (True, False, None):
        # A CPython object begins with its count, and `id` is where it is.
        ctypes.c_ssize_t.from_address(id(one)).value += ENOUGH
