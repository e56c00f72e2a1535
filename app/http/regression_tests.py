"""An attempt that went wrong, as a regression test."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.params import QueryParameter

from app.account_logs import read_attempt
from app.http.documented import documented
from app.http.parts import AccountId, Api, answer, load_registered
from app.http.positions import Position
from app.problems import ProblemFound, as_sentence
from projections.replay.account_log import AccountLog
from projections.replay.pytest_case import PytestCase, pytest_case
from projections.replay.regression import (
    Expected,
    NothingToTest,
    UnknownEnding,
    find_regression,
    read_expected,
)

MOST_ATTEMPTS = 2**31
Attempt = Annotated[
    int | None,
    QueryParameter(
        name="attempt", ge=1, lt=MOST_ATTEMPTS, description="Its number; the newest by default."
    ),
]
Expect = Annotated[
    str | None,
    QueryParameter(
        name="expect",
        max_length=64,
        description="How the attempt should have ended: a status, or a status, a colon and a"
        " reason. By default: not as it did.",
    ),
]


class RegressionTestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The test, ready to be saved and run with pytest. All it tells of anybody are stand-ins."""

    position: int
    test: PytestCase


@get("/replay/test", opt=documented("replay_test"))
async def write_test(
    account_id: AccountId,
    api: Api,
    position: Position,
    attempt: Attempt = None,
    expect: Expect = None,
) -> Response[RegressionTestAnswer]:
    """Make an attempt that went wrong a regression test, as small as it can be."""
    held, _ = await load_registered(api, account_id)
    try:
        expected = read_expected(expect) if expect else None
    except UnknownEnding as error:
        raise ProblemFound("invalid_request", f"expect: {error}") from error
    number = attempt or held.account.attempts
    log = await read_attempt(api.services, account_id, held, number)
    if log is None:
        had = f"Account {account_id} has had {held.account.attempts} attempts."
        raise ProblemFound("no_such_attempt", had)
    try:
        case = await asyncio.to_thread(_case, log, expected)  # thousands of inputs take seconds
    except NothingToTest as error:
        raise ProblemFound("nothing_to_test", as_sentence(error)) from error
    return answer(RegressionTestAnswer(position=position, test=case), position)


def _case(log: AccountLog, expected: Expected | None) -> PytestCase:
    return pytest_case(find_regression(log, expected))


ROUTES = Router("/v1/accounts/{account_id:str}", route_handlers=[write_test])
