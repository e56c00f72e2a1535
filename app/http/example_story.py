"""One account's story as the reference tells it.

Every example of an answer is computed from it by the very code that answers, so no example can
show what the API would not say.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from adapters.evidence_store import Kept
from app.build import BUILD
from app.held import Held, fold
from app.http.views import AccountDetail, account_detail
from domain import events as e
from domain import facts as f
from domain.commands import AnyCommand
from domain.deadlines import Awaited, due_in
from domain.log import Origin, RecordedEvent, RecordedInput
from domain.observations import (
    RecordEvidence,
    RecordProblem,
    RecordQr,
    RecordQrFetch,
    RecordReady,
    RecordScan,
)
from domain.policy import Policy
from domain.reasons import Reason
from domain.wishes import RegisterAccount, RequestLink, RequestStop
from projections.accounts import AccountRow
from projections.feed import FeedItem, FeedProjection
from projections.replay.account_log import AccountLog
from projections.replay.bundle import write_bundle

ACCOUNT = "acc_01m7y4z8k2d3f4g5h6j7k8m9n0"
ATTEMPTS = ("att_01m7y4zf00a1b2c3d4e5f6g7h8", "att_01m7y51900j1k2m3n4p5q6r7s8")
FINGERPRINTS = ("3f9a1c7e5b2d4860", "a27b90c4d1e8f356")
DIGEST = "8f6b0c7f4c1f0d8d4e5a8c7d1f3b9e2a6c5d4b3a291807f6e5d4c3b2a1908f7e"
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CLIENT = Origin(actor="key:key_admin", correlation_id="req_01m7y4zf02")
WORKER = Origin(actor="worker:wrk_01m7y4w0q1")
FIRST_POSITION = 40

Step = tuple[AnyCommand, Origin, tuple[e.AccountEvent, ...]]


class Example(msgspec.Struct, frozen=True):
    """The story folded, as of its end."""

    held: Held
    row: AccountRow
    detail: AccountDetail
    position: int
    events: tuple[RecordedEvent, ...]
    inputs: tuple[RecordedInput, ...]
    items: tuple[FeedItem, ...]
    now: datetime


def waiting() -> Example:
    """Tell it up to the second attempt's code, after a first attempt that failed."""
    return _told((*_first_attempt(), *_second_attempt()[:2]))


def ready() -> Example:
    """Tell it up to READY."""
    return _told((*_first_attempt(), *_second_attempt()))


def stopped() -> Example:
    """Tell it up to a stop by hand."""
    stop = (
        RequestStop(at=_at(3600)),
        CLIENT,
        (e.ConnectionLost(at=_at(3600), attempt=ATTEMPTS[1], reason=Reason.STOPPED),),
    )
    return _told((*_first_attempt(), *_second_attempt(), stop))


def example_log() -> AccountLog:
    """Give all of it as replaying reads it: an attempt that failed, and one that went well."""
    example = ready()
    return AccountLog(account_id=ACCOUNT, inputs=example.inputs, events=example.events)


def example_bundle() -> bytes:
    """Write the first attempt into a bundle."""
    return write_bundle(example_log().attempts()[0], "masked", build=BUILD, attempt=1)


def failed() -> Example:
    """Tell it up to the first attempt's failure."""
    return _told(_first_attempt())


def kept() -> tuple[Kept, ...]:
    """Give the evidence that is kept of it."""
    piece = Kept(
        digest=DIGEST, kind="screenshot", attempt=ATTEMPTS[0], size_bytes=14_208, kept_at=_at(24.4)
    )
    return (piece,)


def _at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def _first_attempt() -> tuple[Step, ...]:
    name, code, policy = ATTEMPTS[0], FINGERPRINTS[0], Policy()
    registered = e.AccountRegistered(
        at=_at(0), workspace="acme", label="Front desk", site="sandbox"
    )
    return (
        (
            RegisterAccount(at=_at(0), workspace="acme", label="Front desk", site="sandbox"),
            CLIENT,
            (registered, f.PrimaryChosen(at=_at(0))),
        ),
        (RequestLink(at=_at(5), attempt=name), CLIENT, (_requested(5, name, 1),)),
        (_showing(7, name, code), WORKER, (_issued(7, name, code),)),
        (
            RecordQrFetch(at=_at(7.2), attempt=name, fingerprint=code),
            CLIENT,
            (e.QrFetched(at=_at(7.2), attempt=name, fingerprint=code),),
        ),
        (
            RecordScan(at=_at(21), attempt=name),
            WORKER,
            (
                e.QrScanned(
                    at=_at(21),
                    attempt=name,
                    deadline=due_in(Awaited.AUTHENTICATION, _at(21), policy.authentication_s),
                ),
            ),
        ),
        (
            RecordProblem(at=_at(24), attempt=name, reason=Reason.SCAN_REJECTED),
            WORKER,
            (e.LinkFailed(at=_at(24), attempt=name, reason=Reason.SCAN_REJECTED),),
        ),
        (
            RecordEvidence(
                at=_at(24.4), attempt=name, kind="screenshot", digest=DIGEST, size_bytes=14_208
            ),
            WORKER,
            (
                f.EvidenceKept(
                    at=_at(24.4), attempt=name, kind="screenshot", digest=DIGEST, size_bytes=14_208
                ),
            ),
        ),
    )


def _second_attempt() -> tuple[Step, ...]:
    name, code, policy = ATTEMPTS[1], FINGERPRINTS[1], Policy()
    phone, fingerprint = "4915112345678", "c5d2e0a197b3f468"
    return (
        (RequestLink(at=_at(60), attempt=name, retry=True), CLIENT, (_requested(60, name, 2),)),
        (_showing(62, name, code), WORKER, (_issued(62, name, code),)),
        (
            RecordScan(at=_at(75), attempt=name),
            WORKER,
            (
                e.QrScanned(
                    at=_at(75),
                    attempt=name,
                    deadline=due_in(Awaited.AUTHENTICATION, _at(75), policy.authentication_s),
                ),
            ),
        ),
        (
            RecordReady(at=_at(80), attempt=name, phone=phone, phone_fingerprint=fingerprint),
            WORKER,
            (
                e.PhoneIdentified(
                    at=_at(80), attempt=name, phone=phone, fingerprint=fingerprint, name="Acme"
                ),
                e.LinkCompleted(at=_at(80), attempt=name),
            ),
        ),
    )


def _requested(seconds: float, name: str, number: int) -> e.LinkRequested:
    policy = Policy()
    return e.LinkRequested(
        at=_at(seconds),
        attempt=name,
        number=number,
        method="qr",
        policy=policy,
        deadline=due_in(Awaited.PAGE, _at(seconds), policy.initialize_s),
    )


def _showing(seconds: float, name: str, code: str) -> RecordQr:
    return RecordQr(at=_at(seconds), attempt=name, fingerprint=code, expires_at=_at(seconds + 60))


def _issued(seconds: float, name: str, code: str) -> e.QrIssued:
    return e.QrIssued(
        at=_at(seconds),
        attempt=name,
        fingerprint=code,
        ordinal=1,
        expires_at=_at(seconds + 60),
        deadline=due_in(Awaited.SCAN, _at(seconds), Policy().link_window_s),
    )


def _told(steps: tuple[Step, ...]) -> Example:
    held, events, inputs = Held(), list[RecordedEvent](), list[RecordedInput]()
    for input_id, (command, origin, caused) in enumerate(steps, start=90):
        inputs.append(
            RecordedInput(
                input_id=input_id,
                stream=ACCOUNT,
                stream_version=held.version,
                kind=type(command).__name__,
                command=command,
                at=command.at,
                recorded_at=command.at + timedelta(milliseconds=3),
                outcome="accepted",
                rule="",
                origin=origin,
            )
        )
        for event in caused:
            events.append(_recorded(event, held.version + 1, input_id, origin))
            held = fold(held, events[-1])
    row = held.row
    if row is None:
        message = "the story begins with the account's registration"
        raise AssertionError(message)
    feed = FeedProjection()
    items = tuple(item for item in (feed.item(event) for event in events) if item is not None)
    return Example(
        held=held,
        row=row,
        detail=account_detail(held, row),
        position=events[-1].position,
        events=tuple(events),
        inputs=tuple(inputs),
        items=items,
        now=events[-1].event.at + timedelta(seconds=2),
    )


def _recorded(event: e.AccountEvent, version: int, input_id: int, origin: Origin) -> RecordedEvent:
    return RecordedEvent(
        position=FIRST_POSITION + version,
        stream=ACCOUNT,
        version=version,
        topic=type(event).__name__,
        event=event,
        input_id=input_id,
        origin=origin,
        recorded_at=event.at + timedelta(milliseconds=3),
    )
