"""How requests are handed on to the sandbox, and its refusals made problems of ours."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

import httpx
import msgspec
from litestar import Response

from app.http.idempotency import once
from app.http.parts import AnyRequest, ApiParts, about_account, load_registered
from app.problems import ProblemFound

T = TypeVar("T")


class PhoneDone(msgspec.Struct, frozen=True):
    """What the phone did."""

    outcome: str


class _Refusal(msgspec.Struct, frozen=True):
    """A problem as the sandbox says it."""

    detail: str = ""
    cause: str = ""


async def phone_does(
    api: ApiParts, request: AnyRequest, use: Callable[[], Awaitable[T]]
) -> Response[T]:
    """Have the phone do it once for each Idempotency-Key: what a phone does uses something up."""

    async def act() -> Response[T]:
        return Response(await use(), status_code=200)

    return await once(api, request, act, repeatable=False)


async def tell(api: ApiParts, account_id: str, what: str, body: object = None) -> PhoneDone:
    """Have the phone do what needs nothing but a path."""
    path = await control_path(api, account_id, f"phone/{what}")
    return await ask(api, "POST", path, body, answered=PhoneDone)


async def control_path(api: ApiParts, account_id: str, what: str) -> str:
    """Give the sandbox's address for the account; a live account has none."""
    held, _ = await load_registered(api, account_id)
    row = held.row
    if row is not None and row.site != "sandbox":
        raise ProblemFound(
            "not_a_sandbox_account",
            "The account is linked to the real WhatsApp.",
            account=about_account(row),
        )
    return f"/control/accounts/{account_id}/{what}"


async def ask(
    api: ApiParts, method: str, path: str, body: object = None, *, answered: type[T]
) -> T:
    """Hand a request on to the sandbox; what it refuses is a problem of ours."""
    content = msgspec.json.encode(body) if body is not None else None
    headers = {"Content-Type": "application/json"} if content else {}
    try:
        response = await api.sandbox.request(method, path, content=content, headers=headers)
    except httpx.HTTPError as error:
        sentence = f"The sandbox could not be asked: {type(error).__name__}."
        raise ProblemFound("sandbox_unavailable", sentence) from error
    if response.is_success:
        return msgspec.json.decode(response.content, type=answered)
    raise _problem(response)


def _problem(response: httpx.Response) -> ProblemFound:
    try:
        said = msgspec.json.decode(response.content, type=_Refusal)
    except msgspec.DecodeError:
        said = _Refusal()
    detail = said.detail or f"The sandbox answered {response.status_code}."
    code = PROBLEM_OF_CAUSE.get(said.cause)
    if code is None:
        refused = HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
        code = "phone_refused" if refused else "sandbox_unavailable"
    return ProblemFound(code, detail, cause=said.cause)


PROBLEM_OF_CAUSE = {
    "unknown_scene": "no_such_scene",
    "invalid_parameters": "invalid_request",
    "invalid_request": "invalid_request",
    "unauthorized": "sandbox_unavailable",  # our token, not the client's
}
