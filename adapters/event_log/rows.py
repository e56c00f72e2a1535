"""The columns of the read models, and what a row may be made of."""

from collections.abc import Mapping
from typing import LiteralString

from adapters.event_log.interface import RowWrite, Table

COLUMNS: Mapping[Table, tuple[LiteralString, ...]] = {
    "accounts": (
        "account_id",
        "workspace",
        "label",
        "site",
        "status",
        "since",
        "reason",
        "detail",
        "attempt_id",
        "attempt_number",
        "attempt_kind",
        "phone",
        "phone_fingerprint",
        "name",
        "is_primary",
        "deadline_awaited",
        "deadline_at",
        "ready_at",
        "registered_at",
        "version",
    ),
    "attempts": (
        "account_id",
        "number",
        "attempt_id",
        "kind",
        "method",
        "started_at",
        "ended_at",
        "outcome",
        "reason",
        "detail",
        "codes_issued",
        "codes_fetched",
        "first_code_at",
        "first_fetched_at",
        "scanned_at",
        "ready_at",
        "began_version",
        "ended_version",
        "whatsapp",
        "linking",
        "linking_since",
        "initializing_us",
        "waiting_qr_us",
        "authenticating_us",
    ),
    "messages": (
        "account_id",
        "message_id",
        "direction",
        "peer",
        "peer_fingerprint",
        "name",
        "kind",
        "template",
        "media_type",
        "size_bytes",
        "fingerprint",
        "whatsapp_id",
        "status",
        "waits",
        "tries",
        "sent_by",
        "fallback_used",
        "reason",
        "detail",
        "accepted_at",
        "sent_at",
        "delivered_at",
        "read_at",
        "failed_at",
    ),
}
"""Table -> its columns, without `position`. A test compares them with the database."""

KEYS: Mapping[Table, tuple[LiteralString, ...]] = {
    "accounts": ("account_id",),
    "attempts": ("account_id", "number"),
    "messages": ("account_id", "message_id"),
}
"""Table -> the columns that tell its rows apart."""

_NAMES: Mapping[Table, frozenset[str]] = {
    table: frozenset(names) for table, names in COLUMNS.items()
}


def check_row(row: RowWrite) -> None:
    """Refuse a row that does not fill its table exactly: ValueError names the columns."""
    if _NAMES[row.table].symmetric_difference(row.values):
        wanted, given = _NAMES[row.table], set(row.values)
        raise ValueError(
            f"a row of {row.table} lacks {sorted(wanted - given)} and has {sorted(given - wanted)}"
            " too many"
        )
