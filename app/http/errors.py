"""Every error leaves as RFC 9457 problem details; here is what becomes of each exception."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.routes import HTTPRoute

from adapters.event_log.errors import StorageUnavailable, UnreadableEvent
from app.dispatch import TooBusy
from app.feed_hub import NotFollowing
from app.http.idempotency import REPLAYED
from app.http.parts import POSITION_HEADER, AnyRequest, ApiParts
from app.http.traces import note_request, request_id_of
from app.identifiers import new_id
from app.poison import sentence_of
from app.problems import (
    FieldError,
    Problem,
    ProblemFound,
    as_sentence,
    headers_of,
    problem_of,
    what_does_not_fit,
)

MEDIA_TYPE = "application/problem+json"
Handlers = dict[int | type[Exception], Callable[[AnyRequest, Any], Response[Any]]]
BY_STATUS = {
    HTTPStatus.BAD_REQUEST: "malformed_request",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "no_such_route",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not_acceptable",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}
"""What the framework says by a status alone."""

_logger = structlog.get_logger()


def exception_handlers(api: ApiParts) -> Handlers:
    """Build the map for Litestar."""

    def respond(request: AnyRequest, found: ProblemFound) -> Response[Problem]:
        api.metrics.problems.labels(found.code).inc()
        if not request_id_of(request):  # the guard was not reached
            note_request(request, new_id("req", api.now()))
        problem = problem_of(found, found.repeats or request_id_of(request))
        return Response(
            problem,
            status_code=problem.status,
            media_type=MEDIA_TYPE,
            headers=_headers(found),
        )

    def told_as(
        code: str, sentence: Callable[[Exception], str] = as_sentence
    ) -> Callable[[AnyRequest, Exception], Response[Problem]]:
        return lambda request, error: respond(request, ProblemFound(code, sentence(error)))

    def invalid(request: AnyRequest, error: ValidationException) -> Response[Problem]:
        return respond(request, invalid_request(error))

    def from_framework(request: AnyRequest, error: HTTPException) -> Response[Problem]:
        if error.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            return broken(request, error)
        code = BY_STATUS.get(HTTPStatus(error.status_code), "malformed_request")
        response = respond(request, ProblemFound(code, _sentence(error)))
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(_allowed(request))
        return response

    def broken(request: AnyRequest, error: Exception) -> Response[Problem]:
        request_id = request_id_of(request)
        _logger.error("request broke", exc_info=error)
        detail = f"The request broke here; its id is {request_id or 'not known'}."
        return respond(request, ProblemFound("internal_error", detail))

    return {
        ProblemFound: respond,
        StorageUnavailable: told_as("storage_unavailable"),
        NotFollowing: told_as("storage_unavailable"),
        TooBusy: told_as("too_busy"),
        UnreadableEvent: told_as("account_unreadable", sentence_of),
        ValidationException: invalid,
        # msgspec gives a body up that is nested some hundred levels deep.
        RecursionError: told_as("malformed_request", lambda _: "The body is nested too deeply."),
        HTTPException: from_framework,
        Exception: broken,
    }


def _headers(found: ProblemFound) -> dict[str, str]:
    headers = headers_of(found.code)
    if found.repeats:
        headers |= REPLAYED
    if found.position is not None:
        headers[POSITION_HEADER] = str(found.position)
    return headers


def invalid_request(error: ValidationException) -> ProblemFound:
    """Name every field that does not fit."""
    extra: Any = error.extra
    listed = cast("list[dict[str, Any]]", extra) if isinstance(extra, list) else []
    errors = tuple(
        FieldError(field=_field(one), reason=what_does_not_fit(one.get("message", "")))
        for one in listed
    )
    said = "; ".join(f"{one.field}: {one.reason}" for one in errors)
    return ProblemFound(
        "invalid_request", as_sentence(said or "The request does not fit"), errors=errors
    )


def _field(listed: dict[str, Any]) -> str:
    """Name a field; Litestar calls the whole body after our parameter for it."""
    key = str(listed.get("key", "body"))
    return "body" if key == "data" else key.removeprefix("data.")


def _sentence(error: HTTPException) -> str:
    return as_sentence(error.detail) if error.detail else "The request cannot be answered."


def _allowed(request: AnyRequest) -> list[str]:
    """List the methods of an address (RFC 9110, 15.5.6 demands them beside a 405)."""
    asked = [piece for piece in request.scope["path"].split("/") if piece]
    return sorted(
        {
            method
            for route in request.app.routes
            if isinstance(route, HTTPRoute) and _fits(asked, route.path_components)
            for method in route.methods
        }
    )


def _fits(asked: list[str], components: list[Any]) -> bool:
    return len(asked) == len(components) and all(
        not isinstance(component, str) or component == piece
        for piece, component in zip(asked, components, strict=True)
    )
