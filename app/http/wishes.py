"""What becomes of a client's wish: sent through the one door once, answered as often as asked."""

import msgspec
from litestar import Response

from adapters.event_log.errors import AlreadyClaimed
from adapters.event_log.interface import Claim
from adapters.idempotency_keys import Known
from app.http.idempotency import REPLAYED, check_same, claim_of
from app.http.parts import (
    ACCOUNT_ID,
    AnyRequest,
    ApiParts,
    about_account,
    about_attempt,
    answer,
    origin_of,
)
from app.http.views import CommandAnswer, account_detail
from app.problems import ProblemFound, as_sentence
from app.retelling import Told, retell
from domain.commands import AnyCommand
from domain.refusals import Refused

MOST_TRIES = 3
"""A second one follows only on a key that was just found too old, and freed."""


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """A wish that was not refused."""

    told: Told
    claim: Claim | None
    replayed: bool = False
    """It was granted to an earlier request with the same key."""
    kept: bytes | None = None
    """What that one kept of its answer."""


async def grant(
    api: ApiParts, request: AnyRequest, account_id: str, command: AnyCommand
) -> Granted:
    """Send a wish through the one door; a refusal becomes its problem.

    If an earlier request took the key, this one changes nothing and is told what that one was.
    """
    if not ACCOUNT_ID.fullmatch(account_id):
        raise ProblemFound("not_registered", "No account with this id is registered.")
    claim = await claim_of(api, request)
    for _ in range(MOST_TRIES):
        try:
            told = await _submit(api, request, account_id, command, claim)
            return Granted(told=told, claim=claim)
        except AlreadyClaimed:
            if (granted := await _granted_under(api, claim)) is not None:
                return granted
    raise ProblemFound("too_busy", "Others use the same Idempotency-Key.")


async def granted_before(api: ApiParts, request: AnyRequest) -> Granted | None:
    """Give what an earlier request with the same key was granted; None when this is the first.

    For routes that have work to do before there is a wish.
    """
    return await _granted_under(api, await claim_of(api, request))


async def _granted_under(api: ApiParts, claim: Claim | None) -> Granted | None:
    known = None if claim is None else await api.idempotency.find(claim)
    if claim is None or known is None:
        return None
    check_same(claim, known)
    told = await _tell_again(api, known)
    return Granted(told=told, claim=claim, replayed=True, kept=known.answer)


def answer_wish(granted: Granted, status: int) -> Response[CommandAnswer]:
    """Answer what became of a wish: `status` if something began, 200 if it was so already."""
    told = granted.told
    if told.held.row is None or told.outcome == "refused":
        message = "a granted wish has an account and no refusal"
        raise AssertionError(message)
    content = CommandAnswer(
        outcome=told.outcome,
        rule=told.rule,
        position=told.position,
        account=account_detail(told.held, told.held.row),
    )
    response = answer(content, told.position, status if told.outcome == "accepted" else 200)
    if granted.replayed:
        response.headers.update(REPLAYED)
    return response


async def _submit(
    api: ApiParts, request: AnyRequest, account_id: str, command: AnyCommand, claim: Claim | None
) -> Told:
    try:
        given = await api.services.dispatch.submit(account_id, command, origin_of(request), claim)
    except Refused as refused:
        raise await _refusal(api, account_id, command, refused, claim) from refused
    api.hub.reach(given.position)
    if claim is not None and not given.position:
        # An ignored wish moved nothing: only the log knows where the account's last event is.
        return await _retell(api, account_id, given.input_id)
    return Told(
        account_id=account_id,
        command=command,
        outcome=given.outcome,
        rule=given.rule,
        held=given.held,
        position=given.position or api.hub.reached,
    )


async def _tell_again(api: ApiParts, known: Known) -> Told:
    told = await _retell(api, known.stream, known.input_id)
    if told.outcome == "refused":
        raise _problem(told, repeats=known.request.split()[1])
    return told


async def _retell(api: ApiParts, account_id: str, input_id: int) -> Told:
    services = api.services
    told = await retell(services.log, services.dispatch.as_of, account_id, input_id)
    api.hub.reach(told.position)
    return told


async def _refusal(
    api: ApiParts, account_id: str, command: AnyCommand, refused: Refused, claim: Claim | None
) -> ProblemFound:
    """With a key the account is told as it was when it refused, for so it will be told again."""
    known = await api.idempotency.find(claim) if claim is not None else None
    if known is not None:  # without an account there is no log to record a refusal in
        return _problem(await _retell(api, account_id, known.input_id))
    told = Told(
        account_id=account_id,
        command=command,
        outcome="refused",
        rule=refused.rule,
        sentence=refused.sentence,
        held=await api.services.dispatch.load(account_id),
        position=api.hub.reached,
    )
    return _problem(told)


def _problem(told: Told, *, repeats: str = "") -> ProblemFound:
    return ProblemFound(
        told.rule,
        as_sentence(told.sentence),
        account=about_account(told.held.row),
        attempt=about_attempt(told.held.row),
        position=told.position,
        repeats=repeats,
    )
