"""The OpenAPI document: Litestar writes the shapes, app/http/reference.py the examples."""

from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar import Litestar, Request, Router
from litestar.enums import MediaType, OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.routes import HTTPRoute

from app.http.example_story import ACCOUNT, START
from app.http.idempotency import KEY_HEADER, LONGEST_KEY, REPLAYED
from app.http.parts import POSITION_HEADER
from app.http.reference import GROUPS, REFERENCE, group_of, problems_of, takes_key
from app.http.reference_line import Line
from app.http.reference_page import reference_page
from app.problems import (
    Problem,
    ProblemAccount,
    ProblemFound,
    headers_of,
    kind_of,
    problem_of,
)
from domain.status import Status

VERSION = "1.0.0"
PROBLEM_TYPE = "application/problem+json"
DESCRIPTION = (
    "Links WhatsApp accounts by QR code, keeps them linked, and records every step. Every request"
    " needs `Authorization: Bearer lw_…` unless it says otherwise. Every error is RFC 9457 problem"
    " details with a stable `type`. Times are RFC 3339 in UTC. A request may bring an"
    " `X-Correlation-Id` (or `X-Request-Id`) and a W3C `traceparent`: they are recorded with"
    " everything that follows from it, and answered as `X-Correlation-Id` and `traceresponse`."
)

Json = dict[str, Any]

KEY_PARAMETER: Json = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    "example": "5b6f9c52-9f0c-4c51-8f0e-5a4f0c2b7d11",
    "description": "A name for this request, such as a UUID. Sent again under it, the same request"
    " is not carried out again and gets the first answer; another one is refused.",
}
KEY_ANSWERED: Json = {
    next(iter(REPLAYED)): {
        "description": "`true`: this is the first answer to the same request, told again.",
        "schema": {"type": "string"},
    }
}


class DocumentPlugin(OpenAPIRenderPlugin):
    """Serves the document, written once."""

    _written = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:
        """Write it as JSON."""
        if not self._written:
            self._written = msgspec.json.encode(complete(request.app, openapi_schema))
        return self._written


class ReferencePlugin(OpenAPIRenderPlugin):
    """Serves the same document as a page that loads nothing from anywhere else."""

    _written = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:
        """Write it as HTML."""
        if not self._written:
            self._written = reference_page(complete(request.app, openapi_schema)).encode()
        return self._written


def openapi_config() -> OpenAPIConfig:
    """Build Litestar's configuration. The document is the same everywhere, so it needs no key."""
    return OpenAPIConfig(
        title="Linkwright",
        version=VERSION,
        description=DESCRIPTION,
        use_handler_docstrings=True,
        openapi_router=Router(
            "/docs", route_handlers=[], include_in_schema=False, opt={"access": "open"}
        ),
        render_plugins=[
            ReferencePlugin(path="/", media_type=MediaType.HTML),
            DocumentPlugin(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON),
        ],
    )


def complete(application: Litestar, written: Json) -> Json:
    """Add examples, problems and security to what Litestar has written."""
    document = cast("Json", msgspec.json.decode(msgspec.json.encode(written)))
    document["tags"] = [{"name": name} for name in GROUPS]
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    _, problem = msgspec.json.schema_components(
        [Problem], ref_template="#/components/schemas/{name}"
    )
    components.setdefault("schemas", {}).update(problem)
    for path, method, handler in documented_handlers(application):
        _describe(document["paths"][path][method], path, method, handler)
    return document


def documented_handlers(application: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    """List address, method and handler of every route that the document holds."""
    return [
        (route.path_format, method.lower(), handler)
        for route in application.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(handler.http_methods)
        if method != "OPTIONS" and handler.opt.get("docs") in REFERENCE
    ]


def problems_of_route(_: str, method: str, handler: HTTPRouteHandler) -> tuple[str, ...]:
    """List the problems that a route answers."""
    return problems_of(
        str(handler.opt["docs"]),
        access=str(handler.opt["access"]),
        method=method.upper(),
        inputs=set(handler.parsed_fn_signature.parameters),
    )


def _describe(operation: Json, path: str, method: str, handler: HTTPRouteHandler) -> None:
    name = str(handler.opt["docs"])
    line = REFERENCE[name]
    sentence, _, rest = operation.get("description", "").partition(". ")
    operation["operationId"] = name
    operation["summary"] = sentence.rstrip(".")
    operation["description"] = rest
    operation["tags"] = [group_of(name)]
    operation["security"] = [] if handler.opt["access"] == "open" else [{"key": []}]
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "account_id":
            parameter["example"] = ACCOUNT
    if line.body is not None:
        body = operation["requestBody"]
        body["required"] = "null" not in msgspec.json.encode(body["content"]).decode()
        body["content"]["application/json"]["example"] = _shown(line.body)
    _describe_answers(operation, line, handler)
    if takes_key(name, method.upper()):
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
        answered = operation["responses"][str(handler.status_code)]
        answered.setdefault("headers", {}).update(KEY_ANSWERED)
    for code in problems_of_route(path, method, handler):
        _add_problem(operation["responses"], code)


def _describe_answers(operation: Json, line: Line, handler: HTTPRouteHandler) -> None:
    operation["responses"].pop("400", None)  # Litestar's own; ours are problem details
    answer = operation["responses"][str(handler.status_code)]
    example = line.answer()
    shown = _shown(example)
    if isinstance(example, msgspec.Struct):
        schema: Json = next(iter(answer["content"].values()))["schema"]
        answer["content"] = {"application/json": {"schema": schema, "example": shown}}
    else:
        for content in answer["content"].values():
            content["schema"] = {"type": "string"}
            content["example"] = shown
    if _has_position(example, handler):
        answer["headers"] = {
            POSITION_HEADER: {
                "description": "The log position that the answer is true for.",
                "schema": {"type": "integer"},
            }
        }
    if line.not_ready:
        operation["responses"]["503"] = {
            "description": "Not ready; it says why.",
            "content": dict(answer["content"]),
        }


def _has_position(example: Any, handler: HTTPRouteHandler) -> bool:  # noqa: ANN401  any JSON
    fields = getattr(example, "__struct_fields__", ())
    waits = "position" in handler.parsed_fn_signature.parameters
    return "position" in fields or (waits and handler.opt["docs"] != "feed")


def _add_problem(responses: Json, code: str) -> None:
    kind = kind_of(code)
    status = HTTPStatus(kind.status)
    response = responses.setdefault(str(status.value), {"description": status.phrase})
    content = response.setdefault("content", {}).setdefault(
        PROBLEM_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
    )
    content["examples"][code] = {"summary": kind.title, "value": _shown(_example(code))}
    if "Retry-After" in headers_of(code):
        response["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }


def _example(code: str) -> Problem:
    kind = kind_of(code)
    about = None
    if kind.status is HTTPStatus.CONFLICT:
        about = ProblemAccount(id=ACCOUNT, status=Status.WAITING_QR, since=START)
    found = ProblemFound(code, f"{kind.title}.", account=about)
    return problem_of(found, "req_01m7y4zf02a1b2c3d4e5f6g7h8")


def _shown(example: Any) -> Any:  # noqa: ANN401  whatever JSON can hold
    return msgspec.json.decode(msgspec.json.encode(example))
