"""What each reason means in words, and what to do about it."""

from typing import Literal

import msgspec

from domain.reasons import Reason

Actor = Literal["nobody", "end_user", "operator"]


class Advice(msgspec.Struct, frozen=True):
    """What a reason means in words, who must act, what to do, and whether a retry helps."""

    sentence: str
    actor: Actor
    next_step: str
    retry_helps: bool


_NOBODY_RETRY = "Retry; nothing needs to be changed."
_WAIT = "Wait; Linkwright reconnects by itself."
_R = Reason
ADVICE: dict[Reason, Advice] = {
    _R.PAGE_UNREACHABLE: Advice(
        "The WhatsApp page could not be reached.",
        "operator",
        "Check the machine's way to the internet and any proxy, then retry.",
        retry_helps=True,
    ),
    _R.PAGE_CHANGED: Advice(
        "The WhatsApp page has changed and no longer offers what Linkwright needs.",
        "operator",
        "Upgrade wa-js (see docs/how-to); the failure's detail names what is missing.",
        retry_helps=False,
    ),
    _R.INITIALIZE_TIMED_OUT: Advice(
        "The page gave no sign of progress before it could show a code.",
        "nobody",
        _NOBODY_RETRY,
        retry_helps=True,
    ),
    _R.BROWSER_CRASHED: Advice(
        "The browser or its tab crashed.", "nobody", _NOBODY_RETRY, retry_helps=True
    ),
    _R.BROWSER_MISSING: Advice(
        "No usable browser was found on the machine that runs the worker.",
        "operator",
        "Run `./linkwright doctor` there and install the browser that it names.",
        retry_helps=False,
    ),
    _R.PAGE_HUNG: Advice("The page stopped answering.", "nobody", _NOBODY_RETRY, retry_helps=True),
    _R.PROFILE_LOCKED: Advice(
        "Another browser is using this account's profile.",
        "operator",
        "Find the process that holds the profile and stop it, then retry.",
        retry_helps=True,
    ),
    _R.OUT_OF_MEMORY: Advice(
        "The machine has too little memory for another browser.",
        "operator",
        "Free memory or add a worker, then retry.",
        retry_helps=True,
    ),
    _R.MACHINE_BUSY: Advice(
        "So many browsers were starting that this one's turn did not come in time.",
        "operator",
        "Retry later; if it goes on, give the worker more cores or start fewer accounts at once.",
        retry_helps=True,
    ),
    _R.QR_NOT_FETCHED: Advice(
        "Codes were on show, but nobody fetched one before the linking window closed.",
        "operator",
        "Show the code from /v1/accounts/{id}/qr to the user as soon as it exists, then retry.",
        retry_helps=True,
    ),
    _R.QR_EXPIRED: Advice(
        "Codes were shown, but no phone scanned one before the linking window closed.",
        "end_user",
        "Have the phone at hand, then retry and scan within five minutes.",
        retry_helps=True,
    ),
    _R.QR_STALE: Advice(
        "The code that was scanned had already expired when it was shown.",
        "operator",
        "Refresh the shown code on every `qr` item of the feed, then retry.",
        retry_helps=True,
    ),
    _R.SCAN_REJECTED: Advice(
        "A phone scanned the code, but WhatsApp refused to link it.",
        "end_user",
        "Update WhatsApp on the phone, see that fewer than four devices are linked, then retry.",
        retry_helps=True,
    ),
    _R.AUTHENTICATION_TIMED_OUT: Advice(
        "The phone answered, but WhatsApp did not finish checking and syncing in time.",
        "end_user",
        "Keep WhatsApp open on the phone, with internet, and retry.",
        retry_helps=True,
    ),
    _R.AUTHENTICATION_FAILED: Advice(
        "WhatsApp refused the phone's answer.", "end_user", "Retry the scan.", retry_helps=True
    ),
    _R.PASSKEY_REQUIRED: Advice(
        "WhatsApp asks this account for a passkey, which a server cannot give.",
        "end_user",
        "Remove the passkey check in WhatsApp's settings on the phone, then retry.",
        retry_helps=False,
    ),
    _R.PHONE_NUMBER_UNKNOWN: Advice(
        "The phone was linked, but the page never told its number.",
        "nobody",
        _NOBODY_RETRY,
        retry_helps=True,
    ),
    _R.ALREADY_LINKED_ELSEWHERE: Advice(
        "WhatsApp says that this session is open elsewhere.",
        "operator",
        "Close the other page that uses this session, then reconnect.",
        retry_helps=True,
    ),
    _R.SUPERSEDED: Advice(
        "Another account of the workspace linked the same phone number.",
        "nobody",
        "Use the other account, or link this one again to move the number back.",
        retry_helps=True,
    ),
    _R.STREAM_REPLACED: Advice(
        "WhatsApp closed the connection because the session was opened elsewhere.",
        "operator",
        "Close the other page that uses this session, then reconnect.",
        retry_helps=True,
    ),
    _R.PHONE_UNLINKED: Advice(
        "The linked device was removed on the phone.",
        "end_user",
        "Link again with a new scan.",
        retry_helps=True,
    ),
    _R.TEMPORARILY_BANNED: Advice(
        "WhatsApp has banned this account for a time.",
        "end_user",
        "Open WhatsApp on the phone and follow what it says before linking again.",
        retry_helps=False,
    ),
    _R.CLIENT_OUTDATED: Advice(
        "WhatsApp demands a newer version of its page.",
        "operator",
        "Restart the worker so that the page is loaded anew; upgrade the browser if it stays.",
        retry_helps=True,
    ),
    _R.NETWORK_LOST: Advice(
        "The page lost its connection to WhatsApp.", "nobody", _WAIT, retry_helps=True
    ),
    _R.PHONE_OFFLINE: Advice(
        "The phone has not been online for too long.",
        "end_user",
        "Bring the phone online and open WhatsApp.",
        retry_helps=True,
    ),
    _R.LOGGED_OUT: Advice(
        "The account was logged out on request.",
        "nobody",
        "Link again with a new scan when wanted.",
        retry_helps=True,
    ),
    _R.CANCELLED: Advice(
        "The attempt was cancelled on request.",
        "nobody",
        "Link again when wanted.",
        retry_helps=True,
    ),
    _R.SESSION_UNREADABLE: Advice(
        "The kept session could not be read or was refused by WhatsApp.",
        "end_user",
        "Scan the new code.",
        retry_helps=True,
    ),
    _R.SESSION_TOO_LARGE: Advice(
        "The session is larger than what is kept sealed; only this machine's disk has it.",
        "operator",
        "Keep the machine's data folder, and clear old chats on the phone.",
        retry_helps=False,
    ),
    _R.WORKER_LOST: Advice(
        "The process that held this account's browser stopped.",
        "nobody",
        "Wait; a linked account reconnects by itself, a running attempt needs a retry.",
        retry_helps=True,
    ),
    _R.HANDED_OVER: Advice(
        "The session was handed over to the standby.", "nobody", _WAIT, retry_helps=True
    ),
    _R.STORAGE_UNAVAILABLE: Advice(
        "The database or the disk could not be used.",
        "operator",
        "See /health/ready for which one, mend it, then retry.",
        retry_helps=True,
    ),
}
