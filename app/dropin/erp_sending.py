"""What the ERP sends: messages, proforma invoices, dispatch notices, orders, and a test."""

from typing import Any

import msgspec
import structlog
from litestar import Response, post
from litestar.params import JSONBody

from adapters.event_log.errors import StorageUnavailable
from app.dispatch import TooBusy
from app.dropin.back_end import Asker, BackEnd
from app.dropin.erp import Done
from app.dropin.problem_answers import words_of
from app.dropin.sending import send
from app.http.documented import documented
from app.http.parts import Api, ApiParts
from app.messages import NewMessage
from app.problems import ProblemFound
from projections.messages import MessageRow

SEND_LIMIT_S = 20.0
"""Nearly all take less than two; a queue before it, or a failover, may take some more."""
NOTICE_LIMIT_S = 5.0
"""The caller has work of its own to finish."""
SENT = "Message sent successfully"
ACCEPTED = "Message accepted, and not sent yet"
TEST_MESSAGE = "Test message: WhatsApp is connected."

_logger = structlog.get_logger()


class _Sending(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    phone_number: str | int | None = None
    """As people type it; without a country code it is one of `LINKWRIGHT_DEFAULT_REGION`.

    Null, as of a customer who has none, is an invalid phone and no malformed request.
    """

    @property
    def to(self) -> str:
        """Give the number as text; empty for none."""
        return "" if self.phone_number is None else str(self.phone_number)


class TextToSend(_Sending, frozen=True, kw_only=True, rename="camel"):
    """Send a text. Other fields are passed over, in all of these."""

    message: str


class InvoiceToSend(_Sending, frozen=True, kw_only=True, rename="camel"):
    """Send a proforma invoice."""

    invoice_data: dict[str, Any]
    """As the ERP has it; docs/reference/templates.md lists the fields and their other names."""


class DispatchToSend(_Sending, frozen=True, kw_only=True, rename="camel"):
    """Send a dispatch notice."""

    dispatch_data: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class OrderToSend(_Sending, frozen=True, kw_only=True, rename="camel"):
    """Send the details of an order."""

    order_data: dict[str, Any]


class TestToSend(_Sending, frozen=True, kw_only=True, rename="camel"):
    """Send a test message, to the linked phone itself unless another number is given."""

    message: str = TEST_MESSAGE


class SentData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was sent."""

    message_id: str
    """GET /v1/accounts/{id}/messages/{message} tells whether it was delivered and read."""
    timestamp: int
    """Seconds since 1970; of being accepted while it is not sent yet."""
    to: str


class SentAnswer(Done, frozen=True, kw_only=True):
    """The message was sent, or will be."""

    data: SentData


class NoticeAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a notice; `success` is false where it cannot be sent."""

    success: bool
    message: str
    data: SentData | None = None
    error: str = ""


@post("/send-message", status_code=200, opt=documented("erp_send_message"))
async def send_message(
    api: Api, back_end: Asker, data: JSONBody[TextToSend]
) -> Response[SentAnswer]:
    """Send a text, and answer when WhatsApp has taken it."""
    message = NewMessage(to=data.to, text=data.message)
    return await _send(api, back_end, message)


@post("/send-proforma", status_code=200, opt=documented("erp_send_proforma"))
async def send_proforma(
    api: Api, back_end: Asker, data: JSONBody[InvoiceToSend]
) -> Response[SentAnswer]:
    """Send a proforma invoice, laid out by the template `proforma_invoice`."""
    message = NewMessage(to=data.to, template="proforma_invoice", values=data.invoice_data)
    return await _send(api, back_end, message)


@post("/send-order", status_code=200, opt=documented("erp_send_order"))
async def send_order(
    api: Api, back_end: Asker, data: JSONBody[OrderToSend]
) -> Response[SentAnswer]:
    """Send the details of an order, laid out by the template `order_details`."""
    message = NewMessage(to=data.to, template="order_details", values=data.order_data)
    return await _send(api, back_end, message)


@post("/send-dispatch", status_code=200, opt=documented("erp_send_dispatch"))
async def send_dispatch(api: Api, back_end: Asker, data: JSONBody[DispatchToSend]) -> NoticeAnswer:
    """Send a dispatch notice; one that cannot be sent is answered with 200 and `success: false`."""
    # It must never fail the work that it tells of, and many HTTP clients raise for other statuses.
    message = NewMessage(to=data.to, template="dispatch_notice", values=data.dispatch_data)
    try:
        row = await send(api, back_end, message, NOTICE_LIMIT_S)
    except ProblemFound as problem:
        _logger.warning("notice not sent", workspace=back_end.workspace, because=problem.code)
        words = words_of(problem.code, problem.detail)
    except (StorageUnavailable, TooBusy) as error:
        _logger.warning("notice not sent", workspace=back_end.workspace, because=str(error))
        words = str(error)
    else:
        return NoticeAnswer(success=True, message=_words(row), data=_data(row))
    return NoticeAnswer(success=False, message=words, error=words)


@post("/test", status_code=200, opt=documented("erp_test"))
async def send_test(
    api: Api, back_end: Asker, data: JSONBody[TestToSend | None] = None
) -> Response[SentAnswer]:
    """Send a test message."""
    wanted = data or TestToSend()
    to = wanted.to
    if not to:
        _, held = await back_end.load()
        to = f"+{held.account.phone}"
    return await _send(api, back_end, NewMessage(to=to, text=wanted.message))


async def _send(api: ApiParts, back_end: BackEnd, message: NewMessage) -> Response[SentAnswer]:
    row = await send(api, back_end, message, SEND_LIMIT_S)
    answer = SentAnswer(success=True, message=_words(row), data=_data(row))
    return Response(answer, status_code=200 if row.sent_at else 202)


def _words(row: MessageRow) -> str:
    return SENT if row.sent_at else ACCEPTED


def _data(row: MessageRow) -> SentData:
    at = row.sent_at or row.accepted_at
    return SentData(message_id=row.message_id, timestamp=int(at.timestamp()), to=row.peer)
