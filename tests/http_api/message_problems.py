"""What the routes of messages refuse; `greedy` is a template that asks for too much."""

import base64
from typing import Any

from app.settings import MESSAGE_FILE_MB
from tests.running_api import RunningApi

TO = {"to": "+62 811-5550-003"}
HELLO = TO | {"text": "hello"}
TOO_LARGE = base64.b64encode(bytes(MESSAGE_FILE_MB * 1024 * 1024 + 1)).decode()
GREEDY = {
    "name": "greedy",
    "text": "{% for a in all %}{% for b in all %}{{ b }}{% endfor %}{% endfor %}",
}
REMINDER = {"name": "reminder", "text": "Dear {{ customer }}"}
READY = "/v1/accounts/{ready}/messages"

Example = tuple[str, str, str, str, dict[str, Any]]

MESSAGES: list[Example] = [
    ("send_message", "not_ready", "POST", "/v1/accounts/{linking}/messages", {"json": HELLO}),
    ("send_message", "erased", "POST", "/v1/accounts/{erased}/messages", {"json": HELLO}),
    *(
        ("send_message", code, "POST", READY, {"json": body})
        for code, body in (
            ("unreadable_phone", HELLO | {"to": "12"}),
            ("unfit_message", TO),
            ("unfit_message", HELLO | {"template": "reminder"}),
            ("file_too_large", HELLO | {"file": {"name": "a", "content": TOO_LARGE}}),
            ("no_such_template", TO | {"template": "other"}),
            ("unfit_values", TO | {"template": "reminder"}),
            ("bad_template", TO | {"template": "greedy", "values": {"all": ["x"] * 3000}}),
        )
    ),
    ("show_message", "no_such_message", "GET", f"{READY}/msg_0", {}),
    ("message_content", "no_such_message", "GET", f"{READY}/nothing", {}),
]
"""`too_many_messages` is in TOO_MANY: it takes a limit of none."""
TOO_MANY: list[Example] = [
    ("send_message", "too_many_messages", "POST", READY, {"json": HELLO}),
]
CONTENT_GONE = ("message_content", "content_gone")
"""Seen in test_messages.py."""


async def save_templates(api: RunningApi) -> None:
    for template in (REMINDER, GREEDY):
        saved = await api.client.post("/v1/templates", json=template)
        assert saved.status_code == 201, saved.text
