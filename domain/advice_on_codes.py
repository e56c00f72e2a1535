"""What the reasons mean that lie between a code on show and a phone that is linked by it."""

from domain.advised import NOBODY_RETRY, Advice
from domain.reasons import Reason

_R = Reason
ADVICE_ON_CODES: dict[Reason, Advice] = {
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
    _R.PAIRING_CODE_REFUSED: Advice(
        "WhatsApp gave no pairing code for this phone number.",
        "end_user",
        "Check the number with its country code, or link by QR code instead.",
        retry_helps=True,
    ),
    _R.PAIRING_CODE_LIMITED: Advice(
        "WhatsApp gives this phone number no more pairing codes for now: too many were asked for.",
        "end_user",
        "Link by QR code now, or ask for a pairing code again in some hours.",
        retry_helps=False,
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
        "WhatsApp demanded a passkey, and nobody confirmed it on the phone in time.",
        "end_user",
        "Retry and confirm on the phone when WhatsApp asks; or turn its passkey check off there.",
        retry_helps=True,
    ),
    _R.PHONE_NUMBER_UNKNOWN: Advice(
        "The phone was linked, but the page never told its number.",
        "nobody",
        NOBODY_RETRY,
        retry_helps=True,
    ),
}
