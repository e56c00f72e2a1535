"""The log on PostgreSQL under the tests' master key."""

from adapters.event_log.codec import Codec
from adapters.event_log.database import Database
from adapters.event_log.store import PostgresEventLog
from adapters.keys import Keys

MASTER_KEY = b"m" * 32


def open_log(database: Database, codec: Codec | None = None) -> PostgresEventLog:
    return PostgresEventLog(database, Keys(MASTER_KEY), codec)
