"""The reference's lines of the routes in blazz.py and ghl.py."""

from app.dropin import blazz, ghl
from app.http.example_story import ACCOUNT, START
from app.http.reference_line import Line

CODE = "data:image/png;base64,iVBORw0KGgo…"


def _qr_code() -> blazz.QrCodeAnswer:
    return blazz.QrCodeAnswer(
        success=True,
        message="Scan the QR code",
        session_id="webjs_1_5",
        workspace_id=1,
        account_id=5,
        status="qr_scanning",
        phone_number=None,
        is_primary=False,
        linkwright_account=ACCOUNT,
        qr_code=CODE,
        expires_in=59,
        expires_at=START,
    )


def _marked() -> blazz.SessionAnswer:
    return blazz.SessionAnswer(
        success=True,
        message="Session marked as disconnected",
        session_id="webjs_1_5",
        workspace_id=1,
        account_id=5,
        status="disconnected",
        phone_number=None,
        is_primary=True,
        linkwright_account=ACCOUNT,
    )


def _connection(status: ghl.GhlStatus) -> ghl.Connection:
    return ghl.Connection(
        session_id="location_ve9EPM428h8vShlRW1KT_main",
        location_id="ve9EPM428h8vShlRW1KT",
        subaccount="main",
        status=status,
        phone_number="4915112345678" if status == "ready" else None,
        linkwright_account=ACCOUNT,
        message=ghl.MESSAGES[status],
        qr=CODE if status == "qr" else None,
        monitored_every_s=30.0,
    )


def _sessions() -> ghl.Sessions:
    one = ghl.Session(
        session_id="location_ve9EPM428h8vShlRW1KT_main",
        location_id="ve9EPM428h8vShlRW1KT",
        subaccount="main",
        status="ready",
        phone_number="4915112345678",
        linkwright_account=ACCOUNT,
    )
    counts: dict[ghl.GhlStatus, int] = {"initializing": 0, "qr": 0, "ready": 1, "disconnected": 0}
    return ghl.Sessions(counts=counts, sessions=(one,), next_cursor=None)


_OF_A_SESSION = ("no_such_session",)

BLAZZ: dict[str, Line] = {
    "blazz_generate_qr": Line(
        body=blazz.QrWanted(session_id="webjs_1_5", workspace_id=1, account_id=5),
        answer=_qr_code,
        problems=("session_taken", "no_code_in_time", "too_many_requests", "too_busy"),
    ),
    "blazz_mark_disconnected": Line(
        body=blazz.Disconnection(workspace_id=1, reason="LOGOUT"),
        answer=_marked,
        problems=_OF_A_SESSION,
    ),
}
GHL: dict[str, Line] = {
    "ghl_connect": Line(
        answer=lambda: _connection("qr"), problems=("no_code_in_time", "too_many_requests")
    ),
    "ghl_connection": Line(answer=lambda: _connection("ready"), problems=_OF_A_SESSION),
    "ghl_disconnect": Line(answer=lambda: _connection("disconnected"), problems=_OF_A_SESSION),
    "ghl_delete": Line(answer=lambda: _connection("disconnected"), problems=_OF_A_SESSION),
    "ghl_sessions": Line(answer=_sessions),
}
