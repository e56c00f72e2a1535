"""Logs that a build with a planted fault wrote: long, with much in them that does not matter."""

from collections.abc import Callable

from domain.deadlines import Awaited
from domain.observations import (
    RecordActionRequired,
    RecordEvidence,
    RecordProblem,
    RecordQrFetch,
    RecordScan,
    RecordSession,
    RecordSyncProgress,
)
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import CancelLink
from projections.replay.account_log import AccountLog
from projections.replay.regression import Expected
from tests.read_models.scenes import A1, expire, linked, opened, ready, rotated, show
from tests.read_models.stories import CLIENT, Story, at
from tests.replay.planted import planted

LAST_CODE_S = 285.0
READY = Expected(Status.READY)


def _codes() -> Story:
    """Many codes, each fetched, and each asked for again in vain."""
    story = rotated(dict.fromkeys(range(1, 14), 2.0), last=13)
    for ordinal in range(1, 14):
        again = RecordQrFetch(at=at(LAST_CODE_S), attempt=A1, fingerprint=f"code-{ordinal}")
        story.tell(again, by=CLIENT)
    return story


def _evidence(story: Story, seconds: float) -> Story:
    seen = RecordEvidence(
        at=at(seconds), attempt=A1, kind="screenshot", digest="face-of-somebody", size_bytes=900
    )
    return story.tell(seen)


def _syncs(story: Story, *seconds: float) -> Story:
    for moment in seconds:
        percent = int(moment) - 295
        story.tell(RecordSyncProgress(at=at(moment), attempt=A1, percent=percent))
    return story


def _scan_behind_a_passkey() -> Story:
    story = _codes().tell(
        RecordActionRequired(at=at(286), attempt=A1, action="passkey"),
        RecordScan(at=at(290), attempt=A1),
        RecordScan(at=at(291), attempt=A1),
    )
    _syncs(story, 300, 320).tell(ready(330))
    return _evidence(expire(story, Awaited.PASSKEY, 406), 408)


def _never_gives_up() -> Story:
    story = _codes().tell(RecordScan(at=at(290), attempt=A1))
    expire(story, Awaited.AUTHENTICATION, 350)
    return _evidence(story, 900).tell(CancelLink(at=at(901)), by=CLIENT)


def _slow_sync() -> Story:
    story = _syncs(_codes().tell(RecordScan(at=at(290), attempt=A1)), 310, 330, 345)
    expire(story, Awaited.AUTHENTICATION, 350)
    return _syncs(story, 360, 380, 400).tell(ready(410))


def _stranded() -> Story:
    lost = RecordProblem(at=at(900), attempt=A1, reason=Reason.NETWORK_LOST, jitter=0.25)
    return _evidence(linked().tell(lost, ready(901)), 902)


def _crash_overlooked() -> Story:
    story = _codes().tell(RecordScan(at=at(290), attempt=A1))
    story.tell(RecordProblem(at=at(291), attempt=A1, reason=Reason.BROWSER_CRASHED))
    return expire(story, Awaited.AUTHENTICATION, 350)


def _session_thrown_away() -> Story:
    story = opened().tell(RecordSession(at=at(5), attempt=A1))
    show(story, 1, 6, lives_s=60)
    show(story, 2, 66, lives_s=20)
    return _evidence(story, 67).tell(RecordScan(at=at(70), attempt=A1), ready(80))


FAULTY_LOGS: dict[str, tuple[Callable[[], Story], Expected | None, int]] = {
    "deaf_behind_a_passkey": (_scan_behind_a_passkey, READY, 12),
    "authentication_never_late": (
        _never_gives_up,
        Expected(Status.FAILED, Reason.AUTHENTICATION_TIMED_OUT),
        8,
    ),
    "sync_renews_nothing": (_slow_sync, READY, 12),
    "no_appointment": (_stranded, None, 8),
    "trouble_forgiven": (_crash_overlooked, Expected(Status.FAILED, Reason.BROWSER_CRASHED), 8),
    "old_sessions_final": (_session_thrown_away, READY, 8),
}
"""Fault -> the log it wrote, how that should have ended (None: with an
appointment, which nobody can ask for), and how many inputs show it at most."""


def faulty_log(fault: str) -> tuple[AccountLog, Expected | None, int]:
    """Write the log on the build with the fault."""
    tell, expected, most_inputs = FAULTY_LOGS[fault]
    with planted(fault):
        inputs, events = tell().of("acc_1")
    log = AccountLog(account_id="acc_1", inputs=tuple(inputs), events=tuple(events))
    return log, expected, most_inputs
