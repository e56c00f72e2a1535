"""Everything that carries one correlation id, across accounts and workspaces."""

from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from app.correlations import Correlated, read_correlated
from app.http.accounts import InWorkspace
from app.http.documented import documented
from app.http.parts import Api, answer
from app.http.positions import MOST_DIGITS, Position

MOST_INPUTS = 200

After = Annotated[
    int,
    QueryParameter(
        name="after", ge=0, lt=10**MOST_DIGITS, description="`next_after` of the page before."
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST_INPUTS, description="Inputs on one page.")]


class CorrelationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What carries the id, in the log's order; no row when nothing does."""

    position: int
    correlation_id: str
    correlated: Correlated


@get("/v1/correlations/{correlation_id:path}", opt=documented("correlation"))
async def show_correlation(
    correlation_id: FromPath[str],
    api: Api,
    position: Position,
    workspace: InWorkspace = None,
    after: After = 0,
    limit: Limit = 100,
) -> Response[CorrelationAnswer]:
    """Tell everything that followed from one request, or from whatever sent the same id."""
    correlation_id = correlation_id.removeprefix("/")  # a path may have slashes, as an id may
    found = await read_correlated(
        api.services.log,
        api.services.dispatch,
        correlation_id,
        workspace=workspace,
        after=after,
        limit=limit,
    )
    told = CorrelationAnswer(position=position, correlation_id=correlation_id, correlated=found)
    return answer(told, position)
