"""What each reason means in words, and what to do about it."""

from domain.advice_on_codes import ADVICE_ON_CODES
from domain.advised import NOBODY_RETRY, NOBODY_WAIT, Advice
from domain.reasons import Reason

_R = Reason
ADVICE: dict[Reason, Advice] = ADVICE_ON_CODES | {
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
        NOBODY_RETRY,
        retry_helps=True,
    ),
    _R.BROWSER_CRASHED: Advice(
        "The browser or its tab crashed.", "nobody", NOBODY_RETRY, retry_helps=True
    ),
    _R.BROWSER_MISSING: Advice(
        "No usable browser was found on the machine that runs the worker.",
        "operator",
        "Run `./linkwright doctor` there and install the browser that it names.",
        retry_helps=False,
    ),
    _R.PAGE_HUNG: Advice("The page stopped answering.", "nobody", NOBODY_RETRY, retry_helps=True),
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
        "The page lost its connection to WhatsApp.", "nobody", NOBODY_WAIT, retry_helps=True
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
    _R.STOPPED: Advice(
        "The account was stopped on request; its session is kept.",
        "operator",
        "Reconnect when it is wanted again; no scan is needed.",
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
        "The session was handed over to the standby.", "nobody", NOBODY_WAIT, retry_helps=True
    ),
    _R.STORAGE_UNAVAILABLE: Advice(
        "The database or the disk could not be used.",
        "operator",
        "See /health/ready for which one, mend it, then retry.",
        retry_helps=True,
    ),
}
