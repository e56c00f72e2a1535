"""What each event of a link, from READY to its end, leaves in the account; also the standby's."""

from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain.account import NO_STANDBY, Account, Standby
from domain.attempt_story import standby_left
from domain.message_state import NO_MESSAGES
from domain.reasons import Reason
from domain.troubles import stayed_ready, tried


def registered(account: Account, event: e.AccountRegistered) -> Account:
    return replace(
        account,
        registered=True,
        since=event.at,
        workspace=event.workspace,
        label=event.label,
        site=event.site,
        policy=event.policy,
    )


def phone_identified(account: Account, event: e.PhoneIdentified) -> Account:
    return replace(account, phone=event.phone, phone_fingerprint=event.fingerprint, name=event.name)


def link_completed(account: Account, event: e.LinkCompleted) -> Account:
    attempt = account.attempt and replace(
        account.attempt, code=None, exhausted=False, passkey_demanded=False
    )
    return replace(account, deadline=None, ready_at=event.at, attempt=attempt)


def lost(account: Account, event: e.ConnectionLost | e.ReconnectFailed) -> Account:
    """A link that had been READY for long enough gets its whole reconnect budget back."""
    return replace(
        account,
        standby=NO_STANDBY if event.reason is Reason.STOPPED else standby_left(account),
        deadline=event.deadline,
        reason=event.reason,
        detail=event.detail,
        ready_at=None,
        reconnects=0 if stayed_ready(account, event.at) else tried(account, event.reason),
    )


def called_off(account: Account, _: f.ReconnectCalledOff) -> Account:
    return replace(account, deadline=None, reason=Reason.STOPPED, detail="", standby=NO_STANDBY)


def superseded(account: Account, event: e.AccountSuperseded) -> Account:
    return replace(
        account,
        deadline=None,
        reason=Reason.SUPERSEDED,
        detail=f"the number is held by {event.by}",
        ready_at=None,
        logout_requested=False,
        standby=NO_STANDBY,
    )


def logout_requested(account: Account, event: e.LogoutRequested) -> Account:
    return replace(account, deadline=event.deadline, logout_requested=True)


def logged_out(account: Account, event: e.LoggedOut) -> Account:
    return replace(_unlinked(account), reason=event.reason, detail=event.detail)


def destroyed(account: Account, _: e.AccountDestroyed) -> Account:
    return replace(_unlinked(account), attempt=None, reason=None, detail="", messages=NO_MESSAGES)


def erased(account: Account, _: f.AccountErased) -> Account:
    return replace(_unlinked(account), erased=True, label="", detail="")


def _unlinked(account: Account) -> Account:
    return replace(
        account,
        deadline=None,
        link="",
        ready_at=None,
        reconnects=0,
        logout_requested=False,
        phone=None,
        phone_fingerprint=None,
        name="",
        session_digest=None,
        unsealed=None,
        standby=NO_STANDBY,
    )


def primary_chosen(account: Account, event: f.PrimaryChosen) -> Account:
    return replace(account, primary=True, primary_version=event.workspace_version)


def primary_withdrawn(account: Account, event: f.PrimaryWithdrawn) -> Account:
    return replace(account, primary=False, primary_version=event.workspace_version)


def session_sealed(account: Account, event: f.SessionSealed) -> Account:
    return replace(account, session_digest=event.digest, unsealed=None)


def sealing_failed(account: Account, event: f.SealingFailed) -> Account:
    return replace(account, unsealed=event.reason)


def standby_requested(account: Account, event: f.StandbyRequested) -> Account:
    return replace(account, standby=Standby(stage="requested", since=event.at, digest=event.digest))


def standby_ready(account: Account, event: f.StandbyReady) -> Account:
    """One that has taken in a newer session has been ready since it first was."""
    before = account.standby
    since = before.since if event.renewed and before.since else event.at
    return replace(account, standby=Standby(stage="ready", since=since, digest=event.digest))


def standby_failed(account: Account, event: f.StandbyFailed) -> Account:
    failed = Standby(
        stage="failed",
        since=event.at,
        digest=account.standby.digest,
        reason=event.reason,
        retry_at=event.retry_at,
    )
    return replace(account, standby=failed)


def standby_promoted(account: Account, event: f.StandbyPromoted) -> Account:
    promoted = Standby(stage="promoted", since=event.at, digest=account.standby.digest)
    return replace(account, standby=promoted)
