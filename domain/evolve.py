"""`evolve` folds one event into an account, `replay` a whole story.

Neither ever refuses: what is in the log has happened, whatever the table says today.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain.account import NEW, Account, Attempt, Code
from domain.lifecycle import LEADS_TO
from domain.reasons import Reason
from domain.troubles import stayed_ready

Changes = dict[str, Any]


def evolve(account: Account, event: e.AccountEvent) -> Account:
    """Fold one event into the account."""
    kind = type(event)
    changes = CHANGES[kind](account, event)
    status = LEADS_TO[kind]
    if status is not None and status is not account.status:
        changes["status"] = status
        changes["since"] = event.at
    return replace(account, **changes)


def replay(events: Iterable[e.AccountEvent], account: Account = NEW) -> Account:
    """Fold a story, oldest event first."""
    for event in events:
        account = evolve(account, event)
    return account


def _in_attempt(account: Account, **changes: Any) -> Attempt | None:
    """Change the running attempt; a log that begins in its middle has none to change."""
    return account.attempt and replace(account.attempt, **changes)


def _registered(_: Account, event: e.AccountRegistered) -> Changes:
    return {
        "registered": True,
        "since": event.at,
        "workspace": event.workspace,
        "label": event.label,
        "site": event.site,
        "policy": event.policy,
    }


def _begun(event: e.LinkRequested | e.ReconnectStarted, attempt: Attempt) -> Changes:
    return {
        "attempts": event.number,
        "attempt": attempt,
        "deadline": event.deadline,
        "reason": None,
        "detail": "",
        "logout_requested": False,
    }


def _link_requested(_: Account, event: e.LinkRequested) -> Changes:
    attempt = Attempt(
        id=event.attempt,
        number=event.number,
        kind="link",
        policy=event.policy,
        started_at=event.at,
        method=event.method,
        pairing_phone=event.pairing_phone,
    )
    return _begun(event, attempt) | {"reconnects": 0, "link": event.attempt}


def _reconnect_started(account: Account, event: e.ReconnectStarted) -> Changes:
    attempt = Attempt(
        id=event.attempt,
        number=event.number,
        kind="reconnect",
        policy=event.policy,
        started_at=event.at,
    )
    link = event.attempt if event.by == "client" else account.link
    return _begun(event, attempt) | {"reconnects": account.reconnects + 1, "link": link}


def _page_reached(account: Account, event: e.PageReached) -> Changes:
    phases = (*(account.attempt.phases if account.attempt else ()), event.phase)
    return {"deadline": event.deadline, "attempt": _in_attempt(account, phases=phases)}


def _session_found(account: Account, event: e.SessionFound) -> Changes:
    return {"deadline": event.deadline, "attempt": _in_attempt(account, session_found=True)}


def _session_rejected(account: Account, event: e.SessionRejected) -> Changes:
    attempt = _in_attempt(account, session_found=False, sync_percent=-1)
    return {"deadline": event.deadline, "attempt": attempt, "session_digest": None}


def _qr_issued(account: Account, event: e.QrIssued) -> Changes:
    code = Code(event.fingerprint, event.ordinal, event.expires_at)
    attempt = _in_attempt(account, code=code, codes_issued=event.ordinal, exhausted=False)
    return {"deadline": event.deadline, "attempt": attempt}


def _qr_fetched(account: Account, _: e.QrFetched) -> Changes:
    attempt = account.attempt
    if attempt is None or attempt.code is None:
        return {}
    code = replace(attempt.code, fetched=True)
    fetched = attempt.codes_fetched + 1
    return {"attempt": replace(attempt, code=code, codes_fetched=fetched)}


def _codes_exhausted(account: Account, _: e.CodesExhausted) -> Changes:
    return {"attempt": _in_attempt(account, code=None, exhausted=True)}


def _pairing_code_issued(account: Account, event: e.PairingCodeIssued) -> Changes:
    ordinal = account.attempt.codes_issued + 1 if account.attempt else 1
    code = Code(event.fingerprint, ordinal, event.expires_at)
    attempt = _in_attempt(account, code=code, codes_issued=ordinal, exhausted=False)
    return {"deadline": event.deadline, "attempt": attempt}


def _qr_scanned(account: Account, event: e.QrScanned) -> Changes:
    attempt = _in_attempt(account, scanned=True, code=None)
    return {"deadline": event.deadline, "attempt": attempt, "link": event.attempt}


def _sync_progressed(account: Account, event: e.SyncProgressed) -> Changes:
    attempt = _in_attempt(account, sync_percent=event.percent)
    return {"deadline": event.deadline, "attempt": attempt}


def _action_required(account: Account, event: e.ActionRequired) -> Changes:
    attempt = _in_attempt(account, passkey_demanded=True)
    return {"deadline": event.deadline, "attempt": attempt}


def _awaiting(_: Account, event: e.PhoneAwaited | e.LogoutRequested) -> Changes:
    return {"deadline": event.deadline}


def _phone_identified(_: Account, event: e.PhoneIdentified) -> Changes:
    return {
        "phone": event.phone,
        "phone_fingerprint": event.fingerprint,
        "name": event.name,
    }


def _link_completed(account: Account, event: e.LinkCompleted) -> Changes:
    attempt = _in_attempt(account, code=None, passkey_demanded=False)
    return {"deadline": None, "ready_at": event.at, "attempt": attempt}


def _link_failed(account: Account, event: e.LinkFailed) -> Changes:
    attempt = _in_attempt(account, code=None)
    return {
        "deadline": None,
        "attempt": attempt,
        "reason": event.reason,
        "detail": event.detail,
    }


def _lost(account: Account, event: e.ConnectionLost | e.ReconnectFailed) -> Changes:
    changes: Changes = {
        "deadline": event.deadline,
        "reason": event.reason,
        "detail": event.detail,
        "ready_at": None,
    }
    if stayed_ready(account, event.at):
        changes["reconnects"] = 0
    return changes


def _superseded(_: Account, event: e.AccountSuperseded) -> Changes:
    return {
        "deadline": None,
        "reason": Reason.SUPERSEDED,
        "detail": f"the number is held by {event.by}",
        "ready_at": None,
    }


def _logout_requested(account: Account, event: e.LogoutRequested) -> Changes:
    return _awaiting(account, event) | {"logout_requested": True}


def _logged_out(_: Account, event: e.LoggedOut) -> Changes:
    return {
        "deadline": None,
        "reason": event.reason,
        "detail": event.detail,
        **_UNLINKED,
    }


_UNLINKED: Changes = {
    "ready_at": None,
    "logout_requested": False,
    "phone": None,
    "phone_fingerprint": None,
    "name": "",
    "session_digest": None,
    "standby": "none",
}


def _account_destroyed(_: Account, __: e.AccountDestroyed) -> Changes:
    return {"attempt": None, "deadline": None, "reason": None, "detail": "", **_UNLINKED}


def _primary(event: f.PrimaryChosen | f.PrimaryWithdrawn, *, chosen: bool) -> Changes:
    return {"primary": chosen, "primary_version": event.workspace_version}


def _evidence_kept(account: Account, event: f.EvidenceKept) -> Changes:
    kept = account.attempt.evidence if account.attempt else ()
    return {"attempt": _in_attempt(account, evidence=(*kept, event.digest))}


CHANGES: dict[type[e.AccountEvent], Callable[[Account, Any], Changes]] = {
    e.AccountRegistered: _registered,
    e.LinkRequested: _link_requested,
    e.ReconnectStarted: _reconnect_started,
    e.PageReached: _page_reached,
    e.SessionFound: _session_found,
    e.SessionRejected: _session_rejected,
    e.QrIssued: _qr_issued,
    e.QrFetched: _qr_fetched,
    e.CodesExhausted: _codes_exhausted,
    e.PairingCodeIssued: _pairing_code_issued,
    e.QrScanned: _qr_scanned,
    e.SyncProgressed: _sync_progressed,
    e.ActionRequired: _action_required,
    e.PhoneAwaited: _awaiting,
    e.PhoneIdentified: _phone_identified,
    e.LinkCompleted: _link_completed,
    e.LinkFailed: _link_failed,
    e.ReconnectFailed: _lost,
    e.ConnectionLost: _lost,
    e.AccountSuperseded: _superseded,
    e.LogoutRequested: _logout_requested,
    e.LoggedOut: _logged_out,
    e.AccountDestroyed: _account_destroyed,
    f.PrimaryChosen: lambda _, event: _primary(event, chosen=True),
    f.PrimaryWithdrawn: lambda _, event: _primary(event, chosen=False),
    f.SessionSealed: lambda _, event: {"session_digest": event.digest},
    f.StandbyRequested: lambda _, __: {"standby": "requested"},
    f.StandbyReady: lambda _, __: {"standby": "ready"},
    f.StandbyFailed: lambda _, __: {"standby": "failed"},
    f.StandbyPromoted: lambda _, __: {"standby": "promoted"},
    f.EvidenceKept: _evidence_kept,
}
"""What each event changes beside the status. Tests see that every event has its line."""
