"""Every refusal as RFC 9457 problem details."""

from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException

from adapters.sandbox.refusals import Refused

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    type: str
    title: str
    status: int
    detail: str
    cause: str
    fields: list[dict[str, str]] = []


def answer_refused(_: Request[Any, Any, State], refused: Refused) -> Response[Problem]:
    return _respond(refused.status, refused.cause, refused.title, str(refused))


def answer_invalid(_: Request[Any, Any, State], invalid: ValidationException) -> Response[Problem]:
    """Litestar says 400; what is wrong is the content, and each field is named."""
    extra = cast("object", invalid.extra)
    errors = cast("list[dict[str, object]]", extra) if isinstance(extra, list) else []
    fields = [
        {"field": str(one.get("key", "")), "problem": str(one.get("message", ""))} for one in errors
    ]
    said = "; ".join(f"{one['field']}: {one['problem']}".strip(": ") for one in fields)
    return _respond(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid_request",
        "The request does not have the form that is expected",
        said or invalid.detail,
        fields,
    )


def answer_http(_: Request[Any, Any, State], problem: HTTPException) -> Response[Problem]:
    status = HTTPStatus(problem.status_code)
    cause = status.name.lower()
    return _respond(status, cause, status.phrase, problem.detail)


def _respond(
    status: int, cause: str, title: str, detail: str, fields: list[dict[str, str]] | None = None
) -> Response[Problem]:
    problem = Problem(
        type=f"urn:linkwright:sandbox:{cause}",
        title=title,
        status=int(status),
        detail=detail,
        cause=cause,
        fields=fields or [],
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return Response(problem, status_code=int(status), media_type=MEDIA_TYPE, headers=headers)
