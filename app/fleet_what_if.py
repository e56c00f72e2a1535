"""Asks of many recorded attempts what this build, or another policy, would have made of them.

The log is read by the processes that decide it again, some accounts at a time, each at one moment.
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial

import msgspec

from adapters.event_log.attempts_begun import Begun, attempts_begun
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.partitions import connected
from adapters.event_log.whole_accounts import AccountReader, WholeAccount
from adapters.keys import Keys
from app.poison import place_of, sentence_of
from app.worker_processes import on_all_cores
from projections.replay.account_log import AccountLog
from projections.replay.edits import BadChange
from projections.replay.fleet import (
    AttemptVerdict,
    Fleet,
    FleetQuestion,
    Tell,
    begun_at,
    judge_attempt,
    number_of,
    undecidable,
)
from projections.replay.what_if import Changes, Verdict

BATCH = 2000
"""Events that are read at once, about, and decided again in some 0.1 s: 4 MB."""

NOT_IN_LOG = "the list of attempts has it, and the log does not: see `projections verify`"


class Judged(msgspec.Struct, frozen=True):
    """What became of a batch."""

    accounts: int
    of: int
    """Accounts in all batches."""
    verdicts: dict[Verdict, int]
    different: list[AttemptVerdict]


def fleet_what_if(conninfo: str, keys: Keys, asked: FleetQuestion, tell: Tell) -> Fleet:
    """Decide all of them again, on all cores; StorageUnavailable when the log cannot be read."""
    counted: Counter[Verdict] = Counter()
    different: list[AttemptVerdict] = []
    accounts = 0
    begun = attempts_begun(conninfo, asked.since, workspace=asked.workspace, limit=asked.limit)
    with closing(begun):
        for judged in on_all_cores(partial(judge_batches, conninfo, keys, asked), batches(begun)):
            counted.update(judged.verdicts)
            different += judged.different
            accounts += judged.accounts
            tell(accounts, judged.of)
    return Fleet(
        attempts=counted.total(),
        verdicts=dict(counted),
        different=tuple(sorted(different, key=lambda one: (one.account_id, one.attempt))),
    )


def batches(begun: Iterable[Begun]) -> Generator[list[Begun]]:
    """Put accounts together that have some BATCH events; one that has more is alone."""
    batch: list[Begun] = []
    events = 0
    for account in begun:
        if batch and events + account.version > BATCH:
            yield batch
            batch, events = [], 0
        batch.append(account)
        events += account.version
    if batch:
        yield batch


def judge_batches(
    conninfo: str, keys: Keys, asked: FleetQuestion, tasks: Iterator[list[Begun]]
) -> Generator[Judged | StorageUnavailable]:
    """Read and decide batch after batch; the work of one process."""
    try:
        with connected(conninfo) as connection:
            reader = AccountReader(connection, keys)
            for batch in tasks:
                read = {one.account_id: one for one in reader.read([b.account_id for b in batch])}
                yield _judged(batch, read, asked)
    except StorageUnavailable as error:
        yield error


def _judged(batch: list[Begun], read: dict[str, WholeAccount], asked: FleetQuestion) -> Judged:
    found: list[AttemptVerdict] = []
    for begun in batch:
        account = read.get(begun.account_id) or WholeAccount(account_id=begun.account_id)
        found += judge_account(account, begun.numbers, asked)
    return Judged(
        accounts=len(batch),
        of=batch[0].of,
        verdicts=Counter(one.verdict for one in found),
        different=[one for one in found if one.verdict is not Verdict.SAME],
    )


def judge_account(
    account: WholeAccount, numbers: Collection[int] | None, asked: FleetQuestion
) -> Iterator[AttemptVerdict]:
    """Judge these attempts (None: all since then); what cannot be read is UNDECIDABLE."""
    try:
        attempts = _attempts(account)
    except Exception as error:  # noqa: BLE001  a projection's defect is one account's trouble
        unread = sentence_of(error)
        yield from (undecidable(account.account_id, number, unread) for number in numbers or (0,))
        return
    left = set(numbers or ())
    for attempt in attempts:
        number = number_of(attempt)
        if number in left or (numbers is None and begun_at(attempt) >= asked.since):
            left.discard(number)
            yield verdict_on(attempt, asked.changes)
    yield from (undecidable(account.account_id, number, NOT_IN_LOG) for number in left)


def _attempts(account: WholeAccount) -> tuple[AccountLog, ...]:
    if account.unreadable is not None:
        raise account.unreadable
    log = AccountLog(account_id=account.account_id, inputs=account.inputs, events=account.events)
    return log.attempts()


def verdict_on(attempt: AccountLog, changes: Changes) -> AttemptVerdict:
    """Judge an attempt; a build that raises on it has broken it."""
    try:
        return judge_attempt(attempt, changes)
    except BadChange:
        raise
    except Exception as error:  # noqa: BLE001  whatever is wrong with this build, it is told
        return AttemptVerdict(
            account_id=attempt.account_id,
            attempt=number_of(attempt),
            verdict=Verdict.BROKEN,
            difference=f"this build raises {type(error).__name__} in {place_of(error)}",
        )
