"""What has happened to an account, and why: the recorded story, its attempts, the cause."""

from datetime import datetime

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from app.held import Held
from app.http.documented import documented
from app.http.parts import AccountId, Api, ApiParts, answer, load_registered
from app.http.positions import Position
from app.http.views import FailureView, failure_view
from app.problems import ProblemFound
from domain.log import RecordedEvent, RecordedInput
from projections.attempts import AttemptRow
from projections.timeline import AttemptTimeline, Timeline, timeline
from projections.why import Why, why

INPUTS_AT_ONCE = 1000
MOST_INPUTS = 20_000
"""Read for one answer; an account gathers a few dozen with each attempt."""


class WhyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The account's status in words."""

    position: int
    why: Why


class TimelineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The whole story, by attempts."""

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
    told = await _story(api, account_id, held)
    return answer(WhyAnswer(position=position, why=why(held.account, told, api.now())), position)


@get("/timeline", opt=documented("timeline"))
async def show_timeline(
    account_id: AccountId, api: Api, position: Position
) -> Response[TimelineAnswer]:
    """Tell the account's story: every event, and every ignored or refused input in its place."""
    held, _ = await load_registered(api, account_id)
    return answer(
        TimelineAnswer(position=position, timeline=await _story(api, account_id, held)), position
    )


@get("/attempts", opt=documented("attempts"))
async def list_attempts(
    account_id: AccountId, api: Api, position: Position
) -> Response[AttemptList]:
    """List the account's attempts, and how each went."""
    await load_registered(api, account_id)
    rows = await api.services.log.attempt_rows(account_id)
    attempts = tuple(attempt_view(msgspec.convert(row, AttemptRow)) for row in rows)
    return answer(AttemptList(position=position, attempts=attempts), position)


@get("/attempts/{number:int}", opt=documented("attempt"))
async def show_attempt(
    account_id: AccountId, number: FromPath[int], api: Api, position: Position
) -> Response[AttemptAnswer]:
    """Show one attempt with everything that was recorded in it."""
    held, _ = await load_registered(api, account_id)
    for part in (await _story(api, account_id, held)).attempts:
        if part.attempt is not None and part.attempt.number == number:
            shown = AttemptAnswer(
                position=position, attempt=attempt_view(part.attempt), timeline=part
            )
            return answer(shown, position)
    raise ProblemFound("no_such_attempt", f"The account has had {held.account.attempts} attempts.")


async def _story(api: ApiParts, account_id: str, held: Held) -> Timeline:
    """Tell the story up to the version that is held, and no further, so that both agree."""
    events: list[RecordedEvent] = await api.services.log.load(account_id, 0)
    told = [recorded for recorded in events if recorded.version <= held.version]
    inputs: list[RecordedInput] = []
    while len(inputs) < MOST_INPUTS:
        after = inputs[-1].input_id if inputs else 0
        page = await api.services.log.read_inputs(account_id, after, INPUTS_AT_ONCE)
        inputs += page
        if len(page) < INPUTS_AT_ONCE:
            break
    known = [recorded for recorded in inputs if recorded.stream_version <= held.version]
    return timeline(known, told, until=api.now())


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
