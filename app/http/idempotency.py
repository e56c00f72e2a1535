"""The `Idempotency-Key` header: one request under one key has one effect and one answer.

`claim_of` reads the key. A request through the log takes it in the append's transaction
(app/http/wishes.py); any other goes through `once`, which takes the key before it begins and keeps
the answer. See docs/decisions/idempotency.md.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
from litestar import Response

from adapters import clock
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import Claim
from adapters.idempotency_keys import Known
from adapters.keys import fingerprint
from app.http.parts import AnyRequest, ApiParts
from app.http.principal import principal_of
from app.http.traces import request_id_of
from app.problems import ProblemFound, headers_of, kind_of, problem_of

KEY_HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
"""Says of an answer that it is the first one's again."""
LONGEST_KEY = 255
LONGEST_RUN_S = 30.0
"""A request that has not answered by then was cut off: the longest, a scan, is limited to 15 s."""
LONGEST_WAIT_S = 5.0
"""For the first request's answer; longer than nearly all take, and a client may ask again."""
FIRST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 0.5

_BARE = re.compile(r"[!-~]+")
_QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])+)"')
"""An RFC 8941 string, as the IETF's draft has it; bare, as most clients send it."""
_KEPT = (HTTPStatus.CONFLICT, HTTPStatus.GONE)
"""Problems that tell what the request came to; others tell of the request, and are found again."""

T = TypeVar("T")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it was first given."""

    status: int
    media_type: str
    headers: dict[str, str]
    body: str


async def claim_of(api: ApiParts, request: AnyRequest, owner: str = "") -> Claim | None:
    """Read the request's key; None without one, the problem for one that is malformed.

    `owner` is for routes that anybody may call; everywhere else whoever asks is the owner.
    """
    given = request.headers.getall(KEY_HEADER, [])
    if not given:
        return None
    key = parse_key(given)
    pieces = [
        request.method,
        request.scope["path"],
        request.scope["query_string"].decode("latin-1"),
    ]
    told = msgspec.json.encode(pieces).decode() + (await request.body()).decode("latin-1")
    same = fingerprint(api.services.keys.recognising_requests, told)
    return Claim(
        owner=owner or principal_of(request).owner,
        key=key,
        # A refusal names the request that was refused, also when it is told again.
        request=f"{same} {request_id_of(request)}",
    )


def parse_key(given: list[str]) -> str:
    """Read the header's value, quoted or bare; both name the same key."""
    if len(given) > 1:
        raise _malformed("The request has more than one Idempotency-Key.")
    value = given[0].strip()
    quoted = _QUOTED.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else value
    if not quoted and (value.startswith('"') or not _BARE.fullmatch(value)):
        raise _malformed("The Idempotency-Key is not made of visible ASCII characters.")
    if len(key) > LONGEST_KEY:
        raise _malformed(f"The Idempotency-Key has {len(key)} characters.")
    return key


def check_same(claim: Claim, known: Known) -> None:
    """Refuse a key that was used for another request."""
    if known.request.split()[0] != claim.request.split()[0]:
        raise ProblemFound(
            "idempotency_key_reused",
            f"The Idempotency-Key {claim.key} was used for another request before.",
        )


async def once(
    api: ApiParts,
    request: AnyRequest,
    act: Callable[[], Awaitable[Response[T]]],
    *,
    repeatable: bool,
    owner: str = "",
) -> Response[T]:
    """Carry a request out that leaves nothing in the log, or answer it again.

    `repeatable`: a second time does no harm, so one that was cut off is carried out again. Where it
    does, the client is told that the outcome is unknown.
    """
    claim = await claim_of(api, request, owner)
    if claim is None:
        return await act()
    runner = uuid4()
    known = await _begin(api, claim, runner, again=repeatable)
    if known is not None:
        return _respond(msgspec.json.decode(known, type=Reply), REPLAYED)
    try:
        reply = _reply(await act())
    except ProblemFound as found:
        if kind_of(found.code).status not in _KEPT or kind_of(found.code).retryable:
            await _release(api, claim, runner)
            raise
        reply = _refusal(found, request_id_of(request))
    except Exception:
        if repeatable:
            await _release(api, claim, runner)
        raise
    kept = await api.idempotency.keep(claim, msgspec.json.encode(reply))
    return _respond(msgspec.json.decode(kept, type=Reply), {})


async def _begin(api: ApiParts, claim: Claim, runner: UUID, *, again: bool) -> bytes | None:
    """Give the first answer, waiting for it if need be; None when this is the first request."""
    until_s = clock.monotonic_s() + LONGEST_WAIT_S
    pause_s = FIRST_PAUSE_S
    while True:
        known = await api.idempotency.begin(claim, runner, LONGEST_RUN_S, again=again)
        if known.mine:
            return None
        check_same(claim, known)
        if known.answer is not None:
            return known.answer
        if not known.running:
            sentence = "The first request with this key was cut off before it was answered."
            raise ProblemFound("outcome_unknown", sentence)
        if clock.monotonic_s() > until_s:
            sentence = "The first request with this key has not been answered yet."
            raise ProblemFound("request_in_progress", sentence)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def _release(api: ApiParts, claim: Claim, runner: UUID) -> None:
    with suppress(StorageUnavailable):  # it is given up by itself after LONGEST_RUN_S
        await api.idempotency.release(claim, runner)


def _reply(response: Response[Any]) -> Reply:
    headers = dict(response.headers)
    for cookie in response.cookies:
        headers["Set-Cookie"] = cookie.to_header(header="").strip()
    return Reply(
        status=response.status_code or HTTPStatus.OK,
        media_type="application/json",
        headers=headers,
        body=msgspec.json.encode(response.content).decode(),
    )


def _refusal(found: ProblemFound, request_id: str) -> Reply:
    problem = problem_of(found, request_id)
    return Reply(
        status=problem.status,
        media_type="application/problem+json",
        headers=headers_of(found.code),
        body=msgspec.json.encode(problem).decode(),
    )


def _respond(reply: Reply, more: dict[str, str]) -> Response[Any]:
    return Response(
        reply.body.encode(),
        status_code=reply.status,
        media_type=reply.media_type,
        headers={**reply.headers, **more},
    )


def _malformed(sentence: str) -> ProblemFound:
    return ProblemFound("idempotency_key_malformed", sentence)
