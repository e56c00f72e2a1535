"""Problem details as the API answers them (RFC 9457), from the table in problem_table.py."""

import re
from datetime import datetime
from http import HTTPStatus

import msgspec

from app.problem_kind import ProblemKind
from app.problem_table import PROBLEMS, RETRY_AFTER_S
from domain.status import Status

TYPE_PREFIX = "/problems/"
_QUOTED = re.compile(r"(Invalid (?:enum )?value) '.*'", re.DOTALL)


class ProblemAccount(msgspec.Struct, frozen=True):
    """The account that the problem is about, as it stands."""

    id: str
    status: Status
    since: datetime


class ProblemAttempt(msgspec.Struct, frozen=True):
    """The attempt in progress, or the newest one."""

    id: str
    number: int


class FieldError(msgspec.Struct, frozen=True):
    """One field that does not fit."""

    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details, as `application/problem+json`."""

    type: str
    """Stable. Match on this."""
    title: str
    status: int
    detail: str
    what_to_do: str
    retryable: bool
    request_id: str = ""
    account: ProblemAccount | None = None
    attempt: ProblemAttempt | None = None
    position: int | None = None
    cause: str = ""
    """A second code where one type has several causes, such as why no code is on show."""
    errors: tuple[FieldError, ...] = ()


class ProblemFound(Exception):
    """The request ends with this problem; app/http/errors.py answers it."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        account: ProblemAccount | None = None,
        attempt: ProblemAttempt | None = None,
        position: int | None = None,
        cause: str = "",
        errors: tuple[FieldError, ...] = (),
        repeats: str = "",
    ) -> None:
        """`repeats` is the id of the earlier request whose problem is told again."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.account = account
        self.attempt = attempt
        self.position = position
        self.cause = cause
        self.errors = errors
        self.repeats = repeats


def as_sentence(said: object) -> str:
    """End what an error says with exactly one full stop."""
    return f"{str(said).rstrip('.')}."


def what_does_not_fit(error: object) -> str:
    """Say what msgspec says of a value, without the value: it may be a secret in a wrong place."""
    return _QUOTED.sub(r"\1", str(error))


def kind_of(code: str) -> ProblemKind:
    """Find a problem's line; a rule that the table does not know answers as `refused` does."""
    return PROBLEMS.get(code, PROBLEMS["refused"])


def problem_of(found: ProblemFound, request_id: str = "") -> Problem:
    """Build the answer."""
    kind = kind_of(found.code)
    return Problem(
        type=TYPE_PREFIX + found.code,
        title=kind.title,
        status=kind.status.value,
        detail=found.detail,
        what_to_do=kind.what_to_do,
        retryable=kind.retryable,
        request_id=request_id,
        account=found.account,
        attempt=found.attempt,
        position=found.position,
        cause=found.cause,
        errors=found.errors,
    )


def headers_of(code: str) -> dict[str, str]:
    """Give the headers that belong to a problem."""
    headers = {"Cache-Control": "no-store"}
    if code in RETRY_AFTER_S:
        headers["Retry-After"] = str(RETRY_AFTER_S[code])
    if kind_of(code).status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="linkwright"'
    return headers
