"""Bundles: an account's story, or one attempt of it, as a file; and such a file told again."""

import asyncio
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import QueryParameter

from app.account_logs import read_account_log, read_attempt
from app.build import BUILD
from app.http.documented import documented
from app.http.parts import POSITION_HEADER, AccountId, AnyRequest, Api, load_registered
from app.http.positions import Position
from app.http.story import story_begins
from app.http.unmasked import record_unmasked_read
from app.problems import ProblemFound
from projections.replay.bundle import (
    Bundle,
    BundleDamaged,
    BundleTooNew,
    BundleUnreadable,
    NotABundle,
    read_bundle,
    read_bundles,
    write_bundle,
)
from projections.replay.opened import Opened, opened
from projections.replay.redaction import Level

MEDIA_TYPE = "application/jsonl"
MOST_OPENED = 2 * 1024 * 1024
"""Of a bundle that is sent: the longest that is exported has 1,000 events, half of it."""
PROBLEMS: dict[type[BundleUnreadable], str] = {
    NotABundle: "not_a_bundle",
    BundleDamaged: "bundle_damaged",
    BundleTooNew: "bundle_too_new",
}

OnlyAttempt = Annotated[
    int | None,
    QueryParameter(
        name="attempt",
        ge=1,
        lt=2**31,
        description="Only the attempt with this number. By default the newest part of the story.",
    ),
]
AtLevel = Annotated[
    Level,
    QueryParameter(
        name="level",
        description="How much is redacted. masked: phone numbers, names, labels and details."
        " limited: also ids. full: all that is not needed to decide. none: nothing; for the"
        " operator's key and the first one only, and recorded in the story.",
    ),
]


@get("/bundle", opt=documented("bundle"), media_type=MEDIA_TYPE)
async def export_bundle(
    account_id: AccountId,
    request: AnyRequest,
    api: Api,
    position: Position,
    level: AtLevel = "masked",
    attempt: OnlyAttempt = None,
) -> Response[bytes]:
    """Export the story as a file that `./linkwright replay open` tells without a service."""
    held, _ = await load_registered(api, account_id)
    if attempt is not None and attempt > held.account.attempts:
        had = f"The account has had {held.account.attempts} attempts."
        raise ProblemFound("no_such_attempt", had)
    if level == "none":
        await record_unmasked_read(api, request, account_id, "bundle", attempt)
    if attempt is not None:
        log = await read_attempt(api.services, account_id, held, attempt, "none")
    else:
        before = await story_begins(api, account_id, held)
        log = await read_account_log(api.services.log, account_id, held, before, "none")
    if log is None:
        raise ProblemFound("no_such_attempt", "The attempt's beginning cannot be read.")
    content = await asyncio.to_thread(write_bundle, log, level, build=BUILD, attempt=attempt)
    name = account_id if level in ("none", "masked") else "story"  # as the file itself calls it
    part = "" if attempt is None else f"-attempt-{attempt}"
    headers = {
        POSITION_HEADER: str(position),
        "Content-Disposition": f'attachment; filename="{name}{part}-{level}.bundle"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


@post(
    "/v1/replay/open",
    status_code=200,
    opt=documented("open_bundle"),
    request_max_body_size=MOST_OPENED,
)
async def open_bundle(request: AnyRequest, api: Api) -> Response[Opened]:  # noqa: ARG001
    """Tell the story in a bundle: its timeline, and why it ended as it did. Nothing is kept."""
    content = await request.body()
    told = await asyncio.to_thread(lambda: opened(sent_bundle(content)))
    return Response(told, headers={"Cache-Control": "no-store"})


def sent_bundle(content: bytes) -> Bundle:
    """Read a bundle that somebody has sent; the problem that names what is wrong with it."""
    try:
        return read_bundle(content)
    except BundleUnreadable as error:
        raise ProblemFound(PROBLEMS[type(error)], str(error)) from error


def sent_bundles(content: bytes) -> list[Bundle]:
    """Read bundles that were sent one after another; the problem, as above."""
    try:
        return read_bundles(content, most_bytes=MOST_OPENED)
    except BundleUnreadable as error:
        raise ProblemFound(PROBLEMS[type(error)], str(error)) from error


ROUTES = Router("/v1/accounts/{account_id:str}", route_handlers=[export_bundle])
