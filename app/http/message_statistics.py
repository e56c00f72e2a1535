"""Which of the two ways messages took, over the accounts of a workspace or of all."""

from datetime import datetime

import msgspec
from litestar import Response, get

from adapters.event_log.message_rows import Deliveries
from app.http.accounts import InWorkspace
from app.http.documented import documented
from app.http.parts import Api, answer
from app.http.positions import Position
from app.http.statistics import Since, Until, asked_range


class MessageStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the messages that were accepted in the range."""

    position: int
    since: datetime
    until: datetime
    messages: Deliveries


@get("/v1/statistics/messages", opt=documented("message_statistics"))
async def show_message_statistics(
    api: Api,
    position: Position,
    since: Since = None,
    until: Until = None,
    workspace: InWorkspace = None,
) -> Response[MessageStatistics]:
    """Sum up the messages of a range: sent by the primary, by the standby, after a fallback."""
    begin, end = asked_range(since, until, api.now())
    deliveries = await api.messages.table.sum_up(begin, end, workspace)
    told = MessageStatistics(position=position, since=begin, until=end, messages=deliveries)
    return answer(told, position)
