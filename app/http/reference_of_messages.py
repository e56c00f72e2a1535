"""The reference's lines of the routes of messages."""

from datetime import timedelta

from msgspec.structs import replace

from app.http import example_story as story
from app.http import message_views as views
from app.http import messages
from app.http.reference_line import Line
from domain.message_reasons import whatsapp_id_of
from projections.messages import MessageRow

_ID = "msg_01jd4qh5x0z3k8w2v7r6n9m1tb"
_SENT = MessageRow(
    account_id=story.ACCOUNT,
    message_id=_ID,
    direction="out",
    peer="628115550003",
    peer_fingerprint="",
    kind="template",
    template="order_details",
    size_bytes=412,
    fingerprint="",
    whatsapp_id=whatsapp_id_of(_ID),
    status="delivered",
    tries=1,
    sent_by="primary",
    accepted_at=story.START,
    sent_at=story.START + timedelta(seconds=1),
    delivered_at=story.START + timedelta(seconds=3),
)
_QUEUED = replace(_SENT, status="queued", tries=0, sent_by=None, sent_at=None, delivered_at=None)


def _answer(row: MessageRow) -> views.MessageAnswer:
    return views.MessageAnswer(position=story.ready().position, message=views.message_view(row))


def _list() -> views.MessageList:
    return views.MessageList(
        position=story.ready().position,
        messages=(views.message_view(_SENT),),
        next_cursor=None,
    )


MESSAGES = {
    "send_message": Line(
        body=messages.Send(to="+62 811 5550 003", text="Your order is on its way."),
        answer=lambda: _answer(_QUEUED),
        problems=(
            "not_ready",
            "erased",
            "too_many_messages",
            "unreadable_phone",
            "unfit_message",
            "file_too_large",
            "no_such_template",
            "unfit_values",
            "bad_template",
            "too_busy",
        ),
    ),
    "list_messages": Line(answer=_list),
    "show_message": Line(answer=lambda: _answer(_SENT), problems=("no_such_message",)),
    "message_content": Line(
        answer=lambda: views.ContentAnswer(
            message=_ID, text="Your order is on its way.", file=None
        ),
        problems=("no_such_message", "content_gone"),
    ),
}
