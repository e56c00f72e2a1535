"""The one place where old shapes of events and inputs are lifted to today's.

A new field with a default needs nothing here. A change that old stored text does not fit gets the
next shape number: add a lift from the shape before, and keep its golden file.
"""

from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]
Lift = Callable[[Body], Body]
Lifts = Mapping[tuple[str, int], Lift]

LIFTS: Lifts = {}
"""(name, shape) -> how its stored body becomes that of the next shape. Shapes start at 1."""


def current_shape(name: str, lifts: Lifts) -> int:
    """Give the shape that this build writes for this event or input."""
    return 1 + max((shape for lifted, shape in lifts if lifted == name), default=0)


def lift(name: str, shape: int, body: Body, lifts: Lifts) -> Body:
    """Lift a stored body from its shape to the current one."""
    for step in range(shape, current_shape(name, lifts)):
        body = lifts[name, step](body)
    return body
