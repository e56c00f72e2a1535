"""Accounts as years of reconnects make them, and a database that counts what is asked of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import LiteralString

from msgspec.structs import replace

from adapters.event_log.database import Database, Record, Values
from adapters.event_log.interface import Append, EventLog
from domain import events as e
from domain.log import InputToAppend
from domain.observations import RecordPage
from tests.decided_again import BY_HAND
from tests.examples import ATTEMPT, LINKED, LOST, NEXT_ATTEMPT, RECONNECT, at, until

AT_ONCE = 500


def years(versions: int) -> list[e.AccountEvent]:
    """Give an account's first so many events: linked once, and back again day after day."""
    story: list[e.AccountEvent] = [*LINKED]
    day = 1
    while len(story) < versions:
        story += _lost_and_back(day)
        day += 1
    return story[:versions]


def _lost_and_back(day: int) -> Sequence[e.AccountEvent]:
    later = timedelta(days=day)
    attempt = f"{NEXT_ATTEMPT}-{day}"
    return (
        replace(LOST, at=LOST.at + later),
        replace(RECONNECT, at=RECONNECT.at + later, attempt=attempt, number=day + 1),
        e.PageReached(
            at=at(110) + later, attempt=attempt, phase="page_loaded", deadline=RECONNECT.deadline
        ),
        e.SessionFound(
            at=at(120) + later, attempt=attempt, deadline=until(RECONNECT.deadline.awaited, 150)
        ),
        e.LinkCompleted(at=at(140) + later, attempt=attempt, link=ATTEMPT),
    )


async def write(log: EventLog, stream: str, story: Sequence[e.AccountEvent]) -> None:
    """Put the story into the log as it is, without rows."""
    for begin in range(0, len(story), AT_ONCE):
        await log.append(
            Append(
                stream=stream,
                expected_version=begin,
                input=InputToAppend(
                    command=RecordPage(at=at(begin), attempt=ATTEMPT, phase="page_loaded"),
                    outcome="accepted",
                    origin=BY_HAND,
                ),
                events=tuple(story[begin : begin + AT_ONCE]),
            )
        )


class CountingDatabase(Database):
    """Counts round trips, and the rows that came back."""

    queries = 0
    rows = 0

    async def fetch(self, statement: LiteralString, values: Values = ()) -> list[Record]:
        records = await super().fetch(statement, values)
        self.queries += 1
        self.rows += len(records)
        return records

    def count(self) -> tuple[int, int]:
        """Give queries and rows since it was asked last."""
        counted = self.queries, self.rows
        self.queries = self.rows = 0
        return counted
