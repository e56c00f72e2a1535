"""What a reader of the feed asks for, and how far it reaches."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from app.feed_reader import FeedFilter
from app.http.parts import ACCOUNT_ID, AnyRequest
from app.http.principal import Principal, principal_of
from app.http.requests import WORKSPACE
from app.problems import ProblemFound
from domain.reasons import Reason
from domain.status import Status
from projections.feed_data import ITEMS

FEED_TYPES = {name: name for name, _ in ITEMS.values()}
STATUSES = {status.value: status for status in Status}
REASONS = {reason.value: reason.value for reason in Reason}
Word = TypeVar("Word")

Account = Annotated[str | None, QueryParameter(name="account", max_length=64)]
Workspace = Annotated[
    str | None, QueryParameter(name="workspace", max_length=64, pattern=WORKSPACE)
]
Types = Annotated[
    str | None,
    QueryParameter(name="types", max_length=1000, description="Only these types, split by commas."),
]
Statuses = Annotated[
    str | None,
    QueryParameter(
        name="statuses",
        max_length=200,
        description="Only items after which the account is in one of these, split by commas.",
    ),
]
Reasons = Annotated[
    str | None,
    QueryParameter(
        name="reasons",
        max_length=1000,
        description="Only failures and losses with one of these reasons, split by commas.",
    ),
]
Correlation = Annotated[
    str | None,
    QueryParameter(
        name="correlation_id", max_length=128, description="Only what carries this correlation id."
    ),
]
Wanted = NamedDependency[FeedFilter]


async def provide_filter(
    request: AnyRequest,
    account: Account = None,
    workspace: Workspace = None,
    types: Types = None,
    statuses: Statuses = None,
    reasons: Reasons = None,
    correlation_id: Correlation = None,
) -> FeedFilter:
    """Combine what is asked for with how far the asker reaches."""
    return narrow(
        principal_of(request),
        account=account,
        workspace=workspace,
        types=types,
        statuses=statuses,
        reasons=reasons,
        correlation_id=correlation_id,
    )


def narrow(
    principal: Principal,
    *,
    account: str | None = None,
    workspace: str | None = None,
    types: str | None = None,
    statuses: str | None = None,
    reasons: str | None = None,
    correlation_id: str | None = None,
) -> FeedFilter:
    """Build the filter; a ProblemFound where it is more than the asker may see, or no filter."""
    if account is not None and not ACCOUNT_ID.fullmatch(account):
        raise ProblemFound("not_registered", "No account with this id is registered.")
    if principal.account_id is not None and account not in (None, principal.account_id):
        raise ProblemFound("not_registered", "No account with this id is registered.")
    if principal.workspace is not None and workspace not in (None, principal.workspace):
        raise ProblemFound("forbidden", "The ticket is for another workspace.")
    return FeedFilter(
        account_id=principal.account_id or account,
        workspace=principal.workspace or workspace,
        types=_words("types", types, FEED_TYPES),
        statuses=_words("statuses", statuses, STATUSES),
        reasons=_words("reasons", reasons, REASONS),
        correlation_id=correlation_id,
    )


def _words(name: str, given: str | None, known: Mapping[str, Word]) -> frozenset[Word] | None:
    """Read a list that is split by commas; the problem `invalid_request` for an unknown word."""
    if not given:
        return None
    words = {word.strip() for word in given.split(",")}
    if not words <= known.keys():
        message = f"{name}: not a list of the feed's {name}; docs/reference/feed.md is."
        raise ProblemFound("invalid_request", message)
    return frozenset(known[word] for word in words)


FILTER = {"wanted": Provide(provide_filter)}
