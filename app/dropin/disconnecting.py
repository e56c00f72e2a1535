"""Ends whatever an account's link is doing, so that the next scan starts from nothing."""

from collections.abc import Callable
from contextlib import suppress

from adapters import clock
from app.feed_hub import TooManyReaders
from app.held import Held
from app.http.parts import ApiParts
from domain.account import Account
from domain.log import Origin
from domain.reasons import UNLINKED
from domain.refusals import Refused
from domain.status import LINKING, Status
from domain.wishes import CancelLink, RequestLogout

MOST_WISHES = 4
"""Cancelling an attempt and logging out are two; the others are for an account that moves on."""
SLACK_S = 5.0
"""Beyond the page's own limit to confirm a logout."""


async def disconnect(api: ApiParts, account_id: str, origin: Origin) -> Held:
    """Cancel a running attempt, log a link out, and wait until that is done."""
    for _ in range(MOST_WISHES):
        held = await api.services.dispatch.load(account_id)
        wish = _wish_for(api, held.account)
        if wish is None:
            break
        with suppress(Refused):  # it has moved on between the look and the wish: look again
            given = await api.services.dispatch.submit(account_id, wish, origin)
            api.hub.reach(given.position)
    return await logged_out(api, account_id)


async def logged_out(api: ApiParts, account_id: str) -> Held:
    """Wait for the end of a logout that was requested, if there is one."""
    limit_s = api.services.settings.policy.logout_s + SLACK_S
    return await _wait(api, account_id, lambda account: not account.logout_requested, limit_s)


def _wish_for(api: ApiParts, account: Account) -> CancelLink | RequestLogout | None:
    if account.status in LINKING:
        return CancelLink(at=api.now())
    lost = account.status is Status.DISCONNECTED and account.reason not in UNLINKED
    if (account.status is Status.READY and not account.logout_requested) or lost:
        return RequestLogout(at=api.now())
    return None


async def _wait(
    api: ApiParts, account_id: str, holds: Callable[[Account], bool], limit_s: float
) -> Held:
    until_s = clock.monotonic_s() + limit_s
    with suppress(TooManyReaders), api.hub.watch(account_id) as reader:
        while not reader.let_go:
            reader.take()
            held = await api.services.dispatch.load(account_id)
            left_s = until_s - clock.monotonic_s()
            if holds(held.account) or left_s <= 0:
                return held
            await reader.news(left_s)
    return await api.services.dispatch.load(account_id)
