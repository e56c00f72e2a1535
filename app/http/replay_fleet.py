"""What this build, or a policy, makes of the attempts since a date: as many as fit in an answer.

Reading and deciding so many takes a second or two, most of it waiting for the database; what is
decided is decided in threads. For more there is `./linkwright replay fleet`.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, Router, post
from litestar.params import JSONBody

from adapters.event_log.attempts_begun import Begun, few_attempts_begun
from adapters.event_log.errors import UnreadableEvent
from app.account_logs import read_attempt
from app.fleet_what_if import verdict_on
from app.http.documented import documented
from app.http.idempotency import once
from app.http.parts import AnyRequest, Api, ApiParts, answer
from app.http.positions import Position
from app.http.requests import Body, Workspace
from app.poison import sentence_of
from app.problems import ProblemFound
from domain.policy import Policy
from projections.replay.edits import BadChange, Changes, new_policy
from projections.replay.fleet import AttemptVerdict, Fleet, fleet_of, undecidable

MOST_ATTEMPTS = 200
"""Of one answer: 5 ms each, and a few hundred bytes if all are to be told of."""
LIMIT_S = 10.0
"""The command line waits that long for any answer."""
PARKED = "the account is parked: `./linkwright replay fleet` reads its log as it is"


class FleetWanted(Body, frozen=True):
    """Which attempts, and what is to be otherwise."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]
    """Attempts that began then or later."""
    workspace: Workspace | None = None
    policy: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    """Field of the policy -> value, as in `{"link_window_s": 600}`."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ATTEMPTS)] | None = None
    """Only so many, the newest; null means all, and it is a problem if they are too many."""


class FleetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of the attempts."""

    position: int
    fleet: Fleet


@post("/fleet", status_code=200, opt=documented("replay_fleet"))
async def replay_fleet(
    request: AnyRequest, api: Api, position: Position, data: JSONBody[FleetWanted]
) -> Response[FleetAnswer]:
    """Decide the attempts since a date again. Nothing happens, and nothing is recorded."""
    return await once(api, request, partial(_answer, api, position, data), repeatable=True)


async def _answer(api: ApiParts, position: int, wanted: FleetWanted) -> Response[FleetAnswer]:
    try:
        new_policy(Policy(), wanted.policy)
    except BadChange as bad:
        raise ProblemFound("bad_change", bad.sentence, cause=bad.rule) from bad
    begun = await few_attempts_begun(
        api.services.database,
        wanted.since,
        workspace=wanted.workspace,
        limit=wanted.limit or MOST_ATTEMPTS + 1,
    )
    if sum(len(account.numbers or (0,)) for account in begun) > MOST_ATTEMPTS:
        raise _too_many(f"More than {MOST_ATTEMPTS} attempts have begun since then.")
    changes = Changes(policy=wanted.policy)
    try:
        async with asyncio.timeout(LIMIT_S):
            found = [one for account in begun async for one in _verdicts(api, account, changes)]
    except TimeoutError:
        raise _too_many(f"They cannot be decided again within {LIMIT_S:.0f} s.") from None
    return answer(FleetAnswer(position=position, fleet=fleet_of(found)), position)


async def _verdicts(
    api: ApiParts, begun: Begun, changes: Changes
) -> AsyncGenerator[AttemptVerdict]:
    if begun.numbers is None:
        yield undecidable(begun.account_id, 0, PARKED)
        return
    try:
        held = await api.services.dispatch.load(begun.account_id)
        for number in begun.numbers:
            attempt = await read_attempt(api.services, begun.account_id, held, number)
            if attempt is not None:
                yield await asyncio.to_thread(verdict_on, attempt, changes)
    except UnreadableEvent as error:
        for number in begun.numbers:
            yield undecidable(begun.account_id, number, sentence_of(error))


def _too_many(detail: str) -> ProblemFound:
    return ProblemFound("too_many_attempts", detail)


ROUTES = Router("/v1/replay", route_handlers=[replay_fleet])
