"""Read your write: `?min_position=` holds an answer until it is true for a position of the log.

What is read is read from the database, where read models are written with their events. So nothing
that was acknowledged is missing from an answer, and only a position that lies ahead is waited for.
"""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app.http.parts import Api
from app.problems import ProblemFound

MOST_DIGITS = 18
"""Every position has fewer; the database counts up to 2^63."""
LONGEST_WAIT_S = 3.0
"""For an append that another process is acknowledging; one that takes longer is in trouble."""

MinPosition = Annotated[
    int,
    QueryParameter(
        name="min_position",
        ge=0,
        lt=10**MOST_DIGITS,
        description="Wait a little until the answer is true for this position of the log, which an"
        " earlier answer or an item of the feed gave.",
    ),
]
Position = NamedDependency[int]
"""The position that an answer is true for at least; the asked one has been waited for."""


async def provide_position(api: Api, min_position: MinPosition = 0) -> int:
    """Give the position; the problem `position_not_reached` if it does not come."""
    hub, log = api.hub, api.services.log
    if hub.reached < min_position:
        hub.reach(await log.head())
    if not await hub.arrives(min_position, LONGEST_WAIT_S):
        hub.reach(await log.head())  # a lost notification may have held the hub up
    if hub.reached < min_position:
        raise ProblemFound(
            "position_not_reached",
            f"Position {min_position} is asked for, and the log has reached {hub.reached}.",
            position=hub.reached,
        )
    return hub.reached
