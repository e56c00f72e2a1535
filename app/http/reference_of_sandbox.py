"""Examples and problems of the simulated phone's messages; see reference.py."""

from app.http import example_story as story
from app.http import sandbox_messages as sandbox
from app.http.reference_line import Line
from app.http.sandbox_control import PhoneDone

_ASKED = ("not_a_sandbox_account", "sandbox_unavailable", "phone_refused")
_ONCE = (*_ASKED, "request_in_progress", "outcome_unknown")
_ID = "3EB07D15B9A0C3F2E41A66"

PHONE_MESSAGES = {
    "phone_messages": Line(
        answer=lambda: sandbox.PhoneMessages(
            (
                sandbox.PhoneMessage(
                    whatsapp_id=_ID,
                    direction="out",
                    phone="4915187654321",
                    text="Your order is on its way.",
                    file=None,
                    status="delivered",
                    at=story.START,
                ),
            )
        ),
        problems=_ASKED,
    ),
    "phone_message": Line(
        body=sandbox.IncomingText(sender="4915187654321", text="Is my order ready?"),
        answer=lambda: PhoneDone("received"),
        problems=_ONCE,
    ),
    "phone_deliver": Line(
        body=sandbox.MessageMarked(whatsapp_id=_ID),
        answer=lambda: sandbox.MessagesMarked((_ID,)),
        problems=_ONCE,
    ),
    "phone_read": Line(
        body=sandbox.MessageMarked(whatsapp_id=_ID),
        answer=lambda: sandbox.MessagesMarked((_ID,)),
        problems=_ONCE,
    ),
}
