"""eventsourcing's own tools on our log: Application, notification log, subscriptions.

For tests, tools and replay; the service itself writes through `store`. Both go through functions
that hold the same lock, so their rows are in one order. POSTGRES_ENABLE_DB_FUNCTIONS must never be
set: it drops the lock and loses events to readers (measured with 9.5.6).
"""

from collections.abc import Sequence
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, Mapper, StoredEvent, Subscription
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresSubscription,
)
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from adapters.blocking_account_keys import BlockingAccountKeys
from adapters.event_log.mapper import LogMapper
from adapters.keys import Keys

TABLE = "events"
POOL_SIZE = 5
STOPPING_S = 0.1
"""How often a subscription's thread looks whether it should end; as in the library."""
APPEND = (
    "select notification_id"
    " from append_stored_events(%s::text[], %s::bigint[], %s::text[], %s::bytea[])"
)


class LogDatastore(PostgresDatastore):
    """The library's pool, connected by a conninfo of ours. Close it."""

    def __init__(self, conninfo: str) -> None:
        given = conninfo_to_dict(conninfo)
        super().__init__(
            dbname=str(given.get("dbname", "")),
            host=str(given.get("host", "")),
            port=str(given.get("port", "")),
            user=str(given.get("user", "")),
            password=str(given.get("password", "")),
            originator_id_type="text",
            pool_size=0,
            max_overflow=POOL_SIZE,
            pre_ping=True,
        )
        # All of the conninfo (sslmode, a socket's folder …), not only the five that it takes.
        self.pool.kwargs = {**given, "row_factory": dict_row}


class LogSubscription(PostgresSubscription):
    """The library's, without its gap.

    That one looks once and then begins to listen, so it notices what is written in between only
    with the next append (9.5.6; our tests hung on it).
    """

    def _listen(self) -> None:
        try:
            with self._recorder.datastore.get_connection() as connection:
                connection.execute("listen events")
                self._has_been_notified.set()  # look again, now that nothing can be missed
                while not self._has_been_stopped and self._thread_error is None:
                    for _ in connection.notifies(timeout=STOPPING_S, stop_after=1):
                        self._has_been_notified.set()
        except BaseException as error:  # noqa: BLE001  the library raises it in the reader's thread
            if self._thread_error is None:
                self._thread_error = error
            self.stop()


class LogRecorder(PostgresApplicationRecorder):
    """Reads as the library does; writes through `append_stored_events`."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        if datastore.enable_db_functions:
            raise ValueError("POSTGRES_ENABLE_DB_FUNCTIONS loses events to readers: unset it")
        super().__init__(datastore, events_table_name=TABLE)

    def create_table(self) -> None:
        """Leave the schema to the migrations."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Append rows, all or none, and give their positions; IntegrityError if one exists.

        Sent once: after a lost connection nobody knows whether it was written, so look.
        """
        if kwargs.get("tracking") is not None:
            raise TypeError("tracking belongs to the cursors of the log")
        if not stored_events:
            return None
        with self.datastore.get_connection() as connection:
            rows = connection.execute(
                APPEND,
                (
                    [_text_id(event.originator_id) for event in stored_events],
                    [event.originator_version for event in stored_events],
                    [event.topic for event in stored_events],
                    [event.state for event in stored_events],
                ),
            ).fetchall()
        return [row["notification_id"] for row in rows]

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Follow the log from behind a position; use it inside `with`."""
        return LogSubscription(recorder=self, gt=gt, topics=topics)


def _text_id(originator_id: UUID | str) -> str:
    if isinstance(originator_id, UUID):
        raise TypeError("streams are named by text, not by UUID objects")
    return originator_id


class LogApplication(Application[str]):
    """The library's Application over our log: repository, notification log, `save`. Close it."""

    def __init__(self, conninfo: str, keys: Keys) -> None:
        self._datastore = LogDatastore(conninfo)
        self._keys = BlockingAccountKeys(conninfo, keys)
        super().__init__()

    def construct_mapper(self) -> Mapper[str]:
        """Use our stable topics and JSON."""
        return LogMapper(self._keys)

    def construct_recorder(self) -> ApplicationRecorder:
        """Use our table and lock."""
        return LogRecorder(self._datastore)

    def close(self) -> None:
        """Close the application and its connections."""
        super().close()
        self._keys.close()
        self._datastore.close()
