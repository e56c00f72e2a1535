"""What has happened to an account, and why: the recorded story, its attempts, the cause."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter

from app.account_logs import read_account_log
from app.held import Held
from app.http.documented import documented
from app.http.parts import AccountId, AnyRequest, Api, ApiParts, answer, load_registered
from app.http.positions import Position
from app.http.unmasked import Unmasked, record_unmasked_read
from app.http.views import FailureView, failure_view
from app.problems import ProblemFound
from projections.attempts import AttemptRow
from projections.replay.redaction import Level, mask_attempts
from projections.timeline import AttemptTimeline, Timeline
from projections.why import Why, why

MOST_EVENTS = 1_000
"""Told in one answer, the newest: a year of daily reconnects, half a megabyte."""

Until = Annotated[
    int | None,
    QueryParameter(
        name="until_version",
        ge=1,
        lt=2**62,
        description="Tell the story up to this version of the account. A long story is told from"
        " `after_version` on: send that as `until_version` for what came before.",
    ),
]


class WhyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The account's status in words."""

    position: int
    why: Why


class TimelineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The story by attempts; of a long one the newest part."""

    position: int
    timeline: Timeline


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt and how it went; times are of the first such event."""

    number: int
    id: str
    kind: str
    method: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None
    reason: FailureView | None
    codes_issued: int
    codes_fetched: int
    first_code_at: datetime | None
    first_fetched_at: datetime | None
    scanned_at: datetime | None
    ready_at: datetime | None


class AttemptList(msgspec.Struct, frozen=True, kw_only=True):
    """All attempts, oldest first."""

    position: int
    attempts: tuple[AttemptView, ...]


class AttemptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt with its rows of the timeline."""

    position: int
    attempt: AttemptView
    timeline: AttemptTimeline


@get("/why", opt=documented("why"))
async def show_why(account_id: AccountId, api: Api, position: Position) -> Response[WhyAnswer]:
    """Tell in words why the account is in its status, what is awaited, and what may be done."""
    held, _ = await load_registered(api, account_id)
    told = await _story(api, account_id, held, api.now())
    return answer(WhyAnswer(position=position, why=why(held.account, told, api.now())), position)


@get("/timeline", opt=documented("timeline"))
async def show_timeline(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    position: Position,
    until_version: Until = None,
    *,
    unmasked: Unmasked = False,
) -> Response[TimelineAnswer]:
    """Tell the account's story: every event, and every ignored or refused input in its place."""
    held, _ = await load_registered(api, account_id)
    if unmasked:
        await record_unmasked_read(api, request, account_id, "timeline")
    now = api.now()
    if until_version is not None and until_version < held.version:
        held, now = await api.services.dispatch.as_of(account_id, until_version), None
    told = await _story(api, account_id, held, now, "none" if unmasked else "masked")
    return answer(TimelineAnswer(position=position, timeline=told), position)


@get("/attempts", opt=documented("attempts"))
async def list_attempts(
    account_id: AccountId, api: Api, position: Position
) -> Response[AttemptList]:
    """List the account's attempts, and how each went."""
    await load_registered(api, account_id)
    attempts = tuple(map(attempt_view, mask_attempts(await _attempt_rows(api, account_id))))
    return answer(AttemptList(position=position, attempts=attempts), position)


@get("/attempts/{number:int}", opt=documented("attempt"))
async def show_attempt(
    account_id: AccountId, number: FromPath[int], api: Api, position: Position
) -> Response[AttemptAnswer]:
    """Show one attempt with everything that was recorded in it."""
    held, _ = await load_registered(api, account_id)
    rows = mask_attempts(await _attempt_rows(api, account_id))
    row = next((row for row in rows if row.number == number), None)
    for part in (await story_with(api, account_id, held, number)).attempts:
        if part.attempt is not None and part.attempt.number == number:
            # The table knows how it went on, if that is not told any more.
            view = attempt_view(row or part.attempt)
            shown = AttemptAnswer(position=position, attempt=view, timeline=part)
            return answer(shown, position)
    raise no_such_attempt(held)


def no_such_attempt(held: Held) -> ProblemFound:
    """Say that the account has had no attempt with this number."""
    had = f"The account has had {held.account.attempts} attempts."
    return ProblemFound("no_such_attempt", had)


async def _attempt_rows(api: ApiParts, account_id: str) -> list[AttemptRow]:
    rows = await api.services.log.attempt_rows(account_id)
    return [msgspec.convert(row, AttemptRow) for row in rows]


async def story_with(api: ApiParts, account_id: str, newest: Held, number: int) -> Timeline:
    """Tell the part of the story in which an attempt began, and the one behind it."""
    held = until = newest
    before = await story_begins(api, account_id, until)
    while before.version and before.account.attempts >= number:
        held, until = until, before
        before = await story_begins(api, account_id, until)
    told = await read_account_log(api.services.log, account_id, held, before)
    return told.timeline(until=api.now() if held is newest else None)


async def _story(
    api: ApiParts, account_id: str, held: Held, now: datetime | None, level: Level = "masked"
) -> Timeline:
    """Tell the newest part of the story up to the version that is held, so that both agree."""
    before = await story_begins(api, account_id, held)
    told = await read_account_log(api.services.log, account_id, held, before, level)
    return told.timeline(until=now)


async def story_begins(api: ApiParts, account_id: str, held: Held) -> Held:
    """Give the account as it was where the telling begins."""
    version = max(0, held.version - MOST_EVENTS)
    return await api.services.dispatch.as_of(account_id, version) if version else Held()


def attempt_view(row: AttemptRow) -> AttemptView:
    """Show one row of the attempts table."""
    return AttemptView(
        number=row.number,
        id=row.attempt_id,
        kind=row.kind,
        method=row.method,
        outcome=row.outcome,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason=failure_view(row.reason, row.detail) if row.reason else None,
        codes_issued=row.codes_issued,
        codes_fetched=row.codes_fetched,
        first_code_at=row.first_code_at,
        first_fetched_at=row.first_fetched_at,
        scanned_at=row.scanned_at,
        ready_at=row.ready_at,
    )


ROUTES = Router(
    "/v1/accounts/{account_id:str}",
    route_handlers=[show_why, show_timeline, list_attempts, show_attempt],
)
