"""The reference's lines of the routes in erp.py and erp_sending.py."""

from app.dropin.erp import STARTED, Done, Initialized, StatusAnswer
from app.dropin.erp_events import ClientStatus
from app.http.reference_line import Line


def _initialized() -> Initialized:
    status = ClientStatus(is_ready=False, has_qr=False, is_initialized=True)
    return Initialized(success=True, message=STARTED, status=status)


def _events() -> str:
    return (
        ": connected\nretry: 2000\nid: 11\n\n"
        'data: {"type":"status","data":{"isReady":false,"hasQR":false,"isInitialized":true}}\n\n'
        'data: {"type":"qr","data":{"qr":"2@…","qrImageUrl":"data:image/png;base64,…"}}\n\n'
        "id: 14\n\n"
    )


ERP: dict[str, Line] = {
    "erp_initialize": Line(answer=_initialized, problems=("too_busy",)),
    "erp_status": Line(
        answer=lambda: StatusAnswer(success=True, is_ready=True, has_qr=False, is_initialized=True)
    ),
    "erp_events": Line(
        answer=_events, problems=("bad_event_id", "ticket_spent", "too_many_readers")
    ),
    "erp_logout": Line(
        answer=lambda: Done(success=True, message="Logged out successfully"),
        problems=("attempt_in_progress", "not_linked", "too_busy"),
    ),
    "erp_destroy": Line(
        answer=lambda: Done(success=True, message="WhatsApp client destroyed"),
        problems=("too_busy",),
    ),
}
