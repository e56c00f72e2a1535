"""What a crash has left on this machine, and somebody else has gone on with since."""

import structlog

from adapters.browser.profile import ProfileLocked, Profiles
from adapters.kept_sessions import KeptSessions

_logger = structlog.get_logger()


async def wipe_stale_profiles(profiles: Profiles, sessions: KeptSessions) -> None:
    """Delete profiles whose account was opened elsewhere, or whose session was ended.

    The others hold the newest session there is, and the next opening goes on from them. Raises
    StorageUnavailable.
    """
    noted = profiles.accounts()
    holders = await sessions.holders(list(noted))
    for account_id, words in noted.items():
        if words and holders.get(account_id, words[-1]) not in words:
            await _erase(profiles, account_id)


async def wipe_profiles(profiles: Profiles) -> None:
    """Delete whatever a standby process that died has left: the sealed copies are what counts."""
    for account_id in profiles.accounts():
        await _erase(profiles, account_id)


async def _erase(profiles: Profiles, account_id: str) -> None:
    try:
        await profiles.erase(account_id)
    except ProfileLocked:
        _logger.warning("stale profile in use", account=account_id)
    except OSError as error:
        _logger.warning("stale profile not deleted", account=account_id, error=str(error))
