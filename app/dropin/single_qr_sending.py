"""Messages of the pair behind one QR code: which method delivered, and whether it was the backup.

The failover itself is the service's own: what the primary cannot send, a ready standby does.
"""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, PathParameter

from app.dropin.back_end import Asker
from app.dropin.erp_sending import SEND_LIMIT_S, TextToSend
from app.dropin.sending import send
from app.dropin.single_qr_events import METHOD_OF, Method
from app.http.documented import documented
from app.http.parts import ACCOUNT_ID, Api
from app.messages import NewMessage
from app.problems import ProblemFound
from projections.messages import MessageRow

MessageId = Annotated[
    FromPath[str], PathParameter(max_length=64, description="`messageId` of the answer to sending.")
]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message, and how it was delivered."""

    success: bool
    """WhatsApp has taken it."""
    message_id: str = msgspec.field(name="messageId")
    status: str
    """queued, sent, delivered, read or failed."""
    fallback_used: bool
    delivery_method: Method | None
    """Null while it is not sent."""
    delivery_attempts: int


@post("/messages", status_code=200, opt=documented("single_qr_send"))
async def send_with_failover(
    api: Api, back_end: Asker, data: JSONBody[TextToSend]
) -> Response[Delivery]:
    """Send a text by Baileys' counterpart, or by the backup if that fails."""
    message = NewMessage(to=data.to, text=data.message)
    row = await send(api, back_end, message, SEND_LIMIT_S)
    return Response(_delivery(row), status_code=200 if row.sent_at else 202)


@get("/messages/{message_id:str}", opt=documented("single_qr_message"))
async def show_delivery(api: Api, back_end: Asker, message_id: MessageId) -> Delivery:
    """Tell how a message was delivered."""
    account_id = await back_end.find()
    row = None
    if account_id is not None and ACCOUNT_ID.fullmatch(message_id):
        row = await api.messages.load(account_id, message_id)
    if row is None or row.direction != "out":
        raise ProblemFound("no_such_message", "The account has sent no message with this id.")
    return _delivery(row)


def _delivery(row: MessageRow) -> Delivery:
    return Delivery(
        success=row.sent_at is not None,
        message_id=row.message_id,
        status=row.status,
        fallback_used=row.fallback_used,
        delivery_method=METHOD_OF[row.sent_by] if row.sent_by else None,
        delivery_attempts=row.tries,
    )
