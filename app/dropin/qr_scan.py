"""One scan as the seeds' systems ask for it: a code at once, whatever came before it."""

import msgspec

from adapters import clock
from adapters.vault import VaultedCode
from app.dropin.disconnecting import logged_out
from app.held import Held
from app.http.parts import AnyRequest, ApiParts, origin_of
from app.http.shown_code import wait_for_code
from app.identifiers import new_id
from app.problems import ProblemFound
from domain.advice import ADVICE
from domain.refusals import Refused
from domain.status import LINKING, Status
from domain.wishes import RequestLink

JOINED = frozenset({"attempt_in_progress", "already_linked"})
"""Refusals that say: somebody else was faster, and what is wanted is under way."""
UNDER_WAY = LINKING | {Status.READY}


class Scan(msgspec.Struct, frozen=True):
    """Where the account stands, and the code to scan if one is on show."""

    held: Held
    code: VaultedCode | None


async def scan(api: ApiParts, request: AnyRequest, account_id: str, limit_s: float) -> Scan:
    """Give the code on show: of the running attempt, or of a new one.

    An attempt that is over never stands in the way, and one that runs is never started twice. An
    account that is linked, or comes back by its kept session, needs no code. The problem
    `no_code_in_time` when there is none after `limit_s`, or the attempt has failed.
    """
    status = (await logged_out(api, account_id)).account.status
    until_s = clock.monotonic_s() + limit_s
    if status not in UNDER_WAY:
        await _start(api, request, account_id)
    held, code = await wait_for_code(api, request, account_id, limit_s)
    if status in LINKING and held.account.status not in UNDER_WAY:
        # What was running, such as a reconnect, came to nothing: that is no answer to this call.
        await _start(api, request, account_id)
        left_s = until_s - clock.monotonic_s()
        held, code = await wait_for_code(api, request, account_id, left_s)
    if code is None and held.account.status not in (Status.READY, Status.AUTHENTICATING):
        raise _too_late(held, limit_s)
    return Scan(held, code)


async def _start(api: ApiParts, request: AnyRequest, account_id: str) -> None:
    now = api.now()
    command = RequestLink(at=now, attempt=new_id("att", now), policy=api.services.settings.policy)
    try:
        given = await api.services.dispatch.submit(account_id, command, origin_of(request))
    except Refused as refused:
        if refused.rule not in JOINED:
            raise ProblemFound(refused.rule, f"{refused.sentence.rstrip('.')}.") from refused
    else:
        api.hub.reach(given.position)


def _too_late(held: Held, limit_s: float) -> ProblemFound:
    reason = held.account.reason
    if held.account.status in LINKING or reason is None:
        return ProblemFound("no_code_in_time", f"No code came within {limit_s:g} s.")
    return ProblemFound("no_code_in_time", ADVICE[reason].sentence, cause=reason.value)
