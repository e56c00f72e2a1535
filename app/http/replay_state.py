"""The account as it was at any event or time, and steps from one to another."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.params import QueryParameter

from app import moments
from app.held import Held
from app.http.documented import documented
from app.http.parts import AccountId, Api, ApiParts, answer, load_registered
from app.http.positions import Position
from app.problems import FieldError, ProblemFound
from projections.replay.account_log import AccountLog
from projections.replay.redaction import redact
from projections.replay.state import AccountState, To, state_of
from projections.timeline import Before

MOST_VERSIONS = 2**62
Version = Annotated[
    int | None,
    QueryParameter(
        name="version",
        ge=0,
        lt=MOST_VERSIONS,
        description="The account's version; 0 is before all events. The newest by default, and"
        " for one that it has not reached.",
    ),
]
At = Annotated[
    datetime | None,
    QueryParameter(
        name="at",
        description="Instead of a version: a time with its zone, as in 2026-11-21T09:00:00Z. The"
        " account is shown as the log knew it then.",
    ),
]
FromVersion = Annotated[
    int,
    QueryParameter(
        name="version",
        ge=0,
        lt=MOST_VERSIONS,
        description="Where to step from; by default from before all events.",
    ),
]
Where = Annotated[
    To,
    QueryParameter(
        name="to",
        description="To the next event, to the one before, or on to the next event that changes"
        " the status, or that tells of a failure.",
    ),
]


class StateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The account right after one event."""

    position: int
    newest: int
    """The account's newest version."""
    state: AccountState


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a step has led."""

    position: int
    newest: int
    found: bool
    """False: there is no such event, and `state` is where the step began."""
    state: AccountState


@get("/state", opt=documented("replay_state"))
async def show_state(
    account_id: AccountId,
    api: Api,
    position: Position,
    version: Version = None,
    at: At = None,
) -> Response[StateAnswer]:
    """Show the account as it was at a version or a time."""
    held, _ = await load_registered(api, account_id)
    newest = held.version
    if at is not None:
        version = await _version_at(api, account_id, newest, version, at)
    state = await _state(api, account_id, await _as_of(api, account_id, held, version))
    return answer(StateAnswer(position=position, newest=newest, state=state), position)


@get("/step", opt=documented("replay_step"))
async def take_step(
    account_id: AccountId,
    api: Api,
    position: Position,
    version: FromVersion = 0,
    to: Where = "event",
) -> Response[StepAnswer]:
    """Go from a version to another event, and show the account there."""
    newest, _ = await load_registered(api, account_id)
    held = await _as_of(api, account_id, newest, version)
    found = await moments.step(api.services.log, account_id, held, to)
    if found is not None:
        held = await _as_of(api, account_id, newest, found)
    stepped = StepAnswer(
        position=position,
        newest=newest.version,
        found=found is not None,
        state=await _state(api, account_id, held),
    )
    return answer(stepped, position)


async def _version_at(
    api: ApiParts, account_id: str, newest: int, version: int | None, at: datetime
) -> int:
    if version is not None:
        sentence = "Either a version or a time can be asked for."
        raise ProblemFound(
            "invalid_request", sentence, errors=(FieldError("at", "not beside version"),)
        )
    if at.tzinfo is None:
        sentence = "The time needs its zone, as in 2026-11-21T09:00:00Z."
        raise ProblemFound("invalid_request", sentence, errors=(FieldError("at", "has no zone"),))
    return await moments.version_at(api.services.log, account_id, newest, at)


async def _as_of(api: ApiParts, account_id: str, newest: Held, version: int | None) -> Held:
    if version is None or version >= newest.version:
        return newest
    return await api.services.dispatch.as_of(account_id, version) if version else Held()


async def _state(api: ApiParts, account_id: str, held: Held) -> AccountState:
    recorded = await moments.event_at(api.services.log, account_id, held.version)
    part = AccountLog(
        account_id=account_id,
        before=Before(held.account),
        inputs=(),
        events=() if recorded is None else (recorded,),
    )
    shown = redact(part, "masked")
    return state_of(account_id, held.version, shown.before.account, next(iter(shown.events), None))


ROUTES = Router("/v1/accounts/{account_id:str}/replay", route_handlers=[show_state, take_step])
"""They do not tell of a person, so looking is not recorded."""
