"""Fixed times, fixed values and one ready-made story, for examples that read aloud.

The story: registered at 0 s, linked by QR at 1 s, codes at 5 and 65 s, scanned at 70 s, READY at
80 s. `QR_2` and what follows fit behind `QR_1` as well as behind each other.
"""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.deadlines import Awaited, Deadline
from domain.message_reasons import MessageReason, whatsapp_id_of
from domain.policy import Policy
from domain.reasons import Reason

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Give the time this many seconds after the start of the story."""
    return START + timedelta(seconds=seconds)


def until(awaited: Awaited, seconds: float) -> Deadline:
    """Give the deadline this many seconds after the start of the story."""
    return Deadline(awaited, at(seconds))


POLICY = Policy()
ATTEMPT = "attempt-1"
NEXT_ATTEMPT = "attempt-2"
FOREIGN = "attempt-of-another-day"
PHONE = "62811555001"
PHONE_KEYED = "keyed-phone-1"
OTHER_PHONE = "62811555002"
OTHER_PHONE_KEYED = "keyed-phone-2"
QR_KEYED_1 = "keyed-qr-1"
QR_KEYED_2 = "keyed-qr-2"

REGISTERED = e.AccountRegistered(at=at(0), workspace="shop", label="Front desk")
CREATED = REGISTERED
LINK = e.LinkRequested(
    at=at(1),
    attempt=ATTEMPT,
    number=1,
    method="qr",
    policy=POLICY,
    deadline=until(Awaited.PAGE, 31),
)
LINK_BY_PAIRING_CODE = e.LinkRequested(
    at=at(1),
    attempt=ATTEMPT,
    number=1,
    method="pairing_code",
    policy=POLICY,
    deadline=until(Awaited.PAGE, 31),
    pairing_phone=PHONE,
)
BROWSER_STARTED = e.PageReached(
    at=at(2), attempt=ATTEMPT, phase="browser_started", deadline=until(Awaited.PAGE, 32)
)
QR_1 = e.QrIssued(
    at=at(5),
    attempt=ATTEMPT,
    fingerprint=QR_KEYED_1,
    ordinal=1,
    expires_at=at(65),
    deadline=until(Awaited.SCAN, 305),
)
QR_2 = e.QrIssued(
    at=at(65),
    attempt=ATTEMPT,
    fingerprint=QR_KEYED_2,
    ordinal=2,
    expires_at=at(85),
    deadline=until(Awaited.SCAN, 305),
)
PAIRING_CODE = e.PairingCodeIssued(
    at=at(5),
    attempt=ATTEMPT,
    fingerprint="keyed-pairing-1",
    expires_at=at(185),
    deadline=until(Awaited.SCAN, 305),
)
FETCHED = e.QrFetched(at=at(6), attempt=ATTEMPT, fingerprint=QR_KEYED_1)
EXHAUSTED = e.CodesExhausted(at=at(69), attempt=ATTEMPT)
SCANNED = e.QrScanned(at=at(70), attempt=ATTEMPT, deadline=until(Awaited.AUTHENTICATION, 130))
SESSION_FOUND = e.SessionFound(
    at=at(6), attempt=ATTEMPT, deadline=until(Awaited.AUTHENTICATION, 66)
)
SESSION_REJECTED = e.SessionRejected(
    at=at(7), attempt=ATTEMPT, reason=Reason.PHONE_UNLINKED, deadline=until(Awaited.PAGE, 37)
)
PASSKEY_DEMANDED = e.ActionRequired(
    at=at(71), attempt=ATTEMPT, action="passkey", deadline=until(Awaited.PASSKEY, 191)
)
HALF_SYNCED = e.SyncProgressed(
    at=at(75), attempt=ATTEMPT, percent=50, deadline=until(Awaited.AUTHENTICATION, 135)
)
PHONE_AWAITED = e.PhoneAwaited(at=at(78), attempt=ATTEMPT, deadline=until(Awaited.PHONE_NUMBER, 88))
IDENTIFIED = e.PhoneIdentified(
    at=at(80), attempt=ATTEMPT, phone=PHONE, fingerprint=PHONE_KEYED, name="Ayu"
)
READY = e.LinkCompleted(at=at(80), attempt=ATTEMPT, phone_fingerprint=PHONE_KEYED, link=ATTEMPT)
LINK_FAILED = e.LinkFailed(at=at(90), attempt=ATTEMPT, reason=Reason.BROWSER_CRASHED)
LOST = e.ConnectionLost(
    at=at(100),
    attempt=ATTEMPT,
    reason=Reason.NETWORK_LOST,
    deadline=until(Awaited.RECONNECT, 101.5),
)
LOST_FOR_GOOD = e.ConnectionLost(at=at(100), attempt=ATTEMPT, reason=Reason.TEMPORARILY_BANNED)
RECONNECT = e.ReconnectStarted(
    at=at(102),
    attempt=NEXT_ATTEMPT,
    number=2,
    policy=POLICY,
    deadline=until(Awaited.PAGE, 132),
)
SUPERSEDED = e.AccountSuperseded(at=at(100), attempt=ATTEMPT, by="acc_2")
SEALED = f.SessionSealed(at=at(81), attempt=ATTEMPT, digest="sealed-1", size_bytes=1400)
STANDBY_REQUESTED = f.StandbyRequested(at=at(82), attempt=ATTEMPT, digest="sealed-1")
STANDBY_READY = f.StandbyReady(at=at(84), attempt=ATTEMPT, digest="sealed-1")
STANDBY_FAILED = f.StandbyFailed(
    at=at(84),
    attempt=ATTEMPT,
    reason=Reason.SESSION_UNREADABLE,
    retry_at=at(384),
    detail="empty",
)
STANDBY_ATTEMPT = "attempt-by-standby"
PROMOTED = f.StandbyPromoted(at=at(110), attempt=ATTEMPT, because="client")
HANDED_OVER = e.ConnectionLost(at=at(110), attempt=ATTEMPT, reason=Reason.HANDED_OVER)
TAKEN_OVER = e.ReconnectStarted(
    at=at(110),
    attempt=STANDBY_ATTEMPT,
    number=2,
    policy=POLICY,
    deadline=until(Awaited.PAGE, 140),
    by="standby",
)
LOGOUT_REQUESTED = e.LogoutRequested(at=at(100), deadline=until(Awaited.LOGOUT, 115))
LOGGED_OUT = e.LoggedOut(at=at(101), by="client", reason=Reason.LOGGED_OUT)
WEBHOOK = "whk_1"
SILENT = f.WebhookSilent(
    at=at(20), attempt=ATTEMPT, endpoint=WEBHOOK, since=at(15), error="connect_failed"
)
HEARD = f.WebhookHeard(at=at(40), endpoint=WEBHOOK)
MESSAGE = "msg_1"
WHATSAPP_ID = whatsapp_id_of(MESSAGE)
RECIPIENT = "62811555003"
QUEUED = m.MessageQueued(
    at=at(90),
    message=MESSAGE,
    whatsapp_id=WHATSAPP_ID,
    recipient=RECIPIENT,
    recipient_fingerprint="keyed-phone-3",
    kind="text",
    fingerprint="keyed-text-1",
    size_bytes=5,
)
NOT_SENT = m.MessageNotSent(
    at=at(91), message=MESSAGE, reason=MessageReason.PAGE_REFUSED, detail="no ack"
)
SENT = m.MessageSent(at=at(92), message=MESSAGE, whatsapp_id=WHATSAPP_ID)
DELIVERED = m.MessageDelivered(at=at(93), message=MESSAGE)
READ = m.MessageRead(at=at(94), message=MESSAGE)
MESSAGE_FAILED = m.MessageFailed(
    at=at(92), message=MESSAGE, reason=MessageReason.NOT_ON_WHATSAPP, detail="no such user"
)
RECEIVED = m.MessageReceived(
    at=at(95),
    message="msg_2",
    whatsapp_id="3EB0FFFFFFFFFFFFFFFFFF",
    sender=RECIPIENT,
    sender_fingerprint="keyed-phone-3",
    name="Budi",
    fingerprint="keyed-text-2",
    size_bytes=4,
)
DESTROYED = e.AccountDestroyed(at=at(200))
ERASED = f.AccountErased(at=at(200))

STARTED = (REGISTERED, LINK)
SHOWING = (*STARTED, QR_1)
CHECKING = (*SHOWING, SCANNED)
LINKED = (*CHECKING, IDENTIFIED, READY)
FAILED = (*CHECKING, LINK_FAILED)
GUARDED = (*LINKED, SEALED, STANDBY_REQUESTED, STANDBY_READY)
"""A standby is ready."""
HELD_BY_STANDBY = (
    *GUARDED,
    PROMOTED,
    HANDED_OVER,
    TAKEN_OVER,
    replace(SESSION_FOUND, at=at(112), attempt=STANDBY_ATTEMPT),
    replace(READY, at=at(113), attempt=STANDBY_ATTEMPT),
)
DISCONNECTED = (*LINKED, LOST)
RETURNING = (*DISCONNECTED, RECONNECT)
