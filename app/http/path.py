"""The path that an account, or one of its attempts, took through the lifecycle."""

import asyncio
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, get
from litestar.params import QueryParameter

from app.account_logs import read_account_log, read_attempt
from app.held import Held
from app.http.documented import documented
from app.http.parts import POSITION_HEADER, AccountId, Api, ApiParts, answer, load_registered
from app.http.positions import Position
from app.problems import ProblemFound
from projections.replay.account_log import AccountLog
from projections.replay.path import Path, path_of
from projections.replay.path_drawing import draw
from projections.replay.path_mermaid import mermaid
from projections.replay.path_words import title_of

MOST_EVENTS = 10_000
"""Counted for one answer, the newest: the attempts of years, in half a second."""
SVG_HEADERS = {
    # A picture that is opened by itself may style itself, and nothing else.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}

Attempt = Annotated[
    int | None,
    QueryParameter(
        name="attempt", ge=1, lt=2**31, description="Only this attempt's path, by its number."
    ),
]
Form = Annotated[
    Literal["json", "svg", "mermaid"],
    QueryParameter(
        name="format", description="`svg` is a picture, `mermaid` the text of a Mermaid diagram."
    ),
]


class PathAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The path: every status and every transition of the lifecycle, taken or not."""

    position: int
    account_id: str
    attempt: int | None
    """None: all of the account's attempts together."""
    after_version: int
    """What came up to this version of the account is not counted; 0 unless the story is long."""
    path: Path


@get("/path", opt=documented("path"))
async def show_path(
    account_id: AccountId,
    api: Api,
    position: Position,
    attempt: Attempt = None,
    form: Form = "json",
) -> Response[PathAnswer | str]:
    """Show the path through the lifecycle: visits and times, and how often each transition was."""
    held, _ = await load_registered(api, account_id)
    log = await _log(api, account_id, held, attempt)
    now = api.now() if log.version == held.version else None
    path = await asyncio.to_thread(lambda: path_of([log], until=now))
    headers = {POSITION_HEADER: str(position)}
    match form:
        case "svg":
            drawn = draw(path, title_of(account_id, attempt))
            return Response(drawn, media_type="image/svg+xml", headers=headers | SVG_HEADERS)
        case "mermaid":
            return Response(mermaid(path), media_type="text/plain", headers=headers)
        case "json":
            shown = PathAnswer(
                position=position,
                account_id=account_id,
                attempt=attempt,
                after_version=0 if attempt else log.before.version,
                path=path,
            )
            return answer(shown, position)


async def _log(api: ApiParts, account_id: str, held: Held, attempt: int | None) -> AccountLog:
    if attempt is None:
        version = max(0, held.version - MOST_EVENTS)
        before = await api.services.dispatch.as_of(account_id, version) if version else Held()
        return await read_account_log(api.services.log, account_id, held, before)
    found = await read_attempt(api.services, account_id, held, attempt)
    if found is None:
        had = f"Account {account_id} has had {held.account.attempts} attempts."
        raise ProblemFound("no_such_attempt", had)
    return found


ROUTES = Router("/v1/accounts/{account_id:str}", route_handlers=[show_path])
