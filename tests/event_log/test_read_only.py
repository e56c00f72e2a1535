"""A database that is read-only for a while needs no hand afterwards."""

import pytest
from psycopg import AsyncConnection, sql

from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.store import PostgresEventLog
from tests.event_log.appends import register


async def test_writing_goes_on_once_it_is_allowed_again(
    postgres_log: PostgresEventLog, database: str
) -> None:
    setting = sql.SQL("alter database {} {} default_transaction_read_only")
    async with await AsyncConnection.connect(database, autocommit=True) as other:
        name = sql.Identifier(other.info.dbname)
        await other.execute(setting.format(name, sql.SQL("set")) + sql.SQL(" = on"))
        with pytest.raises(StorageUnavailable, match="read-only"):
            await register(postgres_log)
        await other.execute(setting.format(name, sql.SQL("reset")))
        _, appended = await register(postgres_log)
        assert appended.positions == (1,)
