"""The interpretation of a page, row by row: after these looks, this look records that."""

import pytest
from msgspec.structs import replace

from adapters.browser.snapshot import Me, PageSnapshot
from domain.observations import RecordPage, RecordPairingCode, RecordProblem, RecordQr, RecordReady
from domain.reasons import Reason
from tests.browser_adapter.looks import (
    CODE_1,
    CODE_1_ROTATED,
    CODE_2,
    CONFLICT,
    IDLE,
    LEFT,
    LEFT_AND_SHOWING,
    LOADED,
    LOADING,
    MAIN,
    NUMBERLESS,
    OFFLINE,
    OPENING,
    PAIRED,
    PAIRING,
    PHONE_SILENT,
    SHOWING_1,
    SHOWING_1_ROTATED,
    SHOWING_2,
    SHOWING_3,
    SYNCING,
    SYNCING_MORE,
    TO_QR,
    TO_READY,
    TO_SCAN,
    TO_SESSION,
    UNPAIRED,
    Reader,
    brief,
    fake_fingerprint,
)
from tests.examples import ATTEMPT, PHONE, at

MISSING = PageSnapshot(phase="starting", loaded=True, missing=("WAWebSocketModel",))
UNLOADED = replace(MISSING, unloaded=11)
BANNED = replace(OPENING, banned="101")
TERMS = replace(OPENING, socket="TOS_BLOCK", mode="TOS_BLOCK")
PROXY = replace(OPENING, socket="PROXYBLOCK")
OLD = replace(OPENING, socket="DEPRECATED_VERSION")
NO_STORAGE = replace(OPENING, storage_failed=True)
PASSKEY = replace(PAIRING, passkey_asked=True)
LOCKED = replace(LEFT, left="account_locked")
LEAVING = replace(MAIN, leaving="account_locked")
LEFT_WITHOUT_WORD = replace(LEFT, left="")

Row = tuple[str, tuple[PageSnapshot, ...], PageSnapshot, list[str]]
ROWS: list[Row] = [
    # Phases
    ("document not parsed yet", (), LOADING, []),
    ("document parsed", (LOADING,), LOADED, ["Page page_loaded"]),
    ("bridge runs", (LOADED,), OPENING, ["Page bridge_started"]),
    ("both at once", (), OPENING, ["Page page_loaded", "Page bridge_started"]),
    ("the same again", (LOADED, OPENING), OPENING, []),
    # Codes
    ("no code without a reference", (LOADED, OPENING), UNPAIRED, []),
    ("first code", (LOADED, OPENING), SHOWING_1, ["Qr"]),
    ("same code", TO_QR, SHOWING_1, []),
    ("next code", TO_QR, SHOWING_2, ["Qr"]),
    ("same reference, other secret", TO_QR, SHOWING_1_ROTATED, ["Qr"]),
    ("page repaints", TO_QR, UNPAIRED, []),
    ("codes run out", TO_QR, IDLE, ["CodesExhausted"]),
    ("still out", (*TO_QR, IDLE), IDLE, []),
    ("out before the first", (LOADED, OPENING), IDLE, ["CodesExhausted"]),
    ("new ones, and out again", (*TO_QR, IDLE, SHOWING_2), IDLE, ["CodesExhausted"]),
    # Scan and sync
    ("a phone is at work", TO_QR, PAIRING, ["Scan"]),
    ("it still is", TO_SCAN, PAIRING, []),
    ("faster than our first look", (LOADED, UNPAIRED), PAIRED, ["Scan"]),
    (
        "PAIRING before any code",
        (LOADED,),
        replace(OPENING, info="PAIRING"),
        ["Page bridge_started"],
    ),
    ("paired without our seeing it", TO_QR, SYNCING, ["Scan", "SyncProgress 20"]),
    ("sync goes on", (*TO_SCAN, SYNCING), SYNCING_MORE, ["SyncProgress 60"]),
    ("sync stands still", (*TO_SCAN, SYNCING), SYNCING, []),
    ("sync goes back", (*TO_SCAN, SYNCING_MORE), SYNCING, []),
    ("a page that was ready syncs again", (*TO_SCAN, MAIN), SYNCING_MORE, []),
    ("a page that was ready is to tell its number", (*TO_SCAN, MAIN), NUMBERLESS, []),
    ("passkey", TO_SCAN, PASSKEY, ["ActionRequired"]),
    ("passkey, and the scan first seen with it", TO_QR, PASSKEY, ["Scan", "ActionRequired"]),
    ("passkey, still", (*TO_SCAN, PASSKEY), PASSKEY, []),
    ("refused by WhatsApp", TO_SCAN, SHOWING_2, ["Problem scan_rejected"]),
    ("refused for want of it", (*TO_SCAN, PASSKEY), SHOWING_2, ["Problem passkey_required"]),
    ("refused, same code again", TO_SCAN, SHOWING_1, ["Problem scan_rejected"]),
    ("after that nothing", (*TO_SCAN, SHOWING_2), SHOWING_3, []),
    # Ready
    ("ready", (*TO_SCAN, SYNCING), MAIN, ["Ready"]),
    ("ready from a code", TO_QR, MAIN, ["Scan", "Ready"]),
    ("ready again", TO_READY, MAIN, []),
    ("usable, number unknown", (*TO_SCAN, SYNCING), NUMBERLESS, ["Synced"]),
    ("number still unknown", (*TO_SCAN, SYNCING, NUMBERLESS), NUMBERLESS, []),
    ("number comes late", (*TO_SCAN, SYNCING, NUMBERLESS), MAIN, ["Ready"]),
    ("other name", TO_READY, replace(MAIN, me=Me(phone=PHONE, name="Ayu S.")), ["Ready"]),
    # Kept session
    ("session found", (LOADED,), SYNCING, ["Page bridge_started", "Session", "SyncProgress 20"]),
    ("session, ready at once", (LOADED,), MAIN, ["Page bridge_started", "Session", "Ready"]),
    ("session dead, page left", TO_SESSION, LEFT, ["Logout phone"]),
    ("session dead before we looked", (), LEFT, ["Page page_loaded", "Session", "Logout phone"]),
    ("then the page once more", (*TO_SESSION, LEFT), LOADED, ["Page page_loaded"]),
    (
        "then a code",
        (*TO_SESSION, LEFT, LOADED),
        LEFT_AND_SHOWING,
        ["Page bridge_started", "Qr"],
    ),
    ("then the next code", (*TO_SESSION, LEFT, LEFT_AND_SHOWING), SHOWING_2, ["Qr"]),
    ("session dead, page stays", TO_SESSION, SHOWING_1, ["Qr"]),
    ("open elsewhere", TO_SESSION, CONFLICT, ["Problem already_linked_elsewhere"]),
    # Logout
    ("removed on the phone", TO_READY, LEFT, ["Logout phone"]),
    ("removed by WhatsApp", TO_READY, LOCKED, ["Logout whatsapp"]),
    ("its reason came before", (*TO_READY, LEAVING), LEFT_WITHOUT_WORD, ["Logout whatsapp"]),
    ("after that nothing", (*TO_READY, LEFT), LEFT_AND_SHOWING, []),
    ("shows a code, without a word", TO_READY, SHOWING_1, ["Logout phone"]),
    ("while it was away", (*TO_READY, OFFLINE), SHOWING_1, ["Logout phone"]),
    ("while it was syncing", (*TO_SCAN, SYNCING), LEFT, ["Logout phone"]),
    ("nothing was linked", TO_QR, LEFT, []),
    # Losing the stream
    ("away for a moment", TO_READY, OFFLINE, []),
    ("and back", (*TO_READY, OFFLINE), MAIN, []),
    ("replaced", TO_READY, CONFLICT, ["Problem stream_replaced"]),
    ("still replaced", (*TO_READY, CONFLICT), CONFLICT, []),
    # What a page cannot recover from
    ("modules missing", (LOADED,), MISSING, ["Problem page_changed"]),
    ("scripts not loaded", (LOADED,), UNLOADED, ["Problem page_unreachable"]),
    ("still missing", (LOADED, MISSING), MISSING, []),
    ("banned", TO_SCAN, BANNED, ["Problem temporarily_banned"]),
    ("banned when ready", TO_READY, BANNED, ["Problem temporarily_banned"]),
    ("blocked by the terms", TO_SCAN, TERMS, ["Problem temporarily_banned"]),
    ("network refused", TO_SCAN, PROXY, ["Problem page_unreachable"]),
    ("page too old", (LOADED, OPENING), OLD, ["Problem client_outdated"]),
    ("an update exists", TO_QR, replace(SHOWING_1, needs_update=True), []),
    ("no storage", (LOADED, OPENING), NO_STORAGE, ["Problem storage_unavailable"]),
]


@pytest.mark.parametrize(("name", "before", "look", "expected"), ROWS, ids=[r[0] for r in ROWS])
def test_row(name: str, before: tuple[PageSnapshot, ...], look: PageSnapshot, expected: list[str]):
    del name
    reader = Reader()
    reader.looks(*before)
    assert [brief(seen) for seen in reader.look(look)] == expected


def test_the_first_code_lives_60_s_and_later_ones_20_s():
    seen = Reader().looks(LOADED, OPENING, SHOWING_1, SHOWING_2)
    assert seen[-2:] == [
        RecordQr(
            at=at(3),
            attempt=ATTEMPT,
            fingerprint=fake_fingerprint("code", CODE_1.text),
            expires_at=at(63),
        ),
        RecordQr(
            at=at(4),
            attempt=ATTEMPT,
            fingerprint=fake_fingerprint("code", CODE_2.text),
            expires_at=at(24),
        ),
    ]


def qr_expiries(reader: Reader, *looks: PageSnapshot) -> list[float]:
    seen = [o for o in reader.looks(*looks) if isinstance(o, RecordQr)]
    return [(o.expires_at - at(0)).total_seconds() for o in seen]


def test_a_scaled_page_has_shorter_lives():
    assert qr_expiries(Reader(code_life_scale=0.05), *TO_QR, SHOWING_2) == [5, 4]


def test_the_page_s_own_word_on_lives_wins():
    told = replace(UNPAIRED, code=replace(CODE_1, life_s=7.0))
    assert qr_expiries(Reader(), LOADED, told) == [9]


def test_a_code_that_could_not_be_recorded_at_once_lives_no_longer_for_it():
    (*_, qr) = Reader().look(SHOWING_1, after_s=20, late_s=15)
    assert isinstance(qr, RecordQr)
    assert (qr.at, qr.expires_at) == (at(20), at(65))


def test_a_new_secret_does_not_lengthen_a_code_s_life():
    assert CODE_1_ROTATED.ref == CODE_1.ref
    assert qr_expiries(Reader(), *TO_QR, SHOWING_1_ROTATED, SHOWING_2) == [62, 62, 24]


def test_a_set_that_was_asked_for_begins_with_60_s():
    assert qr_expiries(Reader(), *TO_QR, SHOWING_2, IDLE, SHOWING_3) == [62, 23, 65]


def test_a_page_that_was_loaded_anew_begins_a_set():
    reader = Reader()
    reader.looks(*TO_QR, SHOWING_2)
    seen = reader.look(SHOWING_3, boot="page-2")
    assert [brief(o) for o in seen] == ["Qr"]
    assert isinstance(seen[0], RecordQr)
    assert seen[0].expires_at == at(reader.now_s + 60)


def test_ready_carries_number_name_and_platform_from_one_look():
    assert Reader().looks(*TO_READY)[-1] == RecordReady(
        at=at(5),
        attempt=ATTEMPT,
        phone=PHONE,
        phone_fingerprint=fake_fingerprint("phone", PHONE),
        name="Ayu",
        platform="android",
    )


def test_a_stream_that_stays_away_is_lost_once():
    reader = Reader()
    reader.looks(*TO_READY, OFFLINE)
    assert reader.look(OFFLINE, after_s=9.9) == []
    assert [brief(o) for o in reader.look(OFFLINE, after_s=0.1)] == ["Problem network_lost"]
    assert reader.look(OFFLINE, after_s=60) == []
    assert [brief(o) for o in reader.look(MAIN)] == ["Ready"]


def test_a_phone_that_does_not_answer_is_told_from_a_lost_network():
    reader = Reader()
    reader.looks(*TO_READY, PHONE_SILENT)
    (seen,) = reader.look(PHONE_SILENT, after_s=10)
    assert brief(seen) == "Problem phone_offline"


@pytest.mark.parametrize(
    ("told", "recorded"),
    [
        ("2.3000.1031992593", "2.3000.1031992593"),
        ("Sari-628118", ""),
        ("628118016412", ""),
        ("", ""),
    ],
)
def test_the_log_takes_the_page_s_version_and_no_other_word_of_it(told: str, recorded: str):
    started = Reader().looks(LOADED, replace(OPENING, whatsapp=told))[-1]
    assert started == RecordPage(
        at=started.at, attempt=ATTEMPT, phase="bridge_started", whatsapp=recorded
    )


def test_every_return_starts_the_patience_anew():
    reader = Reader()
    reader.looks(*TO_READY, OFFLINE, MAIN)
    assert reader.look(OFFLINE, after_s=60) == []
    assert reader.look(OFFLINE, after_s=9) == []


def test_a_ready_page_that_was_loaded_anew_has_longer_to_come_back():
    reader = Reader()
    reader.looks(*TO_READY)
    assert reader.looks(LOADING, LOADED, OPENING, SYNCING, boot="page-2") == []
    assert reader.look(SYNCING, boot="page-2", after_s=30) == []
    assert reader.look(MAIN, boot="page-2") == []


def test_a_ready_page_that_was_loaded_anew_does_not_have_for_ever():
    reader = Reader()
    reader.looks(*TO_READY)
    reader.look(LOADING, boot="page-2")
    (seen,) = reader.look(SYNCING, boot="page-2", after_s=45)
    assert brief(seen) == "Problem network_lost"


def test_a_logout_that_we_asked_for_is_the_client_s():
    reader = Reader()
    reader.looks(*TO_READY)
    assert [brief(o) for o in reader.look(LEFT, logout_asked=True)] == ["Logout client"]


def test_with_a_pairing_code_wanted_qr_codes_are_passed_over():
    reader = Reader("pairing_code")
    assert [brief(o) for o in reader.looks(*TO_QR, SHOWING_2, IDLE)] == [
        "Page page_loaded",
        "Page bridge_started",
        "CodesExhausted",  # an idle page gives no pairing code either
    ]
    paired = replace(SHOWING_2, pairing_code="ABCD1234")
    assert reader.look(paired) == [
        RecordPairingCode(
            at=at(5),
            attempt=ATTEMPT,
            fingerprint=fake_fingerprint("pairing_code", "ABCD1234"),
            expires_at=at(185),
        )
    ]
    assert reader.look(replace(SHOWING_3, pairing_code="ABCD1234")) == []
    assert reader.look(replace(IDLE, pairing_code="ABCD1234")) == []
    assert [brief(o) for o in reader.look(PAIRING)] == ["Scan"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("IQErrorRateOverlimit", Reason.PAIRING_CODE_LIMITED),
        ("429", Reason.PAIRING_CODE_LIMITED),
        ("IQErrorBadRequest", Reason.PAIRING_CODE_REFUSED),
        ("unnamed", Reason.PAIRING_CODE_REFUSED),
        ("TypeError", Reason.PAGE_CHANGED),
    ],
)
def test_a_pairing_code_that_is_refused_says_by_which_word(word: str, reason: Reason):
    reader = Reader("pairing_code")
    reader.looks(*TO_QR)
    (seen,) = reader.look(replace(SHOWING_1, pairing_refused=word))
    assert isinstance(seen, RecordProblem)
    assert (seen.reason, seen.detail) == (reason, f"the page says {word}")
    assert reader.look(replace(SHOWING_1, pairing_refused=word)) == []


def test_a_ban_says_until_when_if_the_page_does():
    (seen,) = Reader().look(replace(BANNED, loaded=False, phase="loading", banned_for_s=90_000))
    assert isinstance(seen, RecordProblem)
    assert seen.detail == "ban code 101, until 2026-01-06 10:00 UTC"


def test_a_problem_names_what_is_missing_and_carries_the_jitter():
    (seen,) = Reader(jitter=0.25).look(replace(MISSING, loaded=False))
    assert seen == RecordProblem(
        at=at(1),
        attempt=ATTEMPT,
        reason=Reason.PAGE_CHANGED,
        detail="missing: WAWebSocketModel",
        jitter=0.25,
    )


def test_conflict_ends_when_the_page_has_taken_over():
    reader = Reader()
    reader.looks(*TO_READY, CONFLICT)
    assert [brief(o) for o in reader.looks(SYNCING, MAIN)] == []
