"""The reference's lines of the routes in single_qr.py."""

from app.dropin.erp_sending import TextToSend
from app.dropin.reference_of_erp import SENDING
from app.dropin.single_qr import Methods, SetupQr, SetupStatus
from app.dropin.single_qr_events import BOTH_READY
from app.dropin.single_qr_sending import Delivery
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


def _delivery() -> Delivery:
    return Delivery(
        success=True,
        message_id="msg_01m7y4zf02a1b2c3d4e5f6g7h8",
        status="delivered",
        fallback_used=True,
        delivery_method="web_js",
        delivery_attempts=2,
    )


SINGLE_QR: dict[str, Line] = {
    "single_qr_setup": Line(
        answer=lambda: SetupQr(session_id=ACCOUNT, qr="data:image/png;base64,iVBORw0KGgo…"),
        problems=("already_linked", "no_code_in_time", "too_busy"),
    ),
    "single_qr_status": Line(answer=_status),
    "single_qr_send": Line(
        body=TextToSend(phone_number="919876543210", message="Hello!"),
        answer=_delivery,
        problems=(*SENDING, "unfit_message"),
    ),
    "single_qr_message": Line(answer=_delivery, problems=("no_such_message",)),
}
