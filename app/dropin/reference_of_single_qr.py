"""The reference's lines of the routes in single_qr.py."""

from app.dropin.single_qr import Methods, SetupQr, SetupStatus
from app.dropin.single_qr_events import BOTH_READY
from app.http.example_story import ACCOUNT
from app.http.reference_line import Line


def _status() -> SetupStatus:
    return SetupStatus(
        session_id=ACCOUNT,
        message=BOTH_READY,
        methods=Methods(fallback="web_js", both_active=True),
        baileys_status="active",
        web_js_status="active",
        delivery_method="baileys",
        phone_number="4915112345678",
    )


SINGLE_QR: dict[str, Line] = {
    "single_qr_setup": Line(
        answer=lambda: SetupQr(session_id=ACCOUNT, qr="data:image/png;base64,iVBORw0KGgo…"),
        problems=("already_linked", "no_code_in_time", "too_many_requests", "too_busy"),
    ),
    "single_qr_status": Line(answer=_status),
}
