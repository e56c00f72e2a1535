"""An account's recorded inputs, decided again: as they were, and with changes."""

import asyncio
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.params import JSONBody, QueryParameter

from app.account_logs import read_account_log, read_attempt
from app.held import Held
from app.http.documented import documented
from app.http.idempotency import once
from app.http.parts import AccountId, AnyRequest, Api, ApiParts, answer, load_registered
from app.http.positions import Position
from app.http.requests import Body
from app.problems import ProblemFound
from projections.replay.account_log import AccountLog
from projections.replay.edits import MOST_EDITS, BadChange, Changes, Edit
from projections.replay.redecide import redecide
from projections.replay.told import ToldRedecided, ToldWhatIf, tell_redecided, tell_what_if
from projections.replay.what_if import what_if

MOST_ATTEMPTS = 2**31
Attempt = Annotated[
    int | None,
    QueryParameter(
        name="attempt",
        ge=1,
        lt=MOST_ATTEMPTS,
        description="Only the inputs of the attempt with this number; all by default, up to the"
        " first 20,000.",
    ),
]


class WhatIfWanted(Body, frozen=True):
    """What is to be otherwise in an attempt."""

    attempt: Annotated[int, msgspec.Meta(ge=1, lt=MOST_ATTEMPTS)] | None = None
    """Its number; null means the newest."""
    policy: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    """Field of the policy -> value, as in `{"link_window_s": 600}`."""
    edits: Annotated[tuple[Edit, ...], msgspec.Meta(max_length=MOST_EDITS)] = ()
    """Inputs to drop, to delay or to insert, named by their `input_id` of the timeline."""


class RedecideAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this build decides as the log says."""

    position: int
    redecided: ToldRedecided


class WhatIfAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of the attempt with this number."""

    position: int
    attempt: int
    what_if: ToldWhatIf


@get("/redecide", opt=documented("replay_redecide"))
async def redecide_inputs(
    account_id: AccountId, api: Api, position: Position, attempt: Attempt = None
) -> Response[RedecideAnswer]:
    """Decide recorded inputs again with this build, and say whether the same comes of them."""
    held, _ = await load_registered(api, account_id)
    if attempt is None:
        log = await read_account_log(api.services.log, account_id, held)
    else:
        log = await _attempt(api, account_id, held, attempt)
    again = tell_redecided(await asyncio.to_thread(redecide, log))
    return answer(RedecideAnswer(position=position, redecided=again), position)


@post("/what-if", status_code=200, opt=documented("replay_what_if"))
async def try_what_if(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    position: Position,
    data: JSONBody[WhatIfWanted],
) -> Response[WhatIfAnswer]:
    """Decide an attempt's inputs again with changes. Nothing happens, and nothing is recorded."""
    act = partial(_what_if, api, account_id, position, data)
    return await once(api, request, act, repeatable=True)


async def _what_if(
    api: ApiParts, account_id: str, position: int, wanted: WhatIfWanted
) -> Response[WhatIfAnswer]:
    held, _ = await load_registered(api, account_id)
    number = wanted.attempt or held.account.attempts
    log = await _attempt(api, account_id, held, number)
    changes = Changes(policy=wanted.policy, edits=wanted.edits)
    try:
        came = await asyncio.to_thread(what_if, log, changes)
    except BadChange as bad:
        raise ProblemFound("bad_change", bad.sentence, cause=bad.rule) from bad
    told = tell_what_if(log.before.account, came)
    return answer(WhatIfAnswer(position=position, attempt=number, what_if=told), position)


async def _attempt(api: ApiParts, account_id: str, held: Held, number: int) -> AccountLog:
    found = await read_attempt(api.services, account_id, held, number)
    if found is None:
        had = f"The account has had {held.account.attempts} attempts."
        raise ProblemFound("no_such_attempt", had)
    return found


ROUTES = Router(
    "/v1/accounts/{account_id:str}/replay", route_handlers=[redecide_inputs, try_what_if]
)
