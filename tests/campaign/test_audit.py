"""The campaign's judges: each sees the fault that it is there for, and none where there is none."""

from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from adapters.event_log.interface import Row
from adapters.event_log.memory import MemoryEventLog
from app.dispatch import Dispatch
from domain.commands import AnyCommand, CancelLink, RegisterAccount, RequestLink
from domain.log import Origin, RecordedEvent
from tests.campaign.audit import Audit, missed
from tests.campaign.followers import LogFollower
from tests.campaign.memory import Told
from tests.examples import ATTEMPT, at

COMMANDS: tuple[AnyCommand, ...] = (
    RegisterAccount(at=at(0), workspace="shop"),
    RequestLink(at=at(1), attempt=ATTEMPT),
    CancelLink(at=at(2)),
    CancelLink(at=at(3)),  # ignored: it was cancelled already
)


class LyingLog(MemoryEventLog):
    """Gives what it holds, except for what a test lets it lie about."""

    hidden: int | None = None
    """Position of an event that readers do not get."""
    changed: dict[str, object] = {}  # noqa: RUF012  set on an instance
    """Columns of the account's row that are not what was written."""
    more: list[Row] = []  # noqa: RUF012  as above
    """Rows of accounts that nobody registered."""

    async def read(
        self,
        after: int,
        limit: int,
        *,
        stream: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> list[RecordedEvent]:
        page = await super().read(after, limit, stream=stream, topics=topics)
        return [recorded for recorded in page if recorded.position != self.hidden]

    async def account_row(self, account_id: str) -> Row | None:
        row = await super().account_row(account_id)
        return row and {**row, **self.changed}

    async def account_rows(
        self, workspace: str | None = None, after_id: str = "", limit: int = 100
    ) -> list[Row]:
        more = [row for row in self.more if row["account_id"] > after_id]
        return [*await super().account_rows(workspace, after_id, limit), *more][:limit]


async def told_by(log: LyingLog) -> list[Told]:
    """Send the commands as the second process does."""
    dispatch = Dispatch(log)
    told: list[Told] = []
    for number, command in enumerate(COMMANDS):
        origin = Origin(actor="writer", correlation_id=f"writer-{number}")
        answer = await dispatch.submit("acc_one", command, origin)
        told.append(
            Told(
                sender="writer",
                correlation_id=origin.correlation_id,
                account_id="acc_one",
                outcome=answer.outcome,
                position=answer.position,
                input_id=answer.input_id,
            )
        )
    return told


async def faults_of(log: LyingLog, told: Sequence[Told]) -> list[str]:
    audit = Audit(log)
    await audit.read_on(told)
    await audit.finish()
    return audit.faults


async def test_what_is_as_it_was_told_has_no_fault():
    log = LyingLog()
    told = await told_by(log)
    assert [one.outcome for one in told] == ["accepted", "accepted", "accepted", "ignored"]
    over_http = [replace(one, input_id=None, position=3) for one in told]
    assert await faults_of(log, told) == await faults_of(log, over_http) == []


CLAIMS: dict[str, Callable[[list[Told]], list[Told]]] = {
    "lost": lambda told: [*told, replace(told[0], correlation_id="never-written")],
    "changed": lambda told: [*told[:3], replace(told[3], outcome="refused")],
    "moved": lambda told: [replace(told[0], position=2), *told[1:]],
    "reordered": lambda told: [told[1], told[0]],
}


@pytest.mark.parametrize("word", CLAIMS)
async def test_a_claim_that_the_log_does_not_bear_out_is_named(word: str):
    log = LyingLog()
    told = CLAIMS[word](await told_by(log))
    (fault,) = await faults_of(log, told)
    assert fault.startswith(f"{word}:")


async def test_over_http_a_position_that_the_log_never_reached_is_a_loss():
    log = LyingLog()
    told = [replace(one, input_id=None, position=4) for one in await told_by(log)]
    faults = await faults_of(log, told)
    assert len(faults) == len(told)
    assert all(fault.startswith("moved:") for fault in faults)


async def test_a_command_that_was_written_twice_is_named():
    log = LyingLog()
    told = await told_by(log)
    origin = Origin(actor="writer", correlation_id=told[3].correlation_id)
    await Dispatch(log).submit("acc_one", COMMANDS[3], origin)
    assert await faults_of(log, told) == ["doubled: writer-3 was written twice"]


async def test_a_gap_is_seen_by_the_audit_and_by_whoever_follows():
    log = LyingLog()
    told = await told_by(log)
    log.hidden = 2
    faults = await faults_of(log, told)
    assert "event 3 follows 1" in faults
    assert "acc_one: version 3 follows 1" in faults
    follower = LogFollower(log)
    follower.take(await log.read(0, 10))
    assert follower.wrong == ["3 was read after 1"]


async def test_a_table_that_is_not_what_folding_gives_is_named():
    log = LyingLog()
    told = await told_by(log)
    log.changed = {"label": "somebody else's"}
    (fault,) = await faults_of(log, told)
    assert fault.startswith("acc_one has the rows")


async def test_a_row_that_no_event_tells_of_is_counted():
    log = LyingLog()
    told = await told_by(log)
    log.more = [{"account_id": "acc_two"}]
    assert await faults_of(log, told) == ["the table has 2 accounts, the log 1"]


async def test_what_came_after_the_last_look_is_read_before_the_end():
    log = LyingLog()
    audit = Audit(log)
    await audit.read_on([])
    await told_by(log)
    await audit.finish()
    assert (audit.faults, audit.accounts) == ([], 1)


def test_what_the_feed_did_not_show_is_listed_up_to_where_it_stands():
    assert missed([1, 3], [1, 2, 3, 4], 3) == [2]
