"""The one door: for every command the account is loaded, the command decided and appended.

Its four outcomes: accepted, ignored, refused, and a conflict that is decided again on the newer
account. Each of the first three is in the log before the caller hears of it.
"""

import asyncio
from collections.abc import Sequence
from weakref import WeakValueDictionary

import msgspec

from adapters.event_log.database import LIMIT_S
from adapters.event_log.errors import Conflict
from adapters.event_log.interface import Append, Claim, EventLog, RowWrite
from app.folded_cache import FoldedCache
from app.held import Held, fold, rows_of
from app.loading import Loader
from app.snapshots import Snapshots
from domain.commands import AnyCommand
from domain.decide import decide
from domain.decision import Ignored
from domain.events import AccountEvent
from domain.log import InputToAppend, Origin, Outcome, RecordedEvent
from domain.refusals import Refused

MOST_CONFLICTS = 8
"""Decisions on one command before the caller is told to come back: each lost to another writer."""
DOOR_LIMIT_S = LIMIT_S
"""Waiting for the commands before it on the same account: as long as one statement may take. A
database that hangs would otherwise hold up the n-th of them for n times its limit."""
CACHED_ACCOUNTS = 4096
CACHED_BYTES = 64_000_000
"""Folded accounts kept in memory, whichever is reached first."""


class TooBusy(Exception):
    """Others were before it, or faster every time; nothing was changed and a retry is safe."""


class Asked(msgspec.Struct, frozen=True):
    """A command on its way through the door."""

    account_id: str
    command: AnyCommand
    origin: Origin
    claim: Claim | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command."""

    outcome: Outcome
    rule: str
    """Why it was ignored; empty when accepted."""
    held: Held
    """The account afterwards."""
    position: int
    """Position of its last event; 0 when it caused none."""
    input_id: int


class Dispatch:
    """Submits commands to accounts, one at a time per account in this process."""

    def __init__(self, log: EventLog, snapshots: Snapshots | None = None) -> None:
        self._log = log
        self._accounts = Loader(
            log,
            Held(),
            fold,
            FoldedCache(most=CACHED_ACCOUNTS, most_bytes=CACHED_BYTES, weigh=_bytes_of),
            snapshots,
        )
        self._doors: WeakValueDictionary[str, _Door] = WeakValueDictionary()

    async def load(self, account_id: str) -> Held:
        """Load the account as it is now: what is cached, and what has been appended since."""
        return await self._accounts.load(account_id)

    async def as_of(self, account_id: str, version: int) -> Held:
        """Load the account as it was at a version; as it is now if it has not come so far."""
        return await self._accounts.as_of(account_id, version)

    def forget(self, account_id: str) -> None:
        """Hear that the account was erased: nothing of it is worth keeping in memory."""
        self._accounts.forget(account_id)

    async def submit(
        self,
        account_id: str,
        command: AnyCommand,
        origin: Origin,
        claim: Claim | None = None,
    ) -> Answer:
        """Decide one command and append it; raises Refused, TooBusy or StorageUnavailable.

        AlreadyClaimed when an earlier command took the claim; this one then changed nothing.
        """
        door = self._doors.get(account_id)
        if door is None:
            door = self._doors[account_id] = _Door(account_id)
        async with door:
            return await self._decide_until_appended(Asked(account_id, command, origin, claim))

    async def _decide_until_appended(self, asked: Asked) -> Answer:
        held = self._accounts.cached(asked.account_id) or await self.load(asked.account_id)
        for _ in range(MOST_CONFLICTS):
            try:
                return await self._decide_once(asked, held)
            except Conflict:
                held = await self.load(asked.account_id)
        raise _too_busy(asked.account_id)

    async def _decide_once(self, asked: Asked, held: Held) -> Answer:
        try:
            decision = decide(held.account, asked.command)
        except Refused as refusal:
            if held.version:  # an account that does not exist has no stream to record it in
                await self._append(asked, held, _input(asked, "refused", refusal.rule), ())
            raise
        if isinstance(decision, Ignored):
            return await self._append(asked, held, _input(asked, "ignored", decision.because), ())
        return await self._append(asked, held, _input(asked, "accepted", ""), decision)

    async def _append(
        self, asked: Asked, held: Held, decided: InputToAppend, events: Sequence[AccountEvent]
    ) -> Answer:
        after = held
        rows: dict[tuple[str, str], RowWrite] = {}
        for number, event in enumerate(events, start=held.version + 1):
            after = fold(after, _provisional(asked.account_id, number, event, decided))
            rows |= rows_of(after)
        appended = await self._log.append(
            Append(
                stream=asked.account_id,
                expected_version=held.version,
                input=decided,
                events=tuple(events),
                rows=tuple(rows.values()),
                parks=after.parks if events else (),
                claim=asked.claim,
            )
        )
        if after.version:
            self._accounts.appended(asked.account_id, held, after)
        return Answer(
            outcome=decided.outcome,
            rule=decided.rule,
            held=after,
            position=appended.positions[-1] if appended.positions else 0,
            input_id=appended.input_id,
        )


class _Door:
    """Lets in one command of an account at a time; raises TooBusy after the limit."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._lock = asyncio.Lock()
        self._asked = 0
        """Commands inside and before it."""

    async def __aenter__(self) -> None:
        self._asked += 1
        if self._asked == 1:  # nearly always: it does not wait, and a limit would cost 7 µs
            await self._lock.acquire()
            return
        try:
            async with asyncio.timeout(DOOR_LIMIT_S):
                await self._lock.acquire()
        except BaseException as error:
            self._asked -= 1
            if isinstance(error, TimeoutError):
                raise _too_busy(self._account_id) from None
            raise

    async def __aexit__(self, *_: object) -> None:
        self._asked -= 1
        self._lock.release()


def _too_busy(account_id: str) -> TooBusy:
    return TooBusy(f"Account {account_id} is being changed by others; try again")


def _bytes_of(held: Held) -> int:
    """Tell about how much memory it takes: only codes, evidence and messages gather.

    Nothing comes any more to an account that is erased: it is not worth keeping.
    """
    if held.account.erased:
        return 0
    attempt, messages = held.account.attempt, held.account.messages
    gathered = len(attempt.codes_seen) + len(attempt.evidence) if attempt else 0
    followed = len(messages.queued) + len(messages.sent)
    return 2_500 + 120 * (gathered + len(messages.heard)) + 1_000 * followed


def _input(asked: Asked, outcome: Outcome, rule: str) -> InputToAppend:
    return InputToAppend(command=asked.command, outcome=outcome, origin=asked.origin, rule=rule)


def _provisional(
    account_id: str, version: int, event: AccountEvent, decided: InputToAppend
) -> RecordedEvent:
    """Shape an event as the log will hold it; the rows use nothing that only the log knows."""
    return RecordedEvent(
        position=0,
        stream=account_id,
        version=version,
        topic=type(event).__name__,
        event=event,
        input_id=0,
        origin=decided.origin,
        recorded_at=event.at,
    )
