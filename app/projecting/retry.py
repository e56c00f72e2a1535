"""Folds parked partitions anew, and lets those go on that it works for."""

from collections.abc import Awaitable, Callable

import msgspec

from adapters.account_keys import KeyRing
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import EventLog, Parked
from adapters.event_log.partitions import Reading, connected
from adapters.event_log.table_rows import FoldedAccount, failed_again, put_back
from adapters.webhook_parked import tell_again
from app.dispatch import Dispatch, TooBusy
from app.poison import sentence_of
from app.projecting.partition import CannotFold, fold_partition
from app.projecting.registry import FEED, REACTOR, WEBHOOKS
from app.reactor import Reactor
from app.workspace_dispatch import WorkspaceDispatch
from domain.log import WORKSPACE_PREFIX
from projections.feed import FeedProjection
from projections.tables import TABLES, TableProjection

MOST_ROUNDS = 20
"""A stream that grows while it is folded is folded again; each round takes milliseconds."""
PAGE = 500
GROWS = "It grows faster than it can be folded; try again."


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one parked partition."""

    projection: str
    stream: str
    freed: bool
    sentence: str
    """Why it stays parked; empty when it goes on."""


async def retry(log: EventLog, reading: Reading, parked: Parked) -> Retried:
    """Try one partition again. Raises StorageUnavailable and TooBusy."""
    try:
        if parked.projection in TABLES:
            freed = _retry_table(reading, TABLES[parked.projection], parked.stream)  # pyright: ignore[reportArgumentType]
        else:
            freed = await _retry_reader(log, parked)
    except CannotFold as error:
        sentence = error.error
    except (StorageUnavailable, TooBusy):
        raise
    except Exception as error:  # noqa: BLE001  it is parked for just that, and stays so
        sentence = sentence_of(error)
    else:
        sentence = "" if freed else GROWS
        if freed and parked.projection == WEBHOOKS:
            with connected(reading.conninfo) as connection:
                tell_again(connection, parked)
    if sentence:
        with connected(reading.conninfo) as connection:
            failed_again(connection, parked.projection, parked.stream, sentence)
    return Retried(
        projection=parked.projection, stream=parked.stream, freed=not sentence, sentence=sentence
    )


def _retry_table(reading: Reading, projection: TableProjection, stream: str) -> bool:
    return any(_put_back(reading, projection, stream) for _ in range(MOST_ROUNDS))


def _put_back(reading: Reading, projection: TableProjection, stream: str) -> bool:
    with reading.now() as reader, connected(reading.conninfo) as connection:
        return all(
            put_back(
                connection,
                KeyRing(reading.keys),
                FoldedAccount(partition, fold_partition(projection, partition.events)),
                table=projection.name,
                version=reader.read,
            )
            for partition in reader.of([stream])
        )


async def _retry_reader(log: EventLog, parked: Parked) -> bool:
    redo = REDO.get(parked.projection, _load)
    for _ in range(MOST_ROUNDS):
        head = await log.head()
        version = await redo(log, parked)
        if await log.unpark(parked.projection, parked.stream, version):
            if await log.head() > head:
                # What others did to it, read by the running service when it was still parked.
                await redo(log, msgspec.structs.replace(parked, position=head + 1))
            return True
    return False


async def _load(log: EventLog, parked: Parked) -> int:
    """A clock, or the browsers: the next look does what is due, if the account can be loaded."""
    if parked.stream.startswith(WORKSPACE_PREFIX):
        return (await WorkspaceDispatch(log).load(parked.stream))[1]
    return (await Dispatch(log).load(parked.stream)).version


async def _make_items(log: EventLog, parked: Parked) -> int:
    """The feed: from here on it makes the account's items, if it can make all of them."""
    projection, after, version = FeedProjection(), 0, 0
    while events := await log.read(after, PAGE, stream=parked.stream):
        for recorded in events:
            projection.item(recorded)
        after, version = events[-1].position, events[-1].version
    return version


async def _react(log: EventLog, parked: Parked) -> int:
    """The reactor: whatever the stream was to hear or to tell, which is harmless when repeated."""
    version = await _load(log, parked)
    reactor = Reactor(log, Dispatch(log), WorkspaceDispatch(log))
    await reactor.react_again(parked.stream, parked.position)
    return version


REDO: dict[str, Callable[[EventLog, Parked], Awaitable[int]]] = {
    FEED: _make_items,
    WEBHOOKS: _make_items,
    REACTOR: _react,
}
"""Does what was not done, and gives the version of the stream that it has come to."""
