"""What each event of a running attempt leaves in the account; `evolve` sets the status.

A log that begins in the middle of an attempt has none to change, and folds all the same.
"""

from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain.account import NO_STANDBY, Account, Attempt, Code, Standby


def link_requested(account: Account, event: e.LinkRequested) -> Account:
    attempt = Attempt(
        id=event.attempt,
        number=event.number,
        kind="link",
        policy=event.policy,
        started_at=event.at,
        method=event.method,
        pairing_phone=event.pairing_phone,
    )
    begun = _begun(account, event, attempt)
    return replace(begun, link=event.attempt, reconnects=0)


def reconnect_started(account: Account, event: e.ReconnectStarted) -> Account:
    attempt = Attempt(
        id=event.attempt,
        number=event.number,
        kind="reconnect",
        policy=event.policy,
        started_at=event.at,
        holder="standby" if event.by == "standby" else "primary",
    )
    begun = _begun(account, event, attempt)
    if event.by == "client":  # a wish: the budget is whole again
        return replace(begun, link=event.attempt, reconnects=0)
    return replace(begun, reconnects=account.reconnects + 1)


def _begun(
    account: Account, event: e.LinkRequested | e.ReconnectStarted, attempt: Attempt
) -> Account:
    return replace(
        account,
        attempts=event.number,
        attempt=attempt,
        deadline=event.deadline,
        reason=None,
        detail="",
    )


def page_reached(account: Account, event: e.PageReached) -> Account:
    attempt = account.attempt
    if attempt is not None:
        if event.phase == "queued":
            # A worker that takes over starts from the queue: its phases are progress again.
            attempt = replace(attempt, phases=(), starts=(*attempt.starts, event.start))
        attempt = replace(attempt, phases=(*attempt.phases, event.phase))
    return replace(account, deadline=event.deadline, attempt=attempt)


def session_found(account: Account, event: e.SessionFound) -> Account:
    attempt = account.attempt and replace(account.attempt, session_found=True)
    return replace(account, deadline=event.deadline, attempt=attempt)


def session_rejected(account: Account, event: e.SessionRejected) -> Account:
    """The page starts over, so its phases count as signs of progress again."""
    attempt = account.attempt and replace(
        account.attempt, session_found=False, session_dead=True, sync_percent=-1, phases=()
    )
    return replace(
        account,
        deadline=event.deadline,
        attempt=attempt,
        session_digest=None,
        unsealed=None,
        standby=NO_STANDBY,
    )


def qr_issued(account: Account, event: e.QrIssued) -> Account:
    attempt = account.attempt
    if attempt is not None:
        attempt = replace(
            attempt,
            code=Code(event.fingerprint, event.ordinal, event.expires_at),
            codes_issued=event.ordinal,
            codes_seen=(*attempt.codes_seen, event.fingerprint),
            scan_until=attempt.scan_until or event.deadline.at,
            session_dead=True,
            exhausted=False,
        )
    return replace(account, deadline=event.deadline, attempt=attempt)


def pairing_code_issued(account: Account, event: e.PairingCodeIssued) -> Account:
    attempt = account.attempt
    if attempt is not None:
        ordinal = attempt.codes_issued + 1
        attempt = replace(
            attempt,
            code=Code(event.fingerprint, ordinal, event.expires_at),
            codes_issued=ordinal,
            codes_seen=(*attempt.codes_seen, event.fingerprint),
            scan_until=attempt.scan_until or event.deadline.at,
            session_dead=True,
            exhausted=False,
        )
    return replace(account, deadline=event.deadline, attempt=attempt)


def qr_fetched(account: Account, _: e.QrFetched) -> Account:
    attempt = account.attempt
    if attempt is None or attempt.code is None:
        return account
    code = replace(attempt.code, fetched=True)
    fetched = attempt.codes_fetched + 1
    return replace(account, attempt=replace(attempt, code=code, codes_fetched=fetched))


def codes_exhausted(account: Account, _: e.CodesExhausted) -> Account:
    attempt = account.attempt and replace(account.attempt, code=None, exhausted=True)
    return replace(account, attempt=attempt)


def qr_scanned(account: Account, event: e.QrScanned) -> Account:
    """A scan makes a new session: what was kept of an earlier one is worthless."""
    attempt = account.attempt and replace(
        account.attempt, scanned=True, code=None, session_dead=True, exhausted=False
    )
    return replace(
        account,
        deadline=event.deadline,
        attempt=attempt,
        link=event.attempt,
        session_digest=None,
        unsealed=None,
        standby=NO_STANDBY,
    )


def sync_progressed(account: Account, event: e.SyncProgressed) -> Account:
    attempt = account.attempt and replace(account.attempt, sync_percent=event.percent)
    return replace(account, deadline=event.deadline, attempt=attempt)


def action_required(account: Account, event: e.ActionRequired) -> Account:
    attempt = account.attempt and replace(account.attempt, passkey_demanded=True)
    return replace(account, deadline=event.deadline, attempt=attempt)


def phone_awaited(account: Account, event: e.PhoneAwaited) -> Account:
    return replace(account, deadline=event.deadline)


def link_failed(account: Account, event: e.LinkFailed) -> Account:
    """No standby is kept for an account that is FAILED: what there was is put away."""
    attempt = account.attempt and replace(account.attempt, code=None, exhausted=False)
    return replace(
        account,
        deadline=None,
        attempt=attempt,
        reason=event.reason,
        detail=event.detail,
        standby=NO_STANDBY,
    )


def standby_left(account: Account) -> Standby:
    """Give the standby after the loss of a link: one that was promoted is used up."""
    held_by_standby = account.attempt is not None and account.attempt.holder == "standby"
    return NO_STANDBY if held_by_standby else account.standby


def evidence_kept(account: Account, event: f.EvidenceKept) -> Account:
    attempt = account.attempt
    if attempt is None:
        return account
    return replace(account, attempt=replace(attempt, evidence=(*attempt.evidence, event.digest)))
