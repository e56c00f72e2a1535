"""The database as it was at one moment, for what reads it through `Database`."""

from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL

from adapters.event_log.database import CONNECT_S, Database, Record, Values
from adapters.event_log.errors import StorageUnavailable


class SnapshotDatabase(Database):
    """Runs statements in a snapshot that another connection has exported and still holds."""

    def __init__(self, conninfo: str, *, snapshot: str = "", **options: Any) -> None:  # noqa: ANN401  Database's own
        super().__init__(conninfo, **options)
        self._snapshot = snapshot
        self._connection: AsyncConnection[Record] | None = None

    async def __aenter__(self) -> Self:
        try:
            self._connection = await AsyncConnection.connect(
                self.conninfo, autocommit=True, connect_timeout=CONNECT_S
            )
            await self._connection.execute("set timezone to 'UTC'")
            await self._connection.execute("begin isolation level repeatable read read only")
            await self._connection.execute(
                SQL("set transaction snapshot {}").format(self._snapshot)
            )
        except psycopg.Error as error:
            await self.close()
            raise StorageUnavailable("The connection to the database was lost.") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        await super().close()

    async def fetch(self, statement: LiteralString, values: Values = ()) -> list[Record]:
        """Run a statement that only reads; StorageUnavailable when the connection is lost."""
        if self._connection is None:
            raise StorageUnavailable("The database is not open.")
        try:
            async with self._connection.cursor(binary=True) as cursor:
                await cursor.execute(statement, values, prepare=True)
                return await cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError as error:
            raise StorageUnavailable("The connection to the database was lost.") from error
