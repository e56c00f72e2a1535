"""The reference's lines of the routes in erp.py and erp_sending.py."""

from app.dropin import erp_sending as sending
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


def _sent() -> sending.SentAnswer:
    return sending.SentAnswer(success=True, message=sending.SENT, data=_data())


def _data() -> sending.SentData:
    return sending.SentData(
        message_id="msg_01m7y4zf02a1b2c3d4e5f6g7h8", timestamp=1701955200, to=TO
    )


TO = "919876543210"
ITEMS = [{"name": "MS angle 50x50x6", "quantity": 120, "unit": "kg", "rate": 62.5}]
SENDING = ("message_not_sent", "not_ready", "too_busy", "too_many_messages", "unreadable_phone")
_TEXT = (*SENDING, "unfit_message")
_PAPER = (*SENDING, "unfit_values")

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
    "erp_send_message": Line(
        body=sending.TextToSend(phone_number=TO, message="Hello from STEEFE ERP!"),
        answer=_sent,
        problems=_TEXT,
    ),
    "erp_send_proforma": Line(
        body=sending.InvoiceToSend(
            phone_number="+91 98765 43210",
            invoice_data={"invoiceNumber": "PI-1042", "customerName": "Asha", "items": ITEMS},
        ),
        answer=_sent,
        problems=_PAPER,
    ),
    "erp_send_order": Line(
        body=sending.OrderToSend(
            phone_number=TO, order_data={"orderNumber": "SO-77", "items": ITEMS}
        ),
        answer=_sent,
        problems=_PAPER,
    ),
    "erp_send_dispatch": Line(
        body=sending.DispatchToSend(
            phone_number=TO,
            dispatch_data={"transporter": "VRL Logistics", "lrNumber": "LR-9", "items": ITEMS},
        ),
        answer=lambda: sending.NoticeAnswer(success=True, message=sending.SENT, data=_data()),
    ),
    "erp_test": Line(body=sending.TestToSend(phone_number=TO), answer=_sent, problems=_TEXT),
}
