"""Appends for tests of the log: real commands, events and rows, with fixed values."""

from datetime import datetime
from uuid import uuid4

from adapters.event_log.interface import Append, Appended, EventLog, RowWrite
from domain import events as e
from domain.log import AnyEvent, InputToAppend, Origin, Outcome
from domain.observations import RecordQr
from domain.wishes import CancelLink, RegisterAccount
from tests.examples import ATTEMPT, QR_KEYED_1, at

KEY = Origin(actor="key:1", correlation_id="request-1", trace_parent="00-01-02-01")
WORKER = Origin(actor="worker:1")


def registration(
    stream: str, *, workspace: str = "shop", label: str = "", rows: tuple[RowWrite, ...] = ()
) -> Append:
    """Register an account: the first append of its stream."""
    command = RegisterAccount(at=at(0), workspace=workspace, label=label)
    event = e.AccountRegistered(at=at(0), workspace=workspace, label=label)
    return Append(
        stream=stream,
        expected_version=0,
        input=InputToAppend(command=command, outcome="accepted", origin=KEY),
        events=(event,),
        rows=rows,
    )


def observation(
    stream: str, expected_version: int, *events: AnyEvent, rows: tuple[RowWrite, ...] = ()
) -> Append:
    """See a code, with whatever events the test wants to have been decided."""
    command = RecordQr(
        at=at(5), attempt=ATTEMPT, fingerprint=QR_KEYED_1, expires_at=at(65), source="bridge"
    )
    return Append(
        stream=stream,
        expected_version=expected_version,
        input=InputToAppend(command=command, outcome="accepted", origin=WORKER),
        events=events,
        rows=rows,
    )


def refusal(stream: str, expected_version: int, outcome: Outcome = "refused") -> Append:
    """Cancel when there is nothing to cancel: an input without events."""
    return Append(
        stream=stream,
        expected_version=expected_version,
        input=InputToAppend(
            command=CancelLink(at=at(3)), outcome=outcome, origin=KEY, rule="nothing_to_cancel"
        ),
    )


def account_row(account_id: str, version: int, **changed: object) -> RowWrite:
    """Fill a row of the accounts table."""
    values: dict[str, object] = {
        "account_id": account_id,
        "workspace": "shop",
        "label": "Front desk",
        "site": "live",
        "status": "NOT_CREATED",
        "since": at(0),
        "reason": None,
        "detail": "",
        "attempt_id": None,
        "attempt_number": 0,
        "attempt_kind": None,
        "phone": None,
        "phone_fingerprint": None,
        "name": "",
        "is_primary": False,
        "deadline_awaited": None,
        "deadline_at": None,
        "ready_at": None,
        "registered_at": at(0),
        "version": version,
    }
    return RowWrite("accounts", {**values, **changed})


def attempt_row(account_id: str, number: int, **changed: object) -> RowWrite:
    """Fill a row of the attempts table."""
    values: dict[str, object] = {
        "account_id": account_id,
        "number": number,
        "attempt_id": f"{account_id}-attempt-{number}",
        "kind": "link",
        "method": "qr",
        "started_at": at(1),
        "ended_at": None,
        "outcome": "running",
        "reason": None,
        "detail": "",
        "codes_issued": 0,
        "codes_fetched": 0,
        "first_code_at": None,
        "first_fetched_at": None,
        "scanned_at": None,
        "ready_at": None,
        "began_version": 2,
        "ended_version": None,
        "whatsapp": "",
        "linking": "INITIALIZING",
        "linking_since": at(1),
        "initializing_us": None,
        "waiting_qr_us": None,
        "authenticating_us": None,
    }
    return RowWrite("attempts", {**values, **changed})


async def register(log: EventLog, stream: str | None = None) -> tuple[str, Appended]:
    """Append one registration to a stream that nobody else uses."""
    name = stream or f"acc_{uuid4().hex}"
    return name, await log.append(registration(name))


def fetched(at_time: datetime) -> e.QrFetched:
    """Give a short event of an attempt."""
    return e.QrFetched(at=at_time, attempt=ATTEMPT, fingerprint=QR_KEYED_1)
