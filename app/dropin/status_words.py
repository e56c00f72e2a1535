"""What the seeds' systems call the seven statuses. Each of them has four words."""

from typing import Literal

from domain.reasons import Reason
from domain.status import LINKING, Status
from projections.accounts import AccountRow

BlazzStatus = Literal["qr_scanning", "qr_expired", "connected", "disconnected"]
GhlStatus = Literal["initializing", "qr", "ready", "disconnected"]

CODE_RAN_OUT = frozenset({Reason.QR_EXPIRED, Reason.QR_NOT_FETCHED, Reason.QR_STALE})
"""No phone used a code in time."""


def blazz_status(row: AccountRow | None) -> BlazzStatus:
    """Say it as seed qr-scan-failure-flow does. A link that comes back by itself is no scan."""
    if row is None or _returning(row):
        return "disconnected"
    if row.status is Status.READY:
        return "connected"
    if row.status in LINKING:
        return "qr_scanning"
    ran_out = row.status is Status.FAILED and row.reason in CODE_RAN_OUT
    return "qr_expired" if ran_out else "disconnected"


def ghl_status(row: AccountRow | None) -> GhlStatus:
    """Say it as seed qr-generation-fix does: initializing, qr, ready, and never back again."""
    if row is None:
        return "disconnected"
    return ghl_word(row.status, row.attempt_kind)


def ghl_word(status: Status, attempt_kind: str | None) -> GhlStatus:
    """Say a status; one that is being checked is still at its code unless there was none."""
    match status:
        case Status.READY:
            return "ready"
        case Status.WAITING_QR:
            return "qr"
        case Status.INITIALIZING:
            return "initializing"
        case Status.AUTHENTICATING:
            return "initializing" if attempt_kind == "reconnect" else "qr"
        case Status.NOT_CREATED | Status.FAILED | Status.DISCONNECTED:
            return "disconnected"


def _returning(row: AccountRow) -> bool:
    return row.attempt_kind == "reconnect" and row.status in (
        Status.INITIALIZING,
        Status.AUTHENTICATING,
    )
