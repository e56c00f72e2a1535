"""Why one attempt ended as it did, be it the newest or an old one."""

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from app.http.documented import documented
from app.http.parts import AccountId, Api, answer, load_registered
from app.http.positions import Position
from app.http.story import no_such_attempt, story_with
from projections.why import AttemptWhy, attempt_why


class AttemptWhyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt's end in words, with the positions that prove its cause."""

    position: int
    why: AttemptWhy


@get("/attempts/{number:int}/why", opt=documented("attempt_why"))
async def show_attempt_why(
    account_id: AccountId, number: FromPath[int], api: Api, position: Position
) -> Response[AttemptWhyAnswer]:
    """Tell why an attempt ended as it did, with proof, and what to do about it."""
    held, _ = await load_registered(api, account_id)
    told = await story_with(api, account_id, held, number)
    explained = attempt_why(told, number)
    if explained is None:
        raise no_such_attempt(held)
    return answer(AttemptWhyAnswer(position=position, why=explained), position)


ROUTES = Router("/v1/accounts/{account_id:str}", route_handlers=[show_attempt_why])
