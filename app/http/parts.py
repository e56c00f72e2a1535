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

from adapters.idempotency_keys import IdempotencyKeys
from app.feed_hub import FeedHub
from app.held import Held
from app.http.metrics import Metrics
from app.http.one_time import OneTimeSecrets
from app.http.principal import principal_of
from app.http.rate_limit import CallLimits
from app.http.sealed_sessions import SealedSessions
from app.http.signed_calls import SignedCalls
from app.http.traces import correlation_id_of, trace_parent_of
from app.http.views import AccountAnswer, AccountDetail, account_detail
from app.messages import Messages
from app.problems import ProblemAccount, ProblemAttempt, ProblemFound
from app.services import Services
from app.statistics import AttemptStatistics
from app.templates.catalog import Templates
from domain.log import Origin
from projections.accounts import AccountRow

POSITION_HEADER = "Linkwright-Position"
ACCOUNT_ID = re.compile(r"[A-Za-z0-9_]{1,64}")

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")


class ApiParts(msgspec.Struct, frozen=True):
    """Made once by `create_api`."""

    services: Services
    hub: FeedHub
    sessions: SealedSessions
    signed_calls: SignedCalls
    tickets: OneTimeSecrets
    links: OneTimeSecrets
    metrics: Metrics
    sandbox: httpx.AsyncClient
    idempotency: IdempotencyKeys
    statistics: AttemptStatistics
    templates: Templates
    messages: Messages
    limits: CallLimits
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


async def answer_account(api: ApiParts, account_id: str, position: int) -> Response[AccountAnswer]:
    """Answer an account, true at least up to the position that was reached before it was read."""
    _, detail = await load_registered(api, account_id)
    return answer(AccountAnswer(position=position, account=detail), position)


def origin_of(request: AnyRequest) -> Origin:
    """Say who causes an input, for the log."""
    return Origin(
        actor=principal_of(request).actor,
        correlation_id=correlation_id_of(request),
        trace_parent=trace_parent_of(request),
    )


def about_account(row: AccountRow | None) -> ProblemAccount | None:
    """Name the account that a problem is about."""
    return None if row is None else ProblemAccount(row.account_id, row.status, row.since)


def about_attempt(row: AccountRow | None) -> ProblemAttempt | None:
    """Name the attempt that is running, or that led to the account's status."""
    if row is None or row.attempt_id is None:
        return None
    return ProblemAttempt(row.attempt_id, row.attempt_number)
