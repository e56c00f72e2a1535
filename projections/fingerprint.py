"""One SHA-256 over all rows of the read models: equal rows, equal fingerprint.

A row is hashed as readers get it, not as the table holds it: sealing a column, or sealing it under
another key, leaves the fingerprint as it is.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec


class Fingerprint:
    """Takes the rows one by one, in flat memory, in their order.

    The order: accounts by id (as its UTF-8 bytes sort, which is PostgreSQL's "C"), and behind each
    account its attempts by number.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._last = ("", 0)
        self.rows = 0

    def add_account(self, row: Mapping[str, object]) -> None:
        """Take an account's row; ValueError when it does not come behind the one before."""
        self._add("accounts", (str(row["account_id"]), 0), row)

    def add_attempt(self, row: Mapping[str, object]) -> None:
        """Take an attempt's row; ValueError when it does not come behind the one before."""
        self._add("attempts", (str(row["account_id"]), int(str(row["number"]))), row)

    def hexdigest(self) -> str:
        """Give the fingerprint of all rows so far."""
        return self._hash.hexdigest()

    def _add(self, table: str, place: tuple[str, int], row: Mapping[str, object]) -> None:
        if place <= self._last:
            raise ValueError(f"row {place} of {table} cannot come behind {self._last}")
        self._last = place
        self.rows += 1
        columns = [(name, _plain(row[name])) for name in sorted(row)]
        self._hash.update(msgspec.json.encode((table, columns)) + b"\n")


def _plain(value: object) -> object:
    """Say a time in UTC, whatever zone the session that read it was in."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
