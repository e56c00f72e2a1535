"""Sends a message as the replaced systems do: it is answered when WhatsApp has taken it."""

from app.dropin.back_end import BackEnd
from app.http.messages import message_problems
from app.http.parts import ApiParts, about_account
from app.messages import NewMessage
from app.problems import ProblemFound
from domain.status import Status
from projections.messages import MessageRow


async def send(
    api: ApiParts, back_end: BackEnd, outgoing: NewMessage, limit_s: float
) -> MessageRow:
    """Send it and wait for WhatsApp; give it as it is after `limit_s` at the latest.

    A ProblemFound says why it was not accepted, or that it has failed.
    """
    account_id, held = await back_end.load()
    if held.account.status is not Status.READY:
        about = about_account(held.row)
        raise ProblemFound("not_ready", "The account is not READY.", account=about)
    with message_problems():
        accepted = await api.messages.submit(account_id, outgoing, back_end.origin)
    row = await api.messages.wait_for(account_id, accepted.message_id, "sent", limit_s)
    if row is None:
        raise ProblemFound("not_ready", "The account was erased meanwhile.")
    if row.status == "failed":
        cause = row.reason.value if row.reason else ""
        raise ProblemFound("message_not_sent", "Message delivery failed.", cause=cause)
    return row
