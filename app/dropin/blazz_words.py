"""What seed qr-scan-failure-flow's back end calls an account, and where an item leaves it."""

from typing import Any

from adapters.foreign_names import Named
from app.dropin.status_words import CODE_RAN_OUT, BlazzStatus
from domain.status import LINKING, Status
from projections.feed import FeedItem

SYSTEM = "blazz"
MOST_DIGITS = 15
"""Every number of so many digits is exact in JavaScript too."""
RAN_OUT = frozenset(reason.value for reason in CODE_RAN_OUT)


def as_number(name: str) -> int | str:
    """Give an id as a back end holds it: numbers of a table's rows are numbers."""
    number = name.isascii() and name.isdecimal() and len(name) <= MOST_DIGITS
    return int(name) if number and str(int(name)) == name else name


def ids_of(named: Named) -> dict[str, Any]:
    """Name an account as its back end does."""
    return {
        "workspace_id": as_number(named.workspace),
        "account_id": as_number(named.name),
        "session_id": as_number(named.session),
    }


def status_after(item: FeedItem) -> BlazzStatus:
    """Say the status right after an item, in the seed's word."""
    if item.status is Status.READY:
        return "connected"
    if item.status in LINKING:
        return "qr_scanning"
    ran_out = item.status is Status.FAILED and item.data.get("reason") in RAN_OUT
    return "qr_expired" if ran_out else "disconnected"
