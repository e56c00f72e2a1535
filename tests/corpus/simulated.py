"""Logs of the simulator. Labels come from what people, pages and clocks did, told by commands.

Neither events nor rows are looked at, but to see which command ended an attempt. Where a faulty
world brings reports in another order than they were seen in, nobody could say, and there is no
label; nor where codes were fetched: here they live for seconds, and no person is that quick.
"""

from collections.abc import Sequence
from datetime import timedelta

from domain import observations as o
from domain.commands import ExpireDeadline
from domain.deadlines import Awaited
from domain.log import AnyInput, RecordedInput
from domain.reasons import Reason
from domain.wishes import CancelLink, RequestLogout, RequestStop
from projections.replay.account_log import AccountLog
from tests.corpus.labelled import LINKED, Labelled
from tests.simulation.run import run

SEEDS = 60
ENDINGS = (
    "LinkFailed",
    "ReconnectFailed",
    "ConnectionLost",
    "LoggedOut",
    "AccountSuperseded",
    "ReconnectCalledOff",
)
PHASES = {
    "queued": "turn_never_came",
    "browser_started": "page_never_loaded",
    "page_loaded": "bridge_never_started",
    "bridge_started": "code_never_shown",
}
MISSED = {
    Awaited.START: "turn_never_came",
    Awaited.PHONE_NUMBER: "phone_number_unknown",
    Awaited.PASSKEY: "passkey_required",
    Awaited.LOGOUT: "logout_unconfirmed",
}
MOVED_WITHIN = timedelta(seconds=30)


def simulated(seeds: int = SEEDS) -> list[Labelled]:
    """Run so many seeds; give every account that has at least one label."""
    logs: list[Labelled] = []
    for seed in range(seeds):
        stories = run(seed).world.promises.stories
        for account_id in stories.accounts:
            log = AccountLog(
                account_id=account_id,
                inputs=tuple(given for given in stories.inputs if given.stream == account_id),
                events=tuple(event for event in stories.events if event.stream == account_id),
            )
            labels = {n: told for n, part in _attempts(log) if (told := _label(part)) is not None}
            if labels:
                name = f"seed {seed}, {account_id}"
                logs.append(Labelled(source="simulated", name=name, log=log, labels=labels))
    return logs


def _attempts(log: AccountLog) -> list[tuple[int, AccountLog]]:
    return list(enumerate(log.attempts(), start=1))


def _label(part: AccountLog) -> str | None:
    ended_by = next((event.input_id for event in part.events if event.topic in ENDINGS), None)
    done = [
        given
        for given in part.inputs
        if (ended_by is None or given.input_id < ended_by) and _belongs(given, part)
    ]
    if not _in_order(done) or _opened_anew(done):
        return None
    commands = [given.command for given in done if given.command is not None]
    if ended_by is None:
        return LINKED if _did(commands, o.RecordReady) else None
    ending, *later = [given for given in part.inputs if given.input_id >= ended_by]
    if _moved_soon(ending, later):
        return "duplicate_account"
    return None if ending.command is None else _why(ending.command, commands)


def _belongs(given: RecordedInput, part: AccountLog) -> bool:
    """Leave out wishes that were refused, and reports of another attempt's page."""
    attempt = getattr(part.events[0].event, "attempt", "")
    return given.outcome != "refused" and getattr(given.command, "attempt", attempt) == attempt


def _in_order(done: Sequence[RecordedInput]) -> bool:
    """Tell whether the page's reports came in the order in which they were seen."""
    seen = [given.at for given in done if isinstance(given.command, o.Observation)]
    return seen == sorted(seen)


def _opened_anew(done: Sequence[RecordedInput]) -> bool:
    """Tell whether another worker went on with another page, whose steps look like repetitions."""
    begun = {given.at for given in done if _is_start(given.command)}
    return len(begun) > 1


def _is_start(command: AnyInput | None) -> bool:
    return isinstance(command, o.RecordPage) and command.phase == "queued"


def _moved_soon(ending: RecordedInput, later: Sequence[RecordedInput]) -> bool:
    replaced = isinstance(ending.command, o.RecordProblem) and ending.command.reason in (
        Reason.STREAM_REPLACED,
        Reason.ALREADY_LINKED_ELSEWHERE,
    )
    moved = [given.at for given in later if isinstance(given.command, o.RecordSuperseded)]
    return replaced and any(at - ending.at <= MOVED_WITHIN for at in moved)


def _did(commands: Sequence[AnyInput], kind: type[AnyInput]) -> bool:
    return any(isinstance(command, kind) for command in commands)


def _why(ending: AnyInput, done: Sequence[AnyInput]) -> str | None:
    match ending:
        case CancelLink():
            return "cancelled"
        case RequestStop():
            return "stopped"
        case o.RecordProblem() | o.RecordLogout() | o.RecordSuperseded() if _did(
            done, RequestLogout
        ):
            return None if isinstance(ending, o.RecordProblem) else _while_logging_out(ending)
        case o.RecordSuperseded():
            return "duplicate_account"
        case o.RecordProblem(reason=reason):
            at_start = reason is Reason.BROWSER_CRASHED and _last_phase(done) in (None, "queued")
            return "browser_never_started" if at_start else reason.value
        case o.RecordLogout(by=by):
            return _logged_out(by, done)
        case o.RecordQr() | o.RecordPairingCode():
            return _code_again(done)
        case ExpireDeadline(awaited=awaited) if awaited is not Awaited.LOGOUT and _slept(ending):
            return "service_away"
        case ExpireDeadline(awaited=awaited):
            return _missed(awaited, done)
        case _:
            return None


def _slept(passed: ExpireDeadline) -> bool:
    """Tell whether no clock ran when the time was up: one that runs is never half as late."""
    return passed.at - passed.due > timedelta(seconds=30)


def _while_logging_out(ending: AnyInput) -> str:
    return "logged_out" if isinstance(ending, o.RecordLogout) else "logout_unconfirmed"


def _logged_out(by: str, done: Sequence[AnyInput]) -> str | None:
    if by == "client":
        return "logged_out"
    if by == "phone":
        return "phone_unlinked"
    return "unlinked_by_whatsapp" if _did(done, o.RecordReady) else None


def _code_again(done: Sequence[AnyInput]) -> str | None:
    if _did(done, o.RecordReady):
        return "phone_unlinked"
    if _did(done, o.RecordActionRequired):
        return "passkey_required"
    if _did(done, o.RecordQrFetch):
        return None
    return "scan_rejected" if _did(done, o.RecordScan) else None


def _missed(awaited: Awaited, done: Sequence[AnyInput]) -> str | None:
    session_dead = _did(done, o.RecordSession) and _did(done, o.RecordLogout)
    match awaited:
        case Awaited.PAGE if session_dead:
            return "code_never_shown"
        case Awaited.PAGE:
            return PHASES.get(_last_phase(done) or "", "browser_never_started")
        case Awaited.SCAN if _did(done, o.RecordQrFetch):
            return None
        case Awaited.SCAN:
            return "new_scan_needed" if session_dead else "code_never_fetched"
        case Awaited.AUTHENTICATION if _did(done, o.RecordSyncProgress):
            return "sync_stalled"
        case Awaited.AUTHENTICATION if _did(done, o.RecordScan):
            return "authentication_timed_out"
        case Awaited.AUTHENTICATION:
            return "session_unanswered" if _did(done, o.RecordSession) else None
        case _:
            return MISSED[awaited]


def _last_phase(done: Sequence[AnyInput]) -> str | None:
    phases = [command.phase for command in done if isinstance(command, o.RecordPage)]
    return phases[-1] if phases else None
