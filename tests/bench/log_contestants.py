"""What `bench log` lets write one-event commands: Linkwright, eventsourcing, and bare inserts.

Each contestant writes to tables of its own in one database, so none has to step over the others'
rows. Clients are closed loops: the next command goes out when the one before was answered.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import count
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from adapters import clock
from adapters.event_log.codec import Codec
from adapters.event_log.interface import EventLog
from app.dispatch import Answer, Dispatch
from domain.log import Origin, RecordedEvent
from domain.wishes import CancelLink, RegisterAccount, RequestLink
from tests.event_log.appends import account_row, fetched, observation
from tests.examples import FETCHED, at

ORIGIN = Origin(actor="worker:bench", correlation_id="req_0123456789abcdef")
STATE = Codec().encode_event(
    RecordedEvent(
        position=1,
        stream="acc_1",
        version=1,
        topic="QrFetched",
        event=FETCHED,
        input_id=1,
        origin=ORIGIN,
        recorded_at=at(6),
    )
)
"""What the log stores for one event: the others store the same, so that bytes are equal."""

Command = Callable[[], Awaitable[object]]


class Timed:
    """What a contestant did: latencies in seconds, and commands a second in each round."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.rates: list[float] = []

    def add_round(self, latencies: list[float], took_s: float) -> None:
        self.latencies += latencies
        self.rates.append(len(latencies) / took_s)


async def run_clients(commands: Sequence[Command], seconds: float, timed: Timed) -> None:
    """Let each client repeat its command for so long; what is under way then still counts."""
    latencies: list[float] = []
    began_s = clock.monotonic_s()

    async def client(command: Command) -> None:
        while (asked_s := clock.monotonic_s()) < began_s + seconds:
            await command()
            latencies.append(clock.monotonic_s() - asked_s)

    await asyncio.gather(*map(client, commands))
    timed.add_round(latencies, clock.monotonic_s() - began_s)


def appending(log: EventLog, label: str) -> Command:
    """Append one event with its input and its account's row, to one stream of this client's."""
    stream, versions = f"acc_{uuid4().hex}", count()

    async def command() -> None:
        version = next(versions)
        row = account_row(stream, version + 1, label=label)
        await log.append(observation(stream, version, fetched(at(version)), rows=(row,)))

    return command


def dispatching(dispatch: Dispatch) -> Callable[[], Awaitable[Answer]]:
    """Ask for links and cancel them, by turns, of one account of this client's.

    Through the one door: loaded, decided, appended, rows computed. The first call registers it.
    """
    account_id, turns = f"acc_{uuid4().hex}", count()

    async def command() -> Answer:
        return await dispatch.submit(account_id, _wish(account_id, next(turns)), ORIGIN)

    return command


def _wish(account_id: str, turn: int) -> RegisterAccount | RequestLink | CancelLink:
    if turn == 0:
        return RegisterAccount(at=at(0), workspace="bench", label="Front desk")
    if turn % 2:
        return RequestLink(at=at(turn), attempt=f"att_{account_id}_{turn}")
    return CancelLink(at=at(turn))


def run_library(conninfo: str, clients: int, seconds: float, timed: Timed) -> None:
    """Let eventsourcing's own recorder save one event at a time, a thread for each client."""
    with library_recorder(conninfo, clients) as recorder:
        latencies: list[float] = []
        began_s = clock.monotonic_s()

        def client() -> None:
            while (asked_s := clock.monotonic_s()) < began_s + seconds:
                recorder.insert_events([StoredEvent(uuid4(), 1, "QrFetched", STATE)])
                latencies.append(clock.monotonic_s() - asked_s)

        threads = [threading.Thread(target=client) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        timed.add_round(latencies, clock.monotonic_s() - began_s)


@contextmanager
def library_recorder(conninfo: str, clients: int) -> Generator[PostgresApplicationRecorder]:
    """Open the library's recorder as it comes, with a connection for each client, all in use."""
    given = conninfo_to_dict(conninfo)
    datastore = PostgresDatastore(
        dbname=str(given["dbname"]),
        host=str(given["host"]),
        port=str(given["port"]),
        user=str(given["user"]),
        password="",
        pool_size=clients,
        max_overflow=0,
    )
    try:
        recorder = PostgresApplicationRecorder(datastore, events_table_name="bench_library")
        recorder.create_table()
        for _ in range(clients):
            recorder.insert_events([StoredEvent(uuid4(), 1, "QrFetched", STATE)])
        yield recorder
    finally:
        datastore.close()


RAW_TABLE = """create table if not exists bench_raw (
    originator_id text not null, originator_version bigint not null, topic text not null,
    state bytea not null, notification_id bigserial unique,
    primary key (originator_id, originator_version)
)"""
RAW_INSERT = """insert into bench_raw select * from unnest(
    %b::text[], %b::bigint[], %b::text[], %b::bytea[])"""


def run_raw(conninfo: str, batch: int, seconds: float, timed: Timed) -> None:
    """Insert into a table like the library's, so many rows a commit, on one connection.

    No lock, no wake-up, and no clients that wait: the server's limit.
    """
    latencies: list[float] = []
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(RAW_TABLE)
        began_s = clock.monotonic_s()
        while (asked_s := clock.monotonic_s()) < began_s + seconds:
            rows = (
                [uuid4().hex for _ in range(batch)],
                [1] * batch,
                ["QrFetched"] * batch,
                [STATE] * batch,
            )
            connection.execute(RAW_INSERT, rows, prepare=True)
            latencies += [clock.monotonic_s() - asked_s] * batch
        timed.add_round(latencies, clock.monotonic_s() - began_s)
