"""The reference's lines of the routes in housekeeping.py."""

from adapters.workers_seen import WorkerSeen
from app.cleanup import Deed
from app.diagnosis import Diagnosis, Leftovers, Stuck
from app.http.example_story import ACCOUNT, START
from app.http.housekeeping import CleanupAnswer, CleanupWanted
from app.http.reference_line import Line
from domain.status import Status


def _diagnosis() -> Diagnosis:
    return Diagnosis(
        at=START,
        accounts=3,
        by_status={"READY": 2, "INITIALIZING": 1},
        in_seed_words={"initializing": 1, "qr": 0, "ready": 2, "disconnected": 0},
        stuck=(
            Stuck(
                account_id=ACCOUNT,
                status=Status.INITIALIZING,
                since=START,
                why="no_code",
                awaited="page",
            ),
        ),
        leftovers=Leftovers(folders=("acc_01jd0000000000000000000000",), sessions=()),
        without_session=(),
        leases=(
            WorkerSeen(worker_id="5f0c2a91", holder="primary", started_at=START, silent_s=0.4),
        ),
        versions={"linkwright": "0.1.0", "python": "3.11.9"},
    )


def _cleaned() -> CleanupAnswer:
    deed = Deed(
        action="end_attempt",
        account_id=ACCOUNT,
        outcome="done",
        sentence="Ended an attempt: it is FAILED now.",
    )
    return CleanupAnswer(dry_run=False, deeds=(deed,))


HOUSEKEEPING: dict[str, Line] = {
    "diagnostics": Line(answer=_diagnosis, problems=("operators_only",)),
    "cleanup": Line(
        body=CleanupWanted(dry_run=True),
        answer=_cleaned,
        problems=("operators_only", "request_in_progress"),
    ),
}
