"""In whatever order appends, defects, rebuilds and retries come: the tables are what the log says.

At every moment each row that is not parked equals the fresh fold by a projection without a defect.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Iterator
from datetime import datetime
from itertools import count
from typing import Any, ClassVar, TypeVar, cast

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from msgspec.structs import replace

from adapters.event_log.database import Database
from adapters.event_log.partitions import Reading
from adapters.keys import Keys
from app.dispatch import Dispatch
from app.projecting.compare import compare
from app.projecting.rebuild import rebuild
from app.projecting.retry import retry
from domain.commands import AnyCommand, RegisterAccount
from domain.log import RecordedEvent
from domain.refusals import Refused
from projections.tables import TABLES, TableName, TableProjection
from tests.opened_log import MASTER_KEY, open_log
from tests.read_models.generated import ANY, FITTING, MOVES, Move, moves
from tests.read_models.stories import CLIENT, NOON, at

WHOLE = dict(TABLES)
LIVE = cast("dict[TableName, TableProjection]", TABLES)
NAMES = st.sampled_from(["acc_1", "acc_2"])
TABLE_NAMES = st.sampled_from(list(WHOLE))
T = TypeVar("T")


class Defect(Exception):
    """What a broken projection raises."""


def broken(table: TableName, topic: str) -> TableProjection:
    whole = WHOLE[table]

    def project(row: object, recorded: RecordedEvent) -> object:
        if recorded.topic == topic:
            raise Defect
        return whole.project(row, recorded)

    return replace(whole, project=project)


class Interleaved(RuleBasedStateMachine):
    """Two processes tell of accounts, each with what it remembers, over one database."""

    conninfo: ClassVar[str]
    met: ClassVar[Counter[str]] = Counter()
    numbers: ClassVar[Iterator[int]] = count()

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.database = Database(self.conninfo)
        self.log = open_log(self.database)
        self.reading = Reading(self.conninfo, Keys(MASTER_KEY))
        self.processes = [Dispatch(self.log), Dispatch(self.log)]
        example = next(self.numbers)
        self.accounts = {name: f"{name}_{example}" for name in ("acc_1", "acc_2")}
        self.seconds = 0.0
        for account in self.accounts.values():
            register = RegisterAccount(at=NOON, workspace="ws_1", label="Front desk")
            self.run(self.processes[0].submit(account, register, CLIENT))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @rule(process=st.sampled_from([0, 1]), move=moves, repeat=st.integers(1, 4))
    def process_tells(self, process: int, move: Move, repeat: int) -> None:
        dispatch = self.processes[process]
        stream = self.accounts[move.account]
        for number in range(move.number, move.number + repeat):
            self.seconds += move.after_s
            held = self.run(dispatch.load(stream))
            kinds = ANY if move.wild else FITTING[held.account.status]
            make, by = MOVES[kinds[number % len(kinds)]]
            command = with_own_attempt(make(move, held.account, self.now()), stream)
            with contextlib.suppress(Refused):
                self.run(dispatch.submit(stream, command, by))

    @rule(table=TABLE_NAMES, topic=st.sampled_from(["LinkRequested", "QrIssued", "LinkFailed"]))
    def projection_breaks(self, table: TableName, topic: str) -> None:
        LIVE[table] = broken(table, topic)

    @rule()
    def projections_are_mended(self) -> None:
        LIVE.update(WHOLE)

    @rule(process=st.sampled_from([0, 1]))
    def process_restarts(self, process: int) -> None:
        self.processes[process] = Dispatch(self.log)

    @rule(table=TABLE_NAMES)
    def table_is_rebuilt(self, table: TableName) -> None:
        built = rebuild(self.reading, LIVE[table])
        self.met["rebuilt with parked"] += built.parked > 0

    @rule()
    def parked_partitions_are_retried(self) -> None:
        for parked in self.run(self.log.parked()):
            tried = self.run(retry(self.log, self.reading, parked))
            self.met["freed" if tried.freed else "stayed parked"] += 1

    @rule(table=TABLE_NAMES)
    def what_is_not_parked_is_what_the_log_says(self, table: TableName) -> None:
        assert compare(self.reading, WHOLE[table]).differences == ()

    def now(self) -> datetime:
        return at(self.seconds)

    def teardown(self) -> None:
        """However the run ended: once mended and retried, everything is as the log says."""
        LIVE.update(WHOLE)
        for table in WHOLE:
            self.what_is_not_parked_is_what_the_log_says(table)
        self.parked_partitions_are_retried()
        assert self.run(self.log.parked()) == []
        assert all(compare(self.reading, projection).same for projection in WHOLE.values())
        self.run(self.log.close())
        self.run(self.database.close())
        self.runner.close()


def with_own_attempt(command: AnyCommand, stream: str) -> AnyCommand:
    """Attempts are unique among all accounts, and generated ones are not."""
    attempt = getattr(command, "attempt", None)
    if isinstance(attempt, str) and attempt.startswith("att_"):
        return replace(command, attempt=f"{stream}-{attempt}")
    return command


def test_the_tables_are_what_the_log_says_whatever_came_between(database: str) -> None:
    Interleaved.met.clear()
    Interleaved.conninfo = database
    run_state_machine_as_test(
        Interleaved,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            derandomize=True,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            report_multiple_bugs=False,
        ),
    )
    assert set(Interleaved.met) == {"rebuilt with parked", "freed", "stayed parked"}
    assert min(Interleaved.met.values()) > 0
