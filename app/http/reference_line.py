"""What the reference says of one route beside its shape."""

from collections.abc import Callable
from typing import Any

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What the reference says of a route beside its shape."""

    answer: Callable[[], Any]
    """The example: a struct, or text where the answer is no JSON."""
    body: Any = None
    problems: tuple[str, ...] = ()
    not_ready: bool = False
    """Also answers 503 with the same shape."""
