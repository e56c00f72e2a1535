"""The accounts' keys without an event loop: for replay of the whole log, and eventsourcing."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import Connection

from adapters.account_keys import WRAPPED, WRAPPED_OR_MADE, AccountKey, KeyRing
from adapters.keys import Keys

CONNECT_S = 10


class BlockingAccountKeys:
    """One connection, opened when it is first needed. Use inside `with`, or close it.

    Raises what psycopg raises.
    """

    def __init__(self, conninfo: str, keys: Keys) -> None:
        self._conninfo = conninfo
        self._ring = KeyRing(keys)
        self._connection: Connection[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def of(self, account_id: str) -> AccountKey | None:
        """Give the account's key, made when it is first needed; None for ever once destroyed."""
        while account_id not in self._ring:
            made = self._ring.make(account_id)
            self._take_in(WRAPPED_OR_MADE, ([account_id], [made]))
        return self._ring.get(account_id)

    def of_many(self, account_ids: Iterable[str]) -> Mapping[str, AccountKey]:
        """Give those that exist, with one query for all that are not at hand."""
        wanted = set(account_ids)
        found = {account_id: self._ring.get(account_id) for account_id in wanted}
        missing = [account_id for account_id in wanted if account_id not in self._ring]
        if missing:
            found.update(self._take_in(WRAPPED, (missing,)))
        return {account_id: key for account_id, key in found.items() if key is not None}

    def drop(self, account_id: str) -> None:
        """Hear that the account was erased: its key opens nothing here any more."""
        self._ring.drop(account_id)

    def _take_in(self, statement: str, values: tuple[object, ...]) -> dict[str, AccountKey | None]:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._conninfo, autocommit=True, connect_timeout=CONNECT_S
            )
        records = self._connection.execute(statement.encode(), values, binary=True).fetchall()
        return {account_id: self._ring.add(account_id, wrapped) for account_id, wrapped in records}
