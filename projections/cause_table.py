"""Every cause: what it means, which rows prove it, and what to do (docs/reference/causes.md).

A cause that no rule names more exactly has the reason's own code and advice. Codes are stable:
bundles, statistics and clients compare them.
"""

import msgspec

from domain.advice import ADVICE
from domain.advised import Advice
from domain.reasons import Reason


class Cause(msgspec.Struct, frozen=True):
    """What a code stands for."""

    proof: str
    """Which rows prove it, beside the ending itself."""
    reasons: tuple[Reason, ...]
    """The reasons that it is found behind."""
    advice: Advice


_R = Reason
_ENDING = "nothing else: the ending tells it"
_SEND_CODES = ADVICE[_R.QR_NOT_FETCHED]
_REFRESH = ADVICE[_R.QR_STALE]
_START = ADVICE[_R.INITIALIZE_TIMED_OUT]


def _like(advice: Advice, sentence: str) -> Advice:
    """Give the same advice for something that is said more exactly."""
    return msgspec.structs.replace(advice, sentence=sentence)


EXACT: dict[str, Cause] = {
    "service_away": Cause(
        "the row that set the limit",
        (
            _R.MACHINE_BUSY,
            _R.INITIALIZE_TIMED_OUT,
            _R.QR_NOT_FETCHED,
            _R.QR_EXPIRED,
            _R.AUTHENTICATION_TIMED_OUT,
            _R.PHONE_NUMBER_UNKNOWN,
            _R.PASSKEY_REQUIRED,
        ),
        Advice(
            "Linkwright itself was not running when the time was up.",
            "operator",
            "If nobody stopped it, see its log and the machine's; then retry.",
            retry_helps=True,
        ),
    ),
    "code_never_fetched": Cause(
        "every code that was shown",
        (_R.QR_NOT_FETCHED,),
        _like(_SEND_CODES, "No client fetched any code: it was not told, or did not ask."),
    ),
    "webhook_receiver_down": Cause(
        "the row that the webhook was not reached, and the codes it was not told of",
        (_R.QR_NOT_FETCHED, _R.QR_EXPIRED),
        Advice(
            "The client was not told of the codes: its webhook could not be reached.",
            "operator",
            "Mend the receiver (its deliveries say what is wrong), then retry.",
            retry_helps=True,
        ),
    ),
    "new_scan_needed": Cause(
        "the kept session's rejection, and the first code",
        (_R.QR_NOT_FETCHED,),
        Advice(
            "The kept session was dead, and nobody fetched the codes that were shown instead.",
            "end_user",
            "Link again with a new scan.",
            retry_helps=True,
        ),
    ),
    "codes_not_renewed": Cause(
        "the last code, and the word that there are no more if it came",
        (_R.QR_EXPIRED,),
        _like(_START, "The last code expired and the page showed no new one."),
    ),
    "stale_code_shown": Cause(
        "the last fetch, and the first code that was missed",
        (_R.QR_EXPIRED,),
        _like(_REFRESH, "The user looked at an expired code for longer than at good ones."),
    ),
    "codes_fetched_late": Cause(
        "every fetch, or the fetches that came after the code was gone",
        (_R.QR_EXPIRED, _R.QR_NOT_FETCHED),
        _like(_REFRESH, "Every code was fetched too late to be used."),
    ),
    "user_too_slow": Cause(
        "the first and the last fetch",
        (_R.QR_EXPIRED,),
        _like(ADVICE[_R.QR_EXPIRED], "Good codes were shown in time and no phone used one."),
    ),
    "stale_code_scanned": Cause(
        "the last fetch, and the scan",
        (_R.SCAN_REJECTED, _R.AUTHENTICATION_FAILED),
        _like(_REFRESH, "The phone read a code that had expired while it was being shown."),
    ),
    "turn_never_came": Cause(
        "the row that the browser waited for its turn",
        (_R.MACHINE_BUSY, _R.INITIALIZE_TIMED_OUT),
        _like(ADVICE[_R.MACHINE_BUSY], "The browser's turn to start did not come."),
    ),
    "browser_never_started": Cause(
        "the attempt's start: no later row says that a browser has started",
        (_R.INITIALIZE_TIMED_OUT, _R.BROWSER_CRASHED),
        Advice(
            "No browser started.",
            "operator",
            "Run `./linkwright doctor` on the worker's machine, mend what it names, then retry.",
            retry_helps=True,
        ),
    ),
    "page_never_loaded": Cause(
        "the browser's start",
        (_R.INITIALIZE_TIMED_OUT,),
        _like(_START, "The browser started, but the page did not load."),
    ),
    "bridge_never_started": Cause(
        "the page's load",
        (_R.INITIALIZE_TIMED_OUT,),
        _like(_START, "The page loaded, but the bridge did not start."),
    ),
    "code_never_shown": Cause(
        "the last progress of the page, and its word that it has no codes if it came",
        (_R.INITIALIZE_TIMED_OUT,),
        _like(_START, "The page worked, but showed neither a code nor a session."),
    ),
    "network_refused": Cause(
        "the ending, in which the page names it",
        (_R.PAGE_UNREACHABLE,),
        Advice(
            "WhatsApp turned away the network that the page came from.",
            "operator",
            "Give the worker another way to the internet (its proxy or address is blocked).",
            retry_helps=False,
        ),
    ),
    "session_unanswered": Cause(
        "the kept session that was found",
        (_R.AUTHENTICATION_TIMED_OUT,),
        Advice(
            "A kept session was found, and WhatsApp never answered its login.",
            "nobody",
            "Retry; no scan is needed as long as the session is not rejected.",
            retry_helps=True,
        ),
    ),
    "sync_stalled": Cause(
        "the last progress of the sync",
        (_R.AUTHENTICATION_TIMED_OUT,),
        _like(ADVICE[_R.AUTHENTICATION_TIMED_OUT], "The first sync stopped and did not go on."),
    ),
    "session_never_sealed": Cause(
        "the last failed sealing, with no success after it",
        (_R.SESSION_UNREADABLE,),
        Advice(
            "The session was lost, and no copy of it had been sealed.",
            "operator",
            "See why sealing failed, mend that, then link again with a new scan.",
            retry_helps=True,
        ),
    ),
    "duplicate_account": Cause(
        "the row that the number moved",
        (_R.SUPERSEDED, _R.STREAM_REPLACED, _R.ALREADY_LINKED_ELSEWHERE),
        ADVICE[_R.SUPERSEDED],
    ),
    "unlinked_by_whatsapp": Cause(
        _ENDING,
        (_R.PHONE_UNLINKED,),
        _like(ADVICE[_R.PHONE_UNLINKED], "WhatsApp itself ended the link."),
    ),
    "logout_unconfirmed": Cause(
        "the wish to log out, if the page was asked",
        (_R.LOGGED_OUT,),
        Advice(
            "The account was logged out here, but the page could not tell WhatsApp.",
            "end_user",
            "See on the phone, under linked devices, that the device is gone.",
            retry_helps=True,
        ),
    ),
    "standby_process_lost": Cause(
        "the standby's take-over",
        (_R.WORKER_LOST,),
        _like(ADVICE[_R.WORKER_LOST], "The standby process that held this account stopped."),
    ),
}
"""Code -> the causes that rules name more exactly than the reason."""

_OWN_PROOF: dict[Reason, str] = {
    _R.PASSKEY_REQUIRED: "the demand",
    _R.PHONE_NUMBER_UNKNOWN: "the row since which only the number was missing",
    _R.HANDED_OVER: "the standby's promotion",
    _R.AUTHENTICATION_TIMED_OUT: "the scan",
}
CAUSES: dict[str, Cause] = {
    reason.value: Cause(_OWN_PROOF.get(reason, _ENDING), (reason,), advice)
    for reason, advice in ADVICE.items()
} | EXACT
"""Code -> cause, for every code that a finding of a cause can have but `unknown`."""
