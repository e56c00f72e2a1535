"""Why an attempt failed or a link was lost: one stable code each, and what to do about it.

Peers fold these into one word. Telling them apart is a feature: support acts on the difference.
"""

from enum import Enum


class Reason(Enum):
    """Stable codes; stored in the log for ever. Add, never rename."""

    PAGE_UNREACHABLE = "page_unreachable"
    PAGE_CHANGED = "page_changed"
    INITIALIZE_TIMED_OUT = "initialize_timed_out"
    BROWSER_CRASHED = "browser_crashed"
    BROWSER_MISSING = "browser_missing"
    PAGE_HUNG = "page_hung"
    PROFILE_LOCKED = "profile_locked"
    OUT_OF_MEMORY = "out_of_memory"
    MACHINE_BUSY = "machine_busy"
    QR_NOT_FETCHED = "qr_not_fetched"
    QR_EXPIRED = "qr_expired"
    QR_STALE = "qr_stale"
    SCAN_REJECTED = "scan_rejected"
    PAIRING_CODE_REFUSED = "pairing_code_refused"
    PAIRING_CODE_LIMITED = "pairing_code_limited"
    AUTHENTICATION_TIMED_OUT = "authentication_timed_out"
    AUTHENTICATION_FAILED = "authentication_failed"
    PASSKEY_REQUIRED = "passkey_required"
    PHONE_NUMBER_UNKNOWN = "phone_number_unknown"
    ALREADY_LINKED_ELSEWHERE = "already_linked_elsewhere"
    SUPERSEDED = "superseded"
    STREAM_REPLACED = "stream_replaced"
    PHONE_UNLINKED = "phone_unlinked"
    TEMPORARILY_BANNED = "temporarily_banned"
    CLIENT_OUTDATED = "client_outdated"
    NETWORK_LOST = "network_lost"
    PHONE_OFFLINE = "phone_offline"
    LOGGED_OUT = "logged_out"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    SESSION_UNREADABLE = "session_unreadable"
    SESSION_TOO_LARGE = "session_too_large"
    WORKER_LOST = "worker_lost"
    HANDED_OVER = "handed_over"
    STORAGE_UNAVAILABLE = "storage_unavailable"


UNLINKED = frozenset({Reason.LOGGED_OUT, Reason.PHONE_UNLINKED})
"""Reasons after which WhatsApp knows no link and no session is left to come back from."""

RECONNECTABLE = frozenset(
    {
        Reason.PAGE_UNREACHABLE,
        Reason.INITIALIZE_TIMED_OUT,
        Reason.BROWSER_CRASHED,
        Reason.PAGE_HUNG,
        Reason.PROFILE_LOCKED,
        Reason.OUT_OF_MEMORY,
        Reason.MACHINE_BUSY,
        Reason.AUTHENTICATION_TIMED_OUT,
        Reason.PHONE_NUMBER_UNKNOWN,
        Reason.CLIENT_OUTDATED,
        Reason.NETWORK_LOST,
        Reason.PHONE_OFFLINE,
        Reason.WORKER_LOST,
        Reason.STORAGE_UNAVAILABLE,
    }
)
"""Losses after which the link still exists at WhatsApp and trying again by itself may help.

Never: stopped by hand, logged out, unlinked, banned, superseded, replaced (two pages would
fight), changed page.
"""
