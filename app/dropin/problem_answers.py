"""Errors of a drop-in API: problem details as everywhere, and beside them the words of the seed."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response

from app.http.errors import Handlers, exception_handlers
from app.http.parts import AnyRequest, ApiParts
from app.problems import TYPE_PREFIX, Problem

CLIENT_NOT_READY = "Client not ready"
WORDS = {
    "not_ready": CLIENT_NOT_READY,
    "not_linked": CLIENT_NOT_READY,
    "unreadable_phone": "Invalid phone",
}
"""Code of a problem -> the sentence that the replaced systems answer; others keep their own."""


class DropInProblem(Problem, frozen=True, kw_only=True):
    """A problem as the front ends of the replaced systems read it, too."""

    success: bool
    error: str
    message: str


def in_seed_words(api: ApiParts) -> Handlers:
    """Build what answers the errors of a drop-in API's routes."""
    return {raised: _with_words(answer) for raised, answer in exception_handlers(api).items()}


def words_of(code: str, detail: str) -> str:
    """Give the sentence that is shown to a person."""
    return WORDS.get(code, detail.rstrip("."))


def _with_words(
    answer: Callable[[AnyRequest, Any], Response[Problem]],
) -> Callable[[AnyRequest, Any], Response[Problem]]:
    def answered(request: AnyRequest, error: Exception) -> Response[Problem]:
        response = answer(request, error)
        problem = response.content
        words = words_of(problem.type.removeprefix(TYPE_PREFIX), problem.detail)
        response.content = DropInProblem(
            **msgspec.structs.asdict(problem), success=False, error=words, message=words
        )
        return response

    return answered
