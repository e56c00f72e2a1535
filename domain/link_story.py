"""What each event of a link, from READY to its end, leaves in the account; also the standby's."""

from typing import Literal

from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain.account import Account
from domain.reasons import Reason
from domain.troubles import stayed_ready


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
        deadline=event.deadline,
        reason=event.reason,
        detail=event.detail,
        ready_at=None,
        reconnects=0 if stayed_ready(account, event.at) else account.reconnects,
    )


def superseded(account: Account, event: e.AccountSuperseded) -> Account:
    return replace(
        account,
        deadline=None,
        reason=Reason.SUPERSEDED,
        detail=f"the number is held by {event.by}",
        ready_at=None,
        logout_requested=False,
    )


def logout_requested(account: Account, event: e.LogoutRequested) -> Account:
    return replace(account, deadline=event.deadline, logout_requested=True)


def logged_out(account: Account, event: e.LoggedOut) -> Account:
    return replace(_unlinked(account), reason=event.reason, detail=event.detail)


def destroyed(account: Account, _: e.AccountDestroyed) -> Account:
    return replace(_unlinked(account), attempt=None, reason=None, detail="")


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
        standby="none",
    )


def primary_chosen(account: Account, event: f.PrimaryChosen) -> Account:
    return replace(account, primary=True, primary_version=event.workspace_version)


def primary_withdrawn(account: Account, event: f.PrimaryWithdrawn) -> Account:
    return replace(account, primary=False, primary_version=event.workspace_version)


def session_sealed(account: Account, event: f.SessionSealed) -> Account:
    return replace(account, session_digest=event.digest, unsealed=None)


def sealing_failed(account: Account, event: f.SealingFailed) -> Account:
    return replace(account, unsealed=event.reason)


STANDBY_STAGES: dict[type[e.AccountEvent], Literal["requested", "ready", "failed", "promoted"]] = {
    f.StandbyRequested: "requested",
    f.StandbyReady: "ready",
    f.StandbyFailed: "failed",
    f.StandbyPromoted: "promoted",
}


def standby_moved(account: Account, event: e.AccountEvent) -> Account:
    return replace(account, standby=STANDBY_STAGES[type(event)])
