"""The inputs that carry one correlation id are read across streams, in the log's order."""

from adapters.event_log.database import Database
from adapters.event_log.interface import Append, EventLog
from domain.log import InputToAppend, Origin
from domain.wishes import CancelLink
from tests.examples import REGISTERED, at


def register(stream: str, correlation_id: str) -> Append:
    """An input that was accepted; which one does not matter here."""
    origin = Origin(actor="key:erp", correlation_id=correlation_id)
    given = InputToAppend(command=CancelLink(at=at(0)), outcome="accepted", origin=origin)
    return Append(stream=stream, expected_version=0, input=given, events=(REGISTERED,))


async def test_across_streams_a_page_at_a_time(log: EventLog) -> None:
    for number, correlation_id in enumerate(("order-1", "order-2", "order-1", "", "order-1")):
        await log.append(register(f"acc_{number}", correlation_id))

    found = await log.read_correlated("order-1")
    assert [one.stream for one in found] == ["acc_0", "acc_2", "acc_4"]
    assert [one.origin.correlation_id for one in found] == ["order-1"] * 3
    assert await log.read_correlated("order-1", 0, 2) == found[:2]
    assert await log.read_correlated("order-1", found[1].input_id) == found[2:]
    assert await log.read_correlated("order-3") == []


async def test_it_has_an_index(database: str) -> None:
    async with Database(database) as opened:
        plan = await opened.fetch(
            "explain select * from inputs where correlation_id = 'order-1' and input_id > 0"
            " order by input_id limit 100"
        )
    assert "inputs_by_correlation" in " ".join(line for (line,) in plan)
