"""For operators: what is stuck or left behind, and its end. See app/diagnosis.py and cleanup.py."""

from functools import partial

import msgspec
from litestar import Response, Router, get, post
from litestar.params import JSONBody

from app.cleanup import Cleanup, Deed
from app.diagnosis import Diagnosis, diagnose
from app.http.documented import documented
from app.http.idempotency import once
from app.http.parts import AnyRequest, Api, ApiParts, origin_of
from app.http.principal import principal_of
from app.http.requests import Body
from app.http.unmasked import MAY_READ_UNMASKED
from app.problems import ProblemFound


class CleanupWanted(Body, frozen=True):
    """Clean up."""

    dry_run: bool = False
    """Only say what would be done."""


class CleanupAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, or would be."""

    dry_run: bool
    deeds: tuple[Deed, ...]


@get("/diagnostics", opt=documented("diagnostics"))
async def diagnostics(request: AnyRequest, api: Api) -> Response[Diagnosis]:
    """Look for what is stuck and what was left behind. For the operator's key and the first one."""
    _require_operator(request)
    found = await diagnose(api.services, api.now())
    return Response(found, headers={"Cache-Control": "no-store"})


@post("/cleanup", status_code=200, opt=documented("cleanup"))
async def cleanup(
    request: AnyRequest, api: Api, data: JSONBody[CleanupWanted | None] = None
) -> Response[CleanupAnswer]:
    """End what is stuck and delete what was left behind. No account that is READY is touched."""
    wanted = data or CleanupWanted()
    return await once(api, request, partial(_clean_up, api, request, wanted), repeatable=True)


async def _clean_up(
    api: ApiParts, request: AnyRequest, wanted: CleanupWanted
) -> Response[CleanupAnswer]:
    _require_operator(request)
    cleaning = Cleanup(api.services, api.now(), origin_of(request), dry=wanted.dry_run)
    return Response(CleanupAnswer(dry_run=wanted.dry_run, deeds=tuple(await cleaning.run())))


def _require_operator(request: AnyRequest) -> None:
    """Whoever may read stories unmasked is an operator."""
    if principal_of(request).key_id not in MAY_READ_UNMASKED:
        raise ProblemFound("operators_only", "This key is not an operator's.")


ROUTES = Router("/v1", route_handlers=[diagnostics, cleanup])
