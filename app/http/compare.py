"""Two attempts side by side, of one account or of two."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.params import QueryParameter

from app.account_logs import read_attempt
from app.held import Held
from app.http.documented import documented
from app.http.parts import AccountId, Api, ApiParts, answer, load_registered
from app.http.positions import Position
from app.problems import ProblemFound
from projections.replay.account_log import AccountLog
from projections.replay.compare import compare
from projections.replay.comparison import Comparison

MOST_ATTEMPTS = 2**31
Attempt = Annotated[
    int | None,
    QueryParameter(
        name="attempt", ge=1, lt=MOST_ATTEMPTS, description="Its number; the newest by default."
    ),
]
WithAccount = Annotated[
    str | None,
    QueryParameter(
        name="with_account",
        max_length=64,
        description="The other attempt's account; the same one by default.",
    ),
]
WithAttempt = Annotated[
    int | None,
    QueryParameter(
        name="with_attempt",
        ge=1,
        lt=MOST_ATTEMPTS,
        description="The other attempt's number. By default the one before, or the newest of"
        " another account.",
    ),
]


class CompareAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Both attempts in two columns, and where they part."""

    position: int
    comparison: Comparison


@get("/compare", opt=documented("compare"))
async def compare_attempts(
    account_id: AccountId,
    api: Api,
    position: Position,
    attempt: Attempt = None,
    with_account: WithAccount = None,
    with_attempt: WithAttempt = None,
) -> Response[CompareAnswer]:
    """Compare two attempts step by step. Of each the first 5,000 rows are compared."""
    held, _ = await load_registered(api, account_id)
    number = attempt or held.account.attempts
    left = await _attempt(api, account_id, held, number)
    if with_account in (None, account_id):
        right = await _attempt(api, account_id, held, with_attempt or number - 1)
    else:
        other, _ = await load_registered(api, with_account)
        right = await _attempt(api, with_account, other, with_attempt or other.account.attempts)
    compared = await asyncio.to_thread(compare, left, right)  # thousands of rows take 0.3 s
    return answer(CompareAnswer(position=position, comparison=compared), position)


async def _attempt(api: ApiParts, account_id: str, held: Held, number: int) -> AccountLog:
    found = await read_attempt(api.services, account_id, held, number)
    if found is None:
        had = f"Account {account_id} has had {held.account.attempts} attempts."
        raise ProblemFound("no_such_attempt", had)
    return found


ROUTES = Router("/v1/accounts/{account_id:str}", route_handlers=[compare_attempts])
