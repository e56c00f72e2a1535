"""What the tests of deliveries wait for."""

from tests.waiting import eventually
from tests.webhook_delivery.parts import Installation
from tests.webhook_delivery.receiver import Receiver


async def positions_of(here: Installation, account: str) -> list[int]:
    """Read from the log what an endpoint is to be told of an account."""
    return [one.position for one in await here.log.load(account)]


async def until_told(receiver: Receiver, count: int) -> None:
    """Wait until so many items were accepted."""

    async def looks() -> bool:
        return len(receiver.positions()) >= count

    await eventually(looks)


async def soon_told(
    here: Installation, receiver: Receiver, count: int, each_s: float = 1.0
) -> None:
    """The same, while time passes: what people change is looked for every second."""

    async def looks() -> bool:
        here.pace.advance(each_s)
        return len(receiver.positions()) >= count

    await eventually(looks)


async def soon_all_told(here: Installation, receiver: Receiver, account: str) -> None:
    """Wait, while time passes, until all was told, in order: also that the outage is over."""

    async def looks() -> bool:
        here.pace.advance(1.0)
        return receiver.positions(account) == await positions_of(here, account)

    await eventually(looks)


async def until_tried(receiver: Receiver, count: int) -> None:
    """Wait until the receiver was asked so often."""

    async def looks() -> bool:
        return len(receiver.told) >= count

    await eventually(looks)


async def soon_tried(here: Installation, receiver: Receiver, count: int) -> None:
    """The same, while minutes pass: who has just failed may not have set its next time yet."""

    async def looks() -> bool:
        if len(receiver.told) < count:
            here.pace.advance(60.0)
        return len(receiver.told) >= count

    await eventually(looks)
