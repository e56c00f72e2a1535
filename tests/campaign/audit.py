"""Compares what everybody was told with what the log holds, and the tables with a fresh fold.

An audit reads on from where it stopped, beside running writers; a new one starts at the first row.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from adapters.event_log.interface import EventLog
from app.held import Held, fold, rows_of
from domain.events import AccountEvent
from domain.log import Outcome, RecordedEvent
from tests.campaign.memory import Told

PAGE = 1000
ACTORS = ("key:", "writer")
"""Who sends commands under ids of its own; others repeat the id of what they react to."""

Rows = dict[tuple[str, str], dict[str, Any]]
"""(table, number) -> a row as it must be stored."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One command's input in the log."""

    input_id: int
    account_id: str
    outcome: Outcome


class Audit:
    """`faults` says in words what is not as it must be; empty is well."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.faults: list[str] = []
        self.position = 0
        self.input_id = 0
        self.items: list[int] = []
        """Positions of the events that the feed shows."""
        self._found: dict[str, list[Found]] = defaultdict(list)
        self._caused: dict[int, list[int]] = defaultdict(list)
        self._held: dict[str, Held] = {}
        self._rows: dict[str, Rows] = defaultdict(dict)
        self._touched: set[str] = set()
        self._last_of: dict[str, Told] = {}

    @property
    def accounts(self) -> int:
        """How many accounts have been folded."""
        return len(self._held)

    async def read_on(self, told: Sequence[Told]) -> None:
        """Read what is new in the log; it must hold these commands, told since the last time."""
        await self._reads_on()
        for one in told:
            self._judge(one)
        await self._compare_tables()

    async def finish(self) -> None:
        """With nobody writing any more: every table was compared, and has no row besides."""
        while await self._reads_on() or self._touched:
            await self._compare_tables()
        after, rows = "", 0
        while page := await self._log.account_rows(None, after, PAGE):
            after, rows = page[-1]["account_id"], rows + len(page)
        if rows != len(self._held):
            self._say(f"the table has {rows} accounts, the log {len(self._held)}")

    async def _reads_on(self) -> bool:
        """Read what came since the last look; tell whether anything did."""
        before = self.position, self.input_id
        await self._read_inputs()
        await self._read_events()
        return (self.position, self.input_id) != before

    async def _read_inputs(self) -> None:
        while page := await self._log.read_inputs(None, self.input_id, PAGE):
            for one in page:
                if one.input_id != self.input_id + 1:
                    self._say(f"input {one.input_id} follows {self.input_id}")
                self.input_id = one.input_id
                if one.origin.actor.startswith(ACTORS):
                    self._found[one.origin.correlation_id].append(
                        Found(input_id=one.input_id, account_id=one.stream, outcome=one.outcome)
                    )
                    if len(self._found[one.origin.correlation_id]) > 1:
                        self._say(f"doubled: {one.origin.correlation_id} was written twice")

    async def _read_events(self) -> None:
        while page := await self._log.read(self.position, PAGE):
            for recorded in page:
                if recorded.position != self.position + 1:
                    self._say(f"event {recorded.position} follows {self.position}")
                self.position = recorded.position
                self._caused[recorded.input_id].append(recorded.position)
                if isinstance(recorded.event, AccountEvent):
                    self._fold(recorded)

    def _fold(self, recorded: RecordedEvent) -> None:
        before = self._held.get(recorded.stream, Held())
        if recorded.version != before.version + 1:
            self._say(f"{recorded.stream}: version {recorded.version} follows {before.version}")
        after = self._held[recorded.stream] = fold(before, recorded)
        for key, row in rows_of(after).items():
            self._rows[recorded.stream][key] = {**row.values, "position": recorded.position}
        self._touched.add(recorded.stream)
        self.items.append(recorded.position)

    def _judge(self, told: Told) -> None:
        """Look up one command; commands of a sender come in the order of its answers."""
        found = self._found.get(told.correlation_id)
        if not found:
            self._say(f"lost: {told} is not in the log")
            return
        one = found[0]
        if (one.account_id, one.outcome) != (told.account_id, told.outcome):
            self._say(f"changed: {told} is {one} in the log")
        positions = self._caused.get(one.input_id, [])
        if bool(positions) != (told.outcome == "accepted"):
            self._say(f"lost: {told} has {len(positions)} events")
        last = positions[-1] if positions else 0
        if told.input_id is None:  # over HTTP: what the log had reached
            right = last <= told.position <= self.position
        else:
            right = (last, one.input_id) == (told.position, told.input_id)
        if not right:
            self._say(f"moved: {told} is input {one.input_id} with event {last}")
        before = self._last_of.get(told.sender)
        if before is not None and self._found[before.correlation_id][0].input_id >= one.input_id:
            self._say(f"reordered: {told.correlation_id} stands before {before.correlation_id}")
        self._last_of[told.sender] = told

    async def _compare_tables(self) -> None:
        """Compare the rows of what was touched; one that has moved on meanwhile, the next time."""
        for account in sorted(self._touched):
            stored = await self._stored(account)
            if any(row["position"] > self.position for row in stored.values()):
                continue
            self._touched.remove(account)
            expected = self._rows[account]
            if stored != expected:
                self._say(f"{account} has the rows {stored}, folded they are {expected}")

    async def _stored(self, account: str) -> Rows:
        row = await self._log.account_row(account)
        rows: Rows = {("accounts", ""): row} if row else {}
        for attempt in await self._log.attempt_rows(account):
            rows["attempts", str(attempt["number"])] = attempt
        return rows

    def _say(self, fault: str) -> None:
        self.faults.append(fault)


def missed(items: Sequence[int], wanted: Iterable[int], position: int) -> list[int]:
    """List what a reader of the feed that stands at `position` was not shown."""
    return sorted({one for one in wanted if one <= position}.difference(items))
