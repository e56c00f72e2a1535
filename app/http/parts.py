"""What every handler works with, and the few steps that all of them share."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.dispatch import Answer
from app.feed_hub import FeedHub
from app.held import Held
from app.http.metrics import Metrics
from app.http.one_time import OneTimeSecrets
from app.http.principal import correlation_id_of, principal_of, trace_parent_of
from app.http.sealed_sessions import SealedSessions
from app.http.views import AccountAnswer, AccountDetail, CommandAnswer, account_detail
from app.problems import ProblemAccount, ProblemAttempt, ProblemFound, as_sentence
from app.services import Services
from domain.commands import AnyCommand
from domain.log import Origin
from domain.refusals import Refused

POSITION_HEADER = "Linkwright-Position"
ACCOUNT_ID = re.compile(r"[A-Za-z0-9_]{1,64}")

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")


class ApiParts(msgspec.Struct, frozen=True):
    """Made once by `create_api`."""

    services: Services
    hub: FeedHub
    sessions: SealedSessions
    tickets: OneTimeSecrets
    links: OneTimeSecrets
    metrics: Metrics
    sandbox: httpx.AsyncClient
    now: Callable[[], datetime]


Api = NamedDependency[ApiParts]
AccountId = FromPath[str]


def answer(content: T, position: int, status: int = 200) -> Response[T]:
    """Answer with the position that the content is true for."""
    return Response(content, status_code=status, headers={POSITION_HEADER: str(position)})


async def load_registered(api: ApiParts, account_id: str) -> tuple[Held, AccountDetail]:
    """Load an account; the problem `not_registered` if there is none."""
    held = Held()
    if ACCOUNT_ID.fullmatch(account_id):
        held = await api.services.dispatch.load(account_id)
    if held.row is None:
        raise ProblemFound("not_registered", "No account with this id is registered.")
    return held, account_detail(held, held.row)


async def answer_account(api: ApiParts, account_id: str) -> Response[AccountAnswer]:
    """Answer an account, true at least up to the position that was reached before it was read."""
    position = api.hub.reached
    _, detail = await load_registered(api, account_id)
    return answer(AccountAnswer(position=position, account=detail), position)


async def submit(
    api: ApiParts, request: AnyRequest, account_id: str, command: AnyCommand
) -> Answer:
    """Send a client's wish through the one door; a refusal becomes its problem."""
    if not ACCOUNT_ID.fullmatch(account_id):
        raise ProblemFound("not_registered", "No account with this id is registered.")
    try:
        given = await api.services.dispatch.submit(account_id, command, origin_of(request))
    except Refused as refused:
        raise await _refusal(api, account_id, refused) from refused
    api.hub.reach(given.position)
    return given


def answer_command(api: ApiParts, given: Answer, status: int) -> Response[CommandAnswer]:
    """Answer what became of a wish: `status` if something began, 200 if it was so already."""
    if given.held.row is None or given.outcome == "refused":
        message = "an answered command has an account and no refusal"
        raise AssertionError(message)
    position = max(given.position, api.hub.reached)
    content = CommandAnswer(
        outcome=given.outcome,
        rule=given.rule,
        position=position,
        account=account_detail(given.held, given.held.row),
    )
    return answer(content, position, status if given.outcome == "accepted" else 200)


def origin_of(request: AnyRequest) -> Origin:
    """Say who causes an input, for the log."""
    return Origin(
        actor=principal_of(request).actor,
        correlation_id=correlation_id_of(request),
        trace_parent=trace_parent_of(request),
    )


async def _refusal(api: ApiParts, account_id: str, refused: Refused) -> ProblemFound:
    held = await api.services.dispatch.load(account_id)
    row, account, attempt = held.row, None, None
    if row is not None:
        account = ProblemAccount(id=account_id, status=row.status, since=row.since)
        if row.attempt_id is not None:
            attempt = ProblemAttempt(id=row.attempt_id, number=row.attempt_number)
    return ProblemFound(
        refused.rule,
        as_sentence(refused.sentence),
        account=account,
        attempt=attempt,
        position=api.hub.reached,
    )
