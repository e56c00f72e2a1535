"""Logs as hypothesis makes them: moves in any order, decided by the real domain.

A move knows no ids and no times of its own; those come from the story so far, so that most moves
fit (the current attempt, the deadline that is due) and some do not (another attempt, a late clock).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from hypothesis import strategies as st

from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.deadlines import Awaited
from domain.log import Origin
from domain.message_observations import (
    RecordAck,
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageReceived,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason
from domain.observations import (
    RecordActionRequired,
    RecordCodesExhausted,
    RecordEvidence,
    RecordLogout,
    RecordPage,
    RecordPairingCode,
    RecordPrimary,
    RecordProblem,
    RecordQr,
    RecordQrFetch,
    RecordReady,
    RecordScan,
    RecordSealedSession,
    RecordSession,
    RecordStandby,
    RecordSuperseded,
    RecordSynced,
    RecordSyncProgress,
    RecordUnmaskedRead,
    RecordUnsealedSession,
)
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import (
    CancelLink,
    DestroyAccount,
    PromoteStandby,
    RegisterAccount,
    RequestLink,
    RequestLogout,
    RequestReconnect,
    RequestStop,
    SendMessage,
)
from tests.read_models.stories import CLIENT, CLOCK, NOON, WORKER, WORKSPACE, Story

ACCOUNTS = ("acc_1", "acc_2")


class Move(msgspec.Struct, frozen=True):
    """One step of a generated story."""

    account: str
    wild: bool
    """It is any move at all, not one that fits the account's status."""
    after_s: float
    """Since the move before; negative when its observer's clock is behind."""
    late: bool
    """It speaks of another attempt, or of a deadline that is none."""
    number: int
    """Picks the move, and its code, reason, phase …"""


Make = Callable[[Move, Account, datetime], AnyCommand]


def _attempt(move: Move, account: Account) -> str:
    return account.attempt.id if account.attempt and not move.late else "att_of_another_day"


def _expire(move: Move, account: Account, at: datetime) -> AnyCommand:
    awaited = account.deadline.awaited if account.deadline else Awaited.PAGE
    due = account.deadline.at if account.deadline and not move.late else at
    attempt = f"att_{account.attempts + 1}"
    return ExpireDeadline(at=max(at, due), awaited=awaited, due=due, attempt=attempt)


PHASES = ("queued", "browser_started", "page_loaded", "bridge_started")
STAGES = ("requested", "ready", "failed", "promoted")
REASONS = tuple(Reason)

WISHES: dict[str, Make] = {
    "register": lambda _, __, at: RegisterAccount(at=at, workspace="ws_1"),
    "link": lambda m, a, at: RequestLink(
        at=at, attempt=f"att_{a.attempts + 1}", retry=m.number % 2 == 0
    ),
    "link_by_pairing_code": lambda _, a, at: RequestLink(
        at=at, attempt=f"att_{a.attempts + 1}", method="pairing_code", pairing_phone="628"
    ),
    "reconnect": lambda _, a, at: RequestReconnect(at=at, attempt=f"att_{a.attempts + 1}"),
    "promote_standby": lambda _, a, at: PromoteStandby(at=at, attempt=f"att_{a.attempts + 1}"),
    "stop": lambda _, __, at: RequestStop(at=at),
    "cancel": lambda _, __, at: CancelLink(at=at),
    "logout": lambda _, __, at: RequestLogout(at=at),
    "destroy": lambda _, __, at: DestroyAccount(at=at),
    "read_unmasked": lambda _, __, at: RecordUnmaskedRead(at=at, form="timeline"),
}
SEEN: dict[str, Make] = {
    "page": lambda m, a, at: RecordPage(
        at=at, attempt=_attempt(m, a), phase=PHASES[m.number % len(PHASES)]
    ),
    "session": lambda m, a, at: RecordSession(at=at, attempt=_attempt(m, a)),
    "qr": lambda m, a, at: RecordQr(
        at=at,
        attempt=_attempt(m, a),
        fingerprint=f"code-{m.number}",
        expires_at=at + timedelta(seconds=20),
    ),
    "fetch": lambda m, a, at: RecordQrFetch(
        at=at,
        attempt=_attempt(m, a),
        fingerprint=a.attempt.code.fingerprint if a.attempt and a.attempt.code else "code-0",
    ),
    "exhausted": lambda m, a, at: RecordCodesExhausted(at=at, attempt=_attempt(m, a)),
    "pairing_code": lambda m, a, at: RecordPairingCode(
        at=at, attempt=_attempt(m, a), fingerprint=f"pair-{m.number}", expires_at=at
    ),
    "scan": lambda m, a, at: RecordScan(at=at, attempt=_attempt(m, a)),
    "sync": lambda m, a, at: RecordSyncProgress(
        at=at, attempt=_attempt(m, a), percent=m.number * 5
    ),
    "passkey": lambda m, a, at: RecordActionRequired(
        at=at, attempt=_attempt(m, a), action="passkey"
    ),
    "synced": lambda m, a, at: RecordSynced(at=at, attempt=_attempt(m, a)),
    "ready": lambda m, a, at: RecordReady(
        at=at,
        attempt=_attempt(m, a),
        phone=f"62{m.number}",
        phone_fingerprint=f"phone-{m.number % 2}",
    ),
    "problem": lambda m, a, at: RecordProblem(
        at=at, attempt=_attempt(m, a), reason=REASONS[m.number % len(REASONS)]
    ),
    "logged_out": lambda m, a, at: RecordLogout(at=at, attempt=_attempt(m, a), by="phone"),
    "sealed": lambda m, a, at: RecordSealedSession(
        at=at, attempt=_attempt(m, a), digest=f"seal-{m.number}", size_bytes=m.number
    ),
    "unsealed": lambda m, a, at: RecordUnsealedSession(
        at=at, attempt=_attempt(m, a), reason=REASONS[m.number % len(REASONS)]
    ),
    "standby": lambda m, a, at: RecordStandby(
        at=at, attempt=_attempt(m, a), stage=STAGES[m.number % len(STAGES)]
    ),
    "evidence": lambda m, a, at: RecordEvidence(
        at=at, attempt=_attempt(m, a), kind="console", digest=f"d-{m.number}", size_bytes=1
    ),
}


def _queued(account: Account) -> str:
    return account.messages.queued[0].id if account.messages.queued else "msg_none"


def _whatsapp_id(account: Account) -> str:
    """Of one that was sent, or of one whose ack comes before that is known."""
    known = (*account.messages.sent, *account.messages.queued)
    return known[0].whatsapp_id if known else "3EB0"


MESSAGES: dict[str, Make] = {
    "send": lambda m, _, at: SendMessage(
        at=at,
        message=f"msg_{m.number}",
        whatsapp_id=f"3EB0{m.number}",
        recipient=f"6281{m.number}",
        recipient_fingerprint=f"phone-{m.number}",
        kind="text",
        fingerprint=f"text-{m.number}",
        size_bytes=m.number,
        queue=m.number % 2 == 0,
    ),
    "message_sent": lambda _, a, at: RecordMessageSent(at=at, message=_queued(a)),
    "message_not_sent": lambda _, a, at: RecordMessageNotSent(
        at=at, message=_queued(a), reason=MessageReason.PAGE_REFUSED, detail="no"
    ),
    "message_failed": lambda _, a, at: RecordMessageFailed(
        at=at, message=_queued(a), reason=MessageReason.NOT_ON_WHATSAPP
    ),
    "ack": lambda m, a, at: RecordAck(
        at=at, whatsapp_id=_whatsapp_id(a), ack="delivered" if m.number % 3 else "read"
    ),
    "received": lambda m, _, at: RecordMessageReceived(
        at=at,
        message=f"msg_in_{m.number}",
        whatsapp_id=f"3EB1{m.number}",
        sender=f"6281{m.number}",
        sender_fingerprint=f"phone-{m.number}",
        name="Budi",
    ),
}
TOLD: dict[str, Make] = {
    "superseded": lambda _, a, at: RecordSuperseded(
        at=at, by="acc_9", phone_fingerprint=a.phone_fingerprint or "none"
    ),
    "primary": lambda m, _, at: RecordPrimary(at=at, chosen=m.number % 2 == 0),
}
MOVES: dict[str, tuple[Make, Origin]] = {
    **{kind: (make, CLIENT) for kind, make in WISHES.items()},
    **{kind: (make, WORKER) for kind, make in SEEN.items()},
    **{kind: (make, WORKER) for kind, make in MESSAGES.items()},
    **{kind: (make, WORKSPACE) for kind, make in TOLD.items()},
    "expire": (_expire, CLOCK),
}

ANY = tuple(MOVES)
FITTING: dict[Status, tuple[str, ...]] = {
    Status.NOT_CREATED: ("link", "link", "link_by_pairing_code"),
    Status.INITIALIZING: ("page", "page", "qr", "qr", "pairing_code", "session", "expire"),
    Status.WAITING_QR: ("fetch", "fetch", "qr", "scan", "scan", "exhausted", "expire", "sync"),
    Status.AUTHENTICATING: ("sync", "ready", "ready", "passkey", "synced", "qr", "expire"),
    Status.READY: (
        "problem",
        "superseded",
        "logout",
        "stop",
        "sealed",
        "unsealed",
        "standby",
        "standby",
        "promote_standby",
        "evidence",
        "ready",
        "send",
        "send",
        "message_sent",
        "message_sent",
        "message_not_sent",
        "ack",
        "ack",
        "received",
    ),
    Status.FAILED: ("link", "link_by_pairing_code", "evidence"),
    Status.DISCONNECTED: ("expire", "expire", "reconnect", "link", "stop", "standby"),
}
"""Moves that carry a story on. Drawn from all moves alone, hardly a story became READY."""

moves = st.builds(
    Move,
    account=st.sampled_from(("acc_1", "acc_1", "acc_1", "acc_2")),
    wild=st.sampled_from((False, False, False, True)),
    after_s=st.sampled_from((0.25, 1.0, 7.5, 0.0, 31.0, 400.0, -0.5)),
    late=st.sampled_from((False,) * 7 + (True,)),
    number=st.integers(min_value=0, max_value=60),
)


def tell(made: list[Move]) -> Story:
    """Decide the moves one after the other, on two registered accounts."""
    story = Story()
    at = NOON
    for account in ACCOUNTS:
        story.tell(RegisterAccount(at=at, workspace="ws_1"), by=CLIENT, to=account)
    for move in made:
        at += timedelta(seconds=move.after_s)
        account = story.accounts[move.account]
        kinds = ANY if move.wild else FITTING[account.status]
        make, by = MOVES[kinds[move.number % len(kinds)]]
        command = make(move, account, at)
        story.tell(command, by=by, to=move.account)
    return story


stories = st.lists(moves, min_size=10, max_size=60).map(tell)
