"""Evidence of failures: what was kept of an account, and the pieces themselves."""

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from adapters.event_log.interface import EventLog
from adapters.evidence_store import Kept, Kind
from app.http.documented import documented
from app.http.parts import AccountId, Api, answer, load_registered
from app.http.positions import Position
from app.problems import ProblemFound
from domain.facts import EvidenceKept
from domain.log import RecordedEvent

DIGEST = re.compile(r"[0-9a-f]{64}")
MOST_EVENTS = 1_000
"""The newest of the account are looked through for a list, as for its timeline."""
EVENTS_AT_ONCE = 1_000
MEDIA_TYPES: dict[Kind, str] = {
    "screenshot": "image/jpeg",
    "console": "application/json",
    "browser": "application/json",
}
HEADERS = {
    # A piece shows what a page that is not ours has shown: opened by itself it may do nothing.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence. `kind` is `screenshot` (JPEG), `console` or `browser` (JSON)."""

    digest: str
    kind: Kind
    attempt: str
    position: int | None
    """Of its event. None when a newer attempt had begun, or the event is far back in the story."""
    size_bytes: int
    kept_at: datetime
    kept: bool
    """False: it was kept for as long as the setting says, and is gone."""
    url: str


class EvidenceList(msgspec.Struct, frozen=True, kw_only=True):
    """All pieces, oldest first: those that are kept, and those that the newest events name."""

    position: int
    evidence: tuple[EvidenceView, ...]


@get("/evidence", opt=documented("evidence"))
async def list_evidence(
    account_id: AccountId, api: Api, position: Position
) -> Response[EvidenceList]:
    """List what was kept when attempts and links of the account failed."""
    held, _ = await load_registered(api, account_id)
    after = max(0, held.version - MOST_EVENTS)
    told = await _told(api.services.log, account_id, after)
    kept = await api.services.evidence.of_account(account_id)
    views = evidence_views(account_id, told, kept)
    return answer(EvidenceList(position=position, evidence=views), position)


@get("/evidence/{digest:str}", opt=documented("evidence_piece"), media_type="image/jpeg")
async def show_evidence(account_id: AccountId, digest: FromPath[str], api: Api) -> Response[bytes]:
    """Fetch a piece of evidence. A screenshot is JPEG, the other kinds are JSON."""
    await load_registered(api, account_id)
    if not DIGEST.fullmatch(digest):
        raise ProblemFound("no_such_evidence", "A piece of evidence is named by its SHA-256.")
    piece = await api.services.evidence.find(account_id, digest)
    if piece is None:
        told = await _told(api.services.log, account_id, 0)
        if any(event.digest == digest for _, event in told):
            raise ProblemFound("evidence_gone", "It was kept, and its time has passed.")
        raise ProblemFound("no_such_evidence", "No evidence of this account has this digest.")
    return Response(piece.content, media_type=MEDIA_TYPES[piece.kind], headers=HEADERS)


Told = list[tuple[int, EvidenceKept]]
"""Position and event, in the log's order."""


async def _told(log: EventLog, account_id: str, after_version: int) -> Told:
    found: Told = []
    while True:
        page = await log.load(account_id, after_version, limit=EVENTS_AT_ONCE)
        found += told_in(page)
        if len(page) < EVENTS_AT_ONCE:
            return found
        after_version = page[-1].version


def told_in(events: Iterable[RecordedEvent]) -> Told:
    """Pick the events that name evidence."""
    return [
        (recorded.position, recorded.event)
        for recorded in events
        if isinstance(recorded.event, EvidenceKept)
    ]


def evidence_views(account_id: str, told: Told, kept: Iterable[Kept]) -> tuple[EvidenceView, ...]:
    """Put together what events name and what is there, oldest first."""
    there = {piece.digest for piece in kept}
    views = [
        EvidenceView(
            digest=event.digest,
            kind=event.kind,
            attempt=event.attempt,
            position=position,
            size_bytes=event.size_bytes,
            kept_at=event.at,
            kept=event.digest in there,
            url=evidence_url(account_id, event.digest),
        )
        for position, event in told
    ]
    named = {(view.digest, view.attempt) for view in views}
    views += [
        EvidenceView(
            digest=piece.digest,
            kind=piece.kind,
            attempt=piece.attempt,
            position=None,
            size_bytes=piece.size_bytes,
            kept_at=piece.kept_at,
            kept=True,
            url=evidence_url(account_id, piece.digest),
        )
        for piece in kept
        if (piece.digest, piece.attempt) not in named
    ]
    return tuple(sorted(views, key=lambda view: view.kept_at))


def evidence_url(account_id: str, digest: str) -> str:
    """Give a piece's address."""
    return f"/v1/accounts/{account_id}/evidence/{digest}"


ROUTES = Router("/v1/accounts/{account_id:str}", route_handlers=[list_evidence, show_evidence])
