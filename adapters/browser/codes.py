"""Codes on show: which one it is, how long it lives, and what it means to show one at all."""

import re
from datetime import timedelta

from msgspec.structs import replace

from adapters.browser.snapshot import Code, PageSnapshot
from adapters.browser.view import Context, Seen, View, logged_out, problem
from domain.observations import RecordCodesExhausted, RecordPairingCode, RecordQr
from domain.reasons import Reason

FIRST_CODE_S = 60.0
LATER_CODE_S = 20.0
"""A set has six codes: 60 s for the first, 20 s for each other (browser-findings 2.2)."""
PAIRING_CODE_S = 180.0
"""WhatsApp asks for a new one after 3 min; the bridge by itself 15 s later."""
LIMITED = re.compile(r"over-?limit|429|too_?many", re.IGNORECASE)
"""IQErrorRateOverlimit, code 429 (github.com/wwebjs/whatsapp-web.js/issues/3763)."""
OUR_OWN = frozenset({"TypeError", "ReferenceError"})
"""No words of WhatsApp: wa-js called something that the page does not have any more."""


def codes(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    """Codes on show. On a page that was linked or being linked they mean its end."""
    if snapshot.authenticated or snapshot.phase != "running":
        return view, []
    if snapshot.mode == "QR" and view.stage == "opening":
        view = replace(view, stage="unpaired")
    if snapshot.code is not None and snapshot.socket == "UNPAIRED":
        if view.stage in ("ready", "away"):
            return replace(view, over=True), [logged_out(context, view.leaving)]
        if view.stage == "scanned":
            reason = Reason.PASSKEY_REQUIRED if view.passkey_asked else Reason.SCAN_REJECTED
            rejected = problem(context, reason, "the page shows a code again")
            return replace(view, over=True), [rejected]
        view = replace(view, stage="unpaired")
    paired_by_code = context.method == "pairing_code"
    if paired_by_code and (snapshot.pairing_code or snapshot.pairing_refused is not None):
        return _pairing_code(view, snapshot, context)
    if snapshot.socket == "UNPAIRED_IDLE" and not view.exhausted:
        idle = replace(view, exhausted=True, codes_in_set=0, ref="", code="")
        return idle, [RecordCodesExhausted(at=context.at, attempt=context.attempt)]
    if paired_by_code or snapshot.code is None or view.stage != "unpaired":
        return view, []
    return _qr(view, snapshot.code, context)


def _qr(view: View, code: Code, context: Context) -> tuple[View, Seen]:
    fingerprint = context.fingerprint("code", code.text)
    if fingerprint == view.code:
        return view, []
    ref = context.fingerprint("ref", code.ref)
    expires_at = view.expires_at
    ordinal = view.codes_in_set
    # The same reference with another secret is the same code to WhatsApp: its time goes on.
    if expires_at is None or ref != view.ref:
        ordinal += 1
        usual_s = (FIRST_CODE_S if ordinal == 1 else LATER_CODE_S) * context.code_life_scale
        expires_at = context.seen_at + timedelta(seconds=code.life_s or usual_s)
    qr = RecordQr(
        at=context.at,
        attempt=context.attempt,
        fingerprint=fingerprint,
        expires_at=expires_at,
        source=code.source,
    )
    shown = replace(
        view,
        code=fingerprint,
        ref=ref,
        expires_at=expires_at,
        codes_in_set=ordinal,
        exhausted=False,
    )
    return shown, [qr]


def _pairing_code(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    """Codes rotate on the page all the same; a pairing code outlives them."""
    if snapshot.pairing_refused is not None:
        told = snapshot.pairing_refused
        refused = problem(context, _refusal(told), f"the page says {told}")
        return replace(view, over=True), [refused]
    if snapshot.pairing_code is None:
        return view, []
    fingerprint = context.fingerprint("pairing_code", snapshot.pairing_code)
    if fingerprint == view.pairing_code:
        return view, []
    shown = RecordPairingCode(
        at=context.at,
        attempt=context.attempt,
        fingerprint=fingerprint,
        expires_at=context.seen_at + timedelta(seconds=PAIRING_CODE_S * context.code_life_scale),
    )
    return replace(view, pairing_code=fingerprint, exhausted=False), [shown]


def _refusal(told: str) -> Reason:
    if told in OUR_OWN:
        return Reason.PAGE_CHANGED
    return Reason.PAIRING_CODE_LIMITED if LIMITED.search(told) else Reason.PAIRING_CODE_REFUSED
