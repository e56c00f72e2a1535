"""One line of the table of problems."""

from http import HTTPStatus

import msgspec


class ProblemKind(msgspec.Struct, frozen=True):
    """What a problem's code stands for."""

    status: HTTPStatus
    title: str
    what_to_do: str
    retryable: bool = False
    """True: the same request may succeed later without a change by the caller."""
