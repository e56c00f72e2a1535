"""What may be asked of bundles that are sent: compared, drawn, looked at, decided again.

The same functions answer as for an account, of a file instead of the log. Nothing is kept.
"""

import asyncio
from typing import Annotated, TypeVar

import msgspec
from litestar import Response, Router, post
from litestar.params import JSONBody, QueryParameter

from app.http.bundles import MOST_OPENED, sent_bundle, sent_bundles
from app.http.documented import documented
from app.http.parts import AnyRequest
from app.http.path import SVG_HEADERS, Form
from app.http.replay_decided import WhatIfWanted
from app.http.replay_state import Version
from app.problems import FieldError, ProblemFound
from projections.replay.account_log import AccountLog
from projections.replay.bundle import Bundle
from projections.replay.compare import compare
from projections.replay.comparison import Comparison
from projections.replay.edits import BadChange, Changes
from projections.replay.fleet import number_of
from projections.replay.opened import attempt_of
from projections.replay.path import Path, path_of
from projections.replay.path_drawing import draw
from projections.replay.path_mermaid import mermaid
from projections.replay.path_words import title_of
from projections.replay.redacted_edits import check_comparable
from projections.replay.redecide import redecide
from projections.replay.state import AccountState, state_at
from projections.replay.told import ToldRedecided, ToldWhatIf, tell_redecided, tell_what_if
from projections.replay.what_if import what_if

MOST_COMPARED = 2
MOST_ASKED = 2 * MOST_OPENED + 64 * 1024
"""Of a bundle as a JSON text, where each of its quotes takes two bytes, with the changes."""
NOT_KEPT = {"Cache-Control": "no-store"}

Attempt = Annotated[
    int | None,
    QueryParameter(
        name="attempt",
        ge=1,
        lt=2**31,
        description="Its number; the bundle's newest by default.",
    ),
]
OnlyAttempt = Annotated[
    int | None,
    QueryParameter(
        name="attempt", ge=1, lt=2**31, description="Only this attempt; all that is in the bundle."
    ),
]
WithAttempt = Annotated[
    int | None,
    QueryParameter(
        name="with_attempt",
        ge=1,
        lt=2**31,
        description="The other attempt's number. By default the one before, or the newest of the"
        " second bundle.",
    ),
]


class OpenedComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Both attempts in two columns, and where they part."""

    comparison: Comparison


class OpenedPath(msgspec.Struct, frozen=True, kw_only=True):
    """The path: every status and every transition of the lifecycle, taken or not."""

    account_id: str
    attempt: int | None
    """None: all that is in the bundle together."""
    after_version: int
    """What came up to this version of the account is not in the bundle, or not asked for."""
    path: Path


class OpenedState(msgspec.Struct, frozen=True, kw_only=True):
    """The account right after one event."""

    newest: int
    """The account's version at the bundle's end."""
    state: AccountState


class OpenedRedecided(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this build decides as the bundle says."""

    redecided: ToldRedecided


class OpenedWhatIfWanted(WhatIfWanted, frozen=True, kw_only=True):
    """A bundle, and what is to be otherwise in an attempt of it."""

    bundle: Annotated[str, msgspec.Meta(max_length=MOST_OPENED)]
    """The whole file, as text."""


class OpenedWhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of the attempt with this number."""

    attempt: int
    what_if: ToldWhatIf


ContentT = TypeVar("ContentT")


@post("/compare", status_code=200, opt=documented("opened_compare"))
async def compare_opened(
    request: AnyRequest, attempt: Attempt = None, with_attempt: WithAttempt = None
) -> Response[OpenedComparison]:
    """Compare two attempts in a bundle, or of two bundles that are sent one after another."""
    content = await request.body()
    told = await asyncio.to_thread(_comparison, content, attempt, with_attempt)
    return _answer(OpenedComparison(comparison=told))


def _comparison(content: bytes, attempt: int | None, with_attempt: int | None) -> Comparison:
    sent = sent_bundles(content)
    if len(sent) > MOST_COMPARED:
        reason = f"holds {len(sent)} bundles, and {MOST_COMPARED} at most are compared"
        raise ProblemFound(
            "invalid_request", f"The body {reason}.", errors=(FieldError("body", reason),)
        )
    left = _attempt(sent[0], attempt)
    if len(sent) == 1:
        right = _attempt(sent[0], with_attempt or number_of(left) - 1)
    else:
        right = _attempt(sent[1], with_attempt)
    return compare(left, right)


@post("/path", status_code=200, opt=documented("opened_path"))
async def show_opened_path(
    request: AnyRequest, attempt: OnlyAttempt = None, form: Form = "json"
) -> Response[OpenedPath | str]:
    """Show the path through the lifecycle that is in a bundle, as that of an account."""
    content = await request.body()
    told = await asyncio.to_thread(_path, content, attempt)
    match form:
        case "svg":
            drawn = draw(told.path, title_of(told.account_id, told.attempt))
            return Response(drawn, media_type="image/svg+xml", headers=NOT_KEPT | SVG_HEADERS)
        case "mermaid":
            return Response(mermaid(told.path), media_type="text/plain", headers=NOT_KEPT)
        case "json":
            return Response(told, headers=NOT_KEPT)


def _path(content: bytes, attempt: int | None) -> OpenedPath:
    bundle = sent_bundle(content)
    log = bundle.log if attempt is None else _attempt(bundle, attempt)
    number = attempt or bundle.attempt
    return OpenedPath(
        account_id=log.account_id,
        attempt=number,
        after_version=0 if number else log.before.version,
        path=path_of([log]),
    )


@post("/state", status_code=200, opt=documented("opened_state"))
async def show_opened_state(request: AnyRequest, version: Version = None) -> Response[OpenedState]:
    """Show the account in a bundle as it was at a version."""
    content = await request.body()
    return _answer(await asyncio.to_thread(_state, content, version))


def _state(content: bytes, version: int | None) -> OpenedState:
    log = sent_bundle(content).log
    wanted = log.version if version is None else version
    return OpenedState(newest=log.version, state=state_at(log, wanted))


@post("/redecide", status_code=200, opt=documented("opened_redecide"))
async def redecide_opened(
    request: AnyRequest, attempt: OnlyAttempt = None
) -> Response[OpenedRedecided]:
    """Decide what is in a bundle again with this build, and say whether the same comes of it."""
    content = await request.body()
    return _answer(OpenedRedecided(redecided=await asyncio.to_thread(_again, content, attempt)))


def _again(content: bytes, attempt: int | None) -> ToldRedecided:
    bundle = sent_bundle(content)
    log = bundle.log if attempt is None else _attempt(bundle, attempt)
    return tell_redecided(redecide(log))


@post(
    "/what-if",
    status_code=200,
    opt=documented("opened_what_if"),
    request_max_body_size=MOST_ASKED,
)
async def try_opened_what_if(data: JSONBody[OpenedWhatIfWanted]) -> Response[OpenedWhatIf]:
    """Decide an attempt in a bundle again with changes. Nothing happens, and nothing is kept."""
    return _answer(await asyncio.to_thread(_what_if, data))


def _what_if(wanted: OpenedWhatIfWanted) -> OpenedWhatIf:
    bundle = sent_bundle(wanted.bundle.encode())
    log = _attempt(bundle, wanted.attempt)
    changes = Changes(policy=wanted.policy, edits=wanted.edits)
    try:
        check_comparable(log, bundle.level, changes)
        came = what_if(log, changes)
    except BadChange as bad:
        raise ProblemFound("bad_change", bad.sentence, cause=bad.rule) from bad
    told = tell_what_if(log.before.account, came)
    return OpenedWhatIf(attempt=number_of(log), what_if=told)


def _attempt(bundle: Bundle, number: int | None) -> AccountLog:
    found = attempt_of(bundle, number)
    if found is None:
        numbers = ", ".join(str(number_of(part)) for part in bundle.log.attempts())
        held = f"the beginning of attempt {numbers}" if numbers else "the beginning of no attempt"
        raise ProblemFound("no_such_attempt", f"The bundle holds {held}.")
    return found


def _answer(content: ContentT) -> Response[ContentT]:
    return Response(content, headers=NOT_KEPT)


ROUTES = Router(
    "/v1/replay/open",
    route_handlers=[
        compare_opened,
        show_opened_path,
        show_opened_state,
        redecide_opened,
        try_opened_what_if,
    ],
    request_max_body_size=MOST_OPENED,
)
"""Two bundles that are compared have that limit together."""
