"""The reference of routes and problems as Markdown, from the same tables that the API uses.

`python -m tests.http_api.write_reference` writes docs/reference/api.md and problems.md with it.
"""

from typing import Any

from app.problem_table import PROBLEMS, RETRY_AFTER_S

API_HEAD = """# The API

Every route of version 1, as `/docs` shows it with examples on a running installation and
`/docs/openapi.json` gives it to programs. This page is written from the same tables; a test
compares.

A key goes into `Authorization: Bearer lw_…`. Routes marked *open* need none; those marked *link
page* also take the sign-in of an end user's one-time link, for that account only, those marked
*signed* also a call that is [signed](webhook-signatures.md) with `LINKWRIGHT_HMAC_SECRET`. Answers
carry `position`, the log position that they are true for, also as the header `Linkwright-Position`:
a feed opened behind it (`/v1/feed?after=…`) misses nothing. Every answer carries
`Linkwright-Request`, the request's id. Errors are [problems](problems.md).

The feed over WebSocket, `GET /v1/feed/ws`, is described [with the feed](feed.md#over-websocket):
OpenAPI has no words for sockets.

Any route answers `too_many_requests` beyond [the limits](../decisions/rate-limits.md); the headers
`RateLimit-Policy` and `RateLimit` say how many requests are left, and `Retry-After` when there are
again. Requests from the machine itself are not counted.

Every POST, and DELETE of an account, takes an `Idempotency-Key`: the same request under the same
key is carried out once and answered the same each time, see
[repeat a request safely](../how-to/repeat-a-request-safely.md). Every route that reads accounts or
their story takes `?min_position=`: it waits a little until its answer is true for that position,
and answers the problem `position_not_reached` if that does not come.

`X-Correlation-Id` (or `X-Request-Id`: 1 to 128 letters, digits and `._:/+=@-`) and a W3C
`traceparent` are recorded with the request's input, its events and all that follows from them: the
browser's observations, deadlines, the workspace's reactions. Without them both are made anew. The
answer says what was recorded, as `X-Correlation-Id` and `traceresponse`. Neither they nor an
`Idempotency-Key` may hold anything about a person: they stay in the log for good.
"""
PROBLEMS_HEAD = """# Problems

Every error is answered as `application/problem+json` (RFC 9457). Match on `type`: it is
`/problems/` and the code below, and stays. `retryable` says whether the same request may succeed
later without a change; `Retry-After` says when. A refused wish also names the account's status and
the attempt in progress.

This page is written from the table in `app/problem_table.py`; a test compares.

| Code | Status | Means | What to do |
|---|---|---|---|
"""
MARKS = {
    "open": " *open*",
    "signed": " *signed*",
    "link": " *link page*",
    "feed": " *link page*, *ticket*",
    "key": "",
}

Json = dict[str, Any]


def api_text(document: Json, access: dict[str, str]) -> str:
    """Write docs/reference/api.md; `access` is by operation id."""
    lines: list[str] = [API_HEAD]
    for tag in document["tags"]:
        lines.append(
            f"\n## {tag['name']}\n\n| Route | What | Problems of its own |\n|---|---|---|\n"
        )
        for path, operations in document["paths"].items():
            lines += [
                _route(path, method, operation, MARKS[access[operation["operationId"]]])
                for method, operation in operations.items()
                if operation["tags"] == [tag["name"]]
            ]
    return "".join(lines)


def problems_text() -> str:
    """Write docs/reference/problems.md."""
    rows = [
        f"| `{code}` | {kind.status.value} | {kind.title} | {kind.what_to_do}{_retry(code)} |\n"
        for code, kind in PROBLEMS.items()
    ]
    return PROBLEMS_HEAD + "".join(rows)


def _retry(code: str) -> str:
    return f" *Retry after {RETRY_AFTER_S[code]} s.*" if code in RETRY_AFTER_S else ""


def _route(path: str, method: str, operation: Json, mark: str) -> str:
    what = f"{operation['summary']}. {operation['description']}".strip()
    problems = ", ".join(f"`{code}`" for code in _codes(operation))
    return f"| `{method.upper()} {path}`{mark} | {what} | {problems} |\n"


def _codes(operation: Json) -> list[str]:
    """List the problems of a route, without those that most routes share."""
    return [
        code
        for answer in operation["responses"].values()
        for code in answer.get("content", {})
        .get("application/problem+json", {})
        .get("examples", {})
        if code not in COMMON
    ]


COMMON = frozenset(
    {
        "unauthorized",
        "forbidden",
        "cross_site_request",
        "storage_unavailable",
        "not_registered",
        "invalid_request",
        "malformed_request",
        "body_too_large",
        "too_busy",
        "idempotency_key_malformed",
        "idempotency_key_reused",
        "request_in_progress",
        "position_not_reached",
    }
)
