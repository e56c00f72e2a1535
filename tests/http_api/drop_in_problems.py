"""The problems that the drop-ins' own lines promise, each with a request that meets it."""

from typing import Any

from tests.dropin.played_sender import linked_client
from tests.running_api import RunningApi

ERP = "/api/whatsapp/"
LINKING = {"headers": {"Linkwright-Workspace": "linking"}}
LINKED = {"headers": {"Linkwright-Workspace": "linked"}}
TO = "919876543210"
NOBODYS = {"phoneNumber": "12"}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "erp_send_message": ("send-message", {"phoneNumber": TO, "message": "Hello"}),
    "erp_send_proforma": ("send-proforma", {"phoneNumber": TO, "invoiceData": {}}),
    "erp_send_order": ("send-order", {"phoneNumber": TO, "orderData": {}}),
    "erp_test": ("test", {"phoneNumber": TO}),
    "single_qr_send": ("messages", {"phoneNumber": TO, "message": "Hello"}),
}
VALUES = {
    "invoiceData": {"invoiceNumber": "PI-1", "total": 5},
    "orderData": {"orderNumber": "SO-1", "items": [{"name": "Angle"}]},
}
EMPTY: dict[str, dict[str, Any]] = {"json": {"phoneNumber": TO, "message": " "}}

DROP_INS: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("erp_events", "bad_event_id", "GET", ERP + "events", {"headers": {"Last-Event-ID": "one"}}),
    ("erp_logout", "not_linked", "POST", ERP + "logout", {}),
    ("erp_logout", "attempt_in_progress", "POST", ERP + "logout", LINKING),
    *(
        (name, "not_ready", "POST", ERP + path, {"json": body})
        for name, (path, body) in BODIES.items()
    ),
    *(
        (name, "unreadable_phone", "POST", ERP + path, LINKED | {"json": {**body, **NOBODYS}})
        for name, (path, body) in BODIES.items()
    ),
    *(
        (name, "unfit_message", "POST", ERP + BODIES[name][0], LINKED | EMPTY)
        for name in ("erp_send_message", "erp_test", "single_qr_send")
    ),
    *(
        (name, "unfit_values", "POST", ERP + BODIES[name][0], LINKED | {"json": BODIES[name][1]})
        for name in ("erp_send_proforma", "erp_send_order")
    ),
    ("single_qr_setup", "already_linked", "POST", ERP + "setup-qr", LINKED),
    ("single_qr_message", "no_such_message", "GET", ERP + "messages/msg_1", {}),
]

FULL_QUEUE = [
    (name, "too_many_messages", "POST", ERP + path, LINKED | {"json": body | VALUES})
    for name, (path, body) in BODIES.items()
]
"""While an account may have no messages waiting."""


async def drop_in_clients(api: RunningApi) -> None:
    """Make the clients that the examples speak of."""
    await linked_client(api, "linked")
    await api.client.post(ERP + "initialize", headers=LINKING["headers"])
