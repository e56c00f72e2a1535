"""Every account that the domain can reach, found by trying every command on each.

Accounts that differ only in what no rule looks at (times, counts, names) count as one, so the walk
comes to an end after some six thousand accounts. It is exhaustive where hypothesis only samples.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from domain import observations as o
from domain.account import NEW, Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.decide import decide
from domain.decision import Decision
from domain.evolve import replay
from domain.message_observations import (
    RecordAck,
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageReceived,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason
from domain.message_state import MOST_QUEUED, Messages, QueuedMessage
from domain.policy import Policy
from domain.reasons import RECONNECTABLE, UNLINKED, Reason
from domain.refusals import Refused
from domain.standby import primary_lost
from domain.wishes import (
    CancelLink,
    DestroyAccount,
    PromoteStandby,
    RegisterAccount,
    RequestLink,
    RequestLogout,
    RequestReconnect,
    RequestStop,
)
from tests.examples import (
    FOREIGN,
    MESSAGE,
    PHONE,
    PHONE_KEYED,
    RECIPIENT,
    START,
    WEBHOOK,
    WHATSAPP_ID,
)
from tests.messages_to_send import send

POLICY = Policy(reconnect_budget=1)
LATER = timedelta(seconds=1)
MUCH_LATER = timedelta(seconds=400)


class Step(msgspec.Struct, frozen=True):
    """A command on a reachable account: `decision` is None when it was refused."""

    before: Account
    command: AnyCommand
    decision: Decision | Refused
    after: Account


def walk() -> Iterator[Step]:
    """Yield every command on every reachable account, nearest accounts first."""
    frontier: list[tuple[Account, datetime, int]] = [(NEW, START, 0)]
    seen = {kind(NEW)}
    written_from: set[tuple[object, ...]] = set()
    while frontier:
        account, now, number = frontier.pop(0)
        number += 1
        if (about := kind_of_writer(account)) not in written_from:
            written_from.add(about)
            yield from walk_of_messages(account, now + LATER, number)
            yield from walk_of_webhooks(account, now + LATER)
        for command in commands(account, now + LATER, number):
            step = take(account, command)
            yield step
            if step.after is not account and (reached := kind(step.after)) not in seen:
                seen.add(reached)
                frontier.append((step.after, command.at, number))


def walk_of_messages(account: Account, now: datetime, number: int) -> Iterator[Step]:
    """Yield all that may become of a message to or from this account, and of the account then.

    No rule about the link looks at messages: so they are followed beside it, and not beyond.
    """
    waiting = (QueuedMessage("msg_before", "3EB0", now),) * MOST_QUEUED
    full = msgspec.structs.replace(account, messages=Messages(queued=waiting))
    yield take(full, send(MESSAGE, now, queue=True))
    frontier, seen = [account], {account.messages}
    while frontier:
        before = frontier.pop(0)
        for command in about_messages(now):
            step = take(before, command)
            yield step
            if step.after.messages not in seen:
                seen.add(step.after.messages)
                frontier.append(step.after)
        for command in commands(before, now, number):
            yield take(before, command)


def walk_of_webhooks(account: Account, now: datetime) -> Iterator[Step]:
    """Yield all that may become of a webhook that is not reached; no other rule looks at it."""
    attempt = account.attempt.id if account.attempt else FOREIGN
    silent = o.RecordWebhookSilent(
        at=now, attempt=attempt, endpoint=WEBHOOK, since=now, error="connect_failed"
    )
    heard = o.RecordWebhookHeard(at=now, endpoint=WEBHOOK)
    yield take(account, heard)
    yield take(account, silent)
    after_silence = msgspec.structs.replace(account, silent_webhooks=(WEBHOOK,))
    yield take(after_silence, silent)
    yield take(after_silence, heard)


def about_messages(now: datetime) -> Iterator[AnyCommand]:
    """Yield everything that may be asked of a message, and reported of it."""
    yield send(MESSAGE, now)
    yield send(MESSAGE, now, queue=True)
    yield RecordMessageSent(at=now, message=MESSAGE)
    yield RecordMessageNotSent(at=now, message=MESSAGE, reason=MessageReason.PAGE_REFUSED)
    yield RecordMessageFailed(at=now, message=MESSAGE, reason=MessageReason.EXPIRED)
    yield RecordAck(at=now, whatsapp_id=WHATSAPP_ID, ack="delivered")
    yield RecordAck(at=now, whatsapp_id=WHATSAPP_ID, ack="read")
    yield RecordMessageReceived(
        at=now, message="msg_2", whatsapp_id="3EB0", sender=RECIPIENT, sender_fingerprint="keyed"
    )


def kind_of_writer(account: Account) -> tuple[object, ...]:
    """Reduce an account to what the rules about messages look at."""
    unlinked = account.reason in UNLINKED
    return (account.status, account.erased, account.registered, account.logout_requested, unlinked)


def take(account: Account, command: AnyCommand) -> Step:
    """Decide and fold."""
    try:
        decision = decide(account, command)
    except Refused as refused:
        return Step(account, command, refused, account)
    after = replay(decision, account) if isinstance(decision, list) else account
    return Step(account, command, decision, after)


def kind(account: Account) -> tuple[object, ...]:
    """Reduce an account to what the rules look at, less what they look at on its own.

    (Repeated signs of progress steer no other rule.)
    """
    attempt = account.attempt
    about_attempt = attempt and (
        attempt.kind,
        attempt.holder,
        attempt.method,
        attempt.session_found,
        attempt.session_dead,
        attempt.scanned,
        min(attempt.codes_issued, 2),
        attempt.code is not None,
        attempt.codes_fetched > 0,
        attempt.exhausted,
        attempt.passkey_demanded,
        bool(attempt.evidence),
        attempt.id == account.link,
    )
    return (
        account.status,
        account.registered,
        account.erased,
        about_attempt,
        account.deadline and account.deadline.awaited,
        account.reason in RECONNECTABLE,
        account.reason in UNLINKED,
        account.reason in (Reason.CANCELLED, Reason.SUPERSEDED) and account.reason,
        account.phone is not None,
        min(account.reconnects, POLICY.reconnect_budget),
        account.primary,
        account.logout_requested,
        account.session_digest is not None,
        account.standby.stage,
        primary_lost(account),
    )


def commands(account: Account, now: datetime, number: int) -> Iterator[AnyCommand]:
    """Yield every command, with every choice that a rule looks at; `number` makes ids new."""
    current = account.attempt.id if account.attempt else FOREIGN
    new = f"attempt-{number}"
    yield RegisterAccount(at=now, workspace="shop", policy=POLICY)
    yield RequestLink(at=now, attempt=new)
    yield RequestLink(at=now, attempt=new, retry=True)
    yield RequestLink(at=now, attempt=new, method="pairing_code")
    yield RequestLink(at=now, attempt=new, method="pairing_code", pairing_phone=PHONE)
    yield CancelLink(at=now)
    yield RequestReconnect(at=now, attempt=new)
    for because in ("client", "connection_lost"):
        yield PromoteStandby(at=now, attempt=new, because=because)
    yield RequestStop(at=now)
    yield RequestLogout(at=now)
    yield DestroyAccount(at=now)
    yield DestroyAccount(at=now, erase=True)
    for link in ("", account.link, FOREIGN):
        yield o.RecordSuperseded(at=now, by="acc_2", phone_fingerprint=PHONE_KEYED, link=link)
    yield o.RecordPrimary(at=now, chosen=True, workspace_version=number)
    yield o.RecordPrimary(at=now, chosen=False, workspace_version=number)
    yield o.RecordPrimary(
        at=now, chosen=not account.primary, workspace_version=account.primary_version
    )
    if account.deadline is not None:
        due, awaited = account.deadline.at, account.deadline.awaited
        yield ExpireDeadline(at=max(now, due), awaited=awaited, due=due, attempt=new)
        yield ExpireDeadline(at=due - LATER, awaited=awaited, due=due, attempt=new)
        yield ExpireDeadline(at=now, awaited=awaited, due=due - LATER, attempt=new)
    for attempt in (current, FOREIGN):
        yield from observations(account, attempt, now, number)


def observations(
    account: Account, attempt: str, now: datetime, number: int
) -> Iterator[AnyCommand]:
    """Yield everything that the page, the worker and the standby may report."""
    yield o.RecordPage(at=now, attempt=attempt, phase="browser_started")
    yield o.RecordPage(at=now, attempt=attempt, phase="page_loaded")
    yield o.RecordSession(at=now, attempt=attempt)
    shown = (f"keyed-{number}", *(account.attempt.codes_seen if account.attempt else ())[:1])
    before = (account.since or now) - LATER
    for fingerprint in shown:
        for when in (now, before):
            expires_at = when + timedelta(seconds=60)
            yield o.RecordQr(
                at=when, attempt=attempt, fingerprint=fingerprint, expires_at=expires_at
            )
            yield o.RecordPairingCode(
                at=when, attempt=attempt, fingerprint=fingerprint, expires_at=expires_at
            )
        yield o.RecordQrFetch(at=now, attempt=attempt, fingerprint=fingerprint)
    if account.attempt and account.attempt.code:
        on_show = account.attempt.code.fingerprint
        yield o.RecordQrFetch(at=now, attempt=attempt, fingerprint=on_show)
    yield o.RecordCodesExhausted(at=now, attempt=attempt)
    yield o.RecordScan(at=now, attempt=attempt)
    yield o.RecordSyncProgress(at=now, attempt=attempt, percent=50)
    yield o.RecordActionRequired(at=now, attempt=attempt, action="passkey")
    yield o.RecordSynced(at=now, attempt=attempt)
    for name in ("", "Ayu"):
        yield o.RecordReady(
            at=now, attempt=attempt, phone=PHONE, phone_fingerprint=PHONE_KEYED, name=name
        )
    for reason in (
        Reason.WORKER_LOST,
        Reason.NETWORK_LOST,
        Reason.TEMPORARILY_BANNED,
        Reason.PHONE_UNLINKED,
    ):
        yield o.RecordProblem(at=now, attempt=attempt, reason=reason)
        yield o.RecordProblem(at=now + MUCH_LATER, attempt=attempt, reason=reason)
    yield o.RecordLogout(at=now, attempt=attempt, by="phone")
    yield o.RecordSealedSession(at=now, attempt=attempt, digest="sha", size_bytes=1)
    yield o.RecordUnsealedSession(at=now, attempt=attempt, reason=Reason.SESSION_TOO_LARGE)
    for stage in ("requested", "ready", "failed", "promoted"):
        yield o.RecordStandby(at=now, attempt=attempt, stage=stage)
    yield o.RecordEvidence(at=now, attempt=attempt, kind="console", digest="sha", size_bytes=1)
