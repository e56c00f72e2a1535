"""A large log for `bench replay`: scenes that the real domain decided, once for each account.

Every account has a key and ids of its own, and what tells of a person is sealed under it. The
accounts of a group take turns, as in a log that the service wrote. The chain of hashes is left
out: nothing here checks it.
"""

from collections.abc import Iterable, Sequence
from itertools import cycle, islice, zip_longest
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
from msgspec.structs import replace
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from adapters.account_keys import KeyRing
from adapters.event_log.codec import Codec, encode_text
from adapters.event_log.interface import RowWrite, Table
from adapters.event_log.personal import BodyT, seal_body, seal_row
from adapters.event_log.rows import COLUMNS
from adapters.keys import Keys
from app.held import Held, fold, rows_of
from domain.commands import AnyCommand, ExpireDeadline
from domain.deadlines import Awaited
from domain.log import RecordedEvent, RecordedInput
from domain.observations import RecordPage, RecordProblem, RecordSealedSession, RecordSession
from domain.reasons import Reason
from domain.wishes import CancelLink, RequestLink
from tests.opened_log import MASTER_KEY
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, CLOCK, Story, at

GROUP = 100
"""Accounts that take turns."""
ACCOUNT = "acc_1"
IDS = frozenset({ACCOUNT, scenes.A1, "att_2"})
"""Of the scenes: each account has its own in their place."""
ID_FIELDS = ("attempt", "link")
NO_HASH = bytes(32)
SHAPE = 1
TABLES: tuple[Table, ...] = ("accounts", "attempts")
KEYS = ("account_id", "wrapped")
EVENTS = ("notification_id", "originator_id", "originator_version", "topic", "state", "hash")
INPUTS = (
    *("input_id", "append_token", "stream", "stream_version", "kind", "shape", "payload", "at"),
    *("recorded_at", "actor", "correlation_id", "trace_parent", "outcome", "rule", "hash"),
)


class Step(msgspec.Struct, frozen=True):
    """An input of a scene, and the events that it caused."""

    command: AnyCommand
    given: RecordedInput
    events: tuple[RecordedEvent, ...]


class Filled(msgspec.Struct):
    """What the log has."""

    accounts: int = 0
    attempts: int = 0
    inputs: int = 0
    events: int = 0


def told() -> tuple[Story, ...]:
    """Tell the scenes: linked, lost and returned, never scanned, a page that hung, called off."""
    return (_sealed(), _returned(), _never_scanned(), _hung(), _called_off())


def _sealed() -> Story:
    sealed = RecordSealedSession(at=at(20), attempt=scenes.A1, digest="seal-1", size_bytes=1400)
    return scenes.linked().tell(sealed)


def _returned() -> Story:
    """The link was lost at 900 s and came back under attempt 2, whose id the clock's input has."""
    story = _sealed()
    story.tell(RecordProblem(at=at(900), attempt=scenes.A1, reason=Reason.NETWORK_LOST))
    deadline = story.accounts[ACCOUNT].deadline
    if deadline is None:
        raise AssertionError("a lost link awaits its reconnect")
    due = ExpireDeadline(
        at=deadline.at, awaited=Awaited.RECONNECT, due=deadline.at, attempt="att_2"
    )
    story.tell(due, by=CLOCK)
    for nth, phase in enumerate(("browser_started", "page_loaded", "bridge_started")):
        story.tell(RecordPage(at=at(903 + nth), attempt="att_2", phase=phase))
    story.tell(RecordSession(at=at(906), attempt="att_2"), scenes.ready(910, "att_2"))
    return story


def _never_scanned() -> Story:
    return scenes.close_window(scenes.rotated({1: 1, 2: 3, 3: 3}))


def _hung() -> Story:
    """No code came; asked for again, the account was linked by somebody who came too late."""
    story = scenes.expire(scenes.opened(), Awaited.PAGE, 34)
    story.tell(RequestLink(at=at(60), attempt="att_2", retry=True), by=CLIENT)
    return story.tell(RecordPage(at=at(62), attempt=scenes.A1, phase="page_loaded"))


def _called_off() -> Story:
    story = scenes.scanned().tell(CancelLink(at=at(16)), by=CLIENT)
    return story.tell(scenes.ready(17))


class Scene:
    """A story as it is written for each account."""

    def __init__(self, story: Story) -> None:
        self.steps = tuple(
            Step(command, given, tuple(e for e in story.events if e.input_id == given.input_id))
            for command, given in zip(story.commands, story.inputs, strict=True)
        )
        self.attempts = story.accounts[ACCOUNT].attempts
        held, rows = Held(), dict[tuple[str, int], RowWrite]()
        for recorded in story.events:
            held = fold(held, recorded)
            rows |= rows_of(held)
        self.rows = tuple(rows.values())


class Copy:
    """One account's copy of a scene, under ids and a key of its own."""

    def __init__(self, scene: Scene, ring: KeyRing) -> None:
        self.scene = scene
        self.account_id = f"acc_{uuid4().hex}"
        self.wrapped = ring.make(self.account_id)
        self.key = ring.add(self.account_id, self.wrapped)
        self.position = 0

    def own(self, body: BodyT) -> BodyT:
        """Give an event or command as it is stored for this account."""
        ids = {name: self._id(text) for name in ID_FIELDS if (text := getattr(body, name, None))}
        return seal_body(replace(body, **ids) if ids else body, self.account_id, self.key)

    def row(self, row: RowWrite) -> list[object]:
        """Give a row's columns and its position."""
        sealed = seal_row(row, self.account_id, self.key).values
        values = [sealed[name] for name in COLUMNS[row.table]]
        return [*(self._id(value) if value in IDS else value for value in values), self.position]

    def _id(self, text: object) -> str:
        return self.account_id if text == ACCOUNT else f"{text}_{self.account_id}"


class Filler:
    """Writes copies of the scenes, group after group."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.filled = Filled()
        self._connection = connection
        self._codec = Codec()
        self._ring = KeyRing(Keys(MASTER_KEY))

    def group(self, made: Sequence[Scene]) -> None:
        """Let an account play each of these scenes, step by step in turn."""
        copies = [Copy(scene, self._ring) for scene in made]
        inputs: list[tuple[object, ...]] = []
        events: list[tuple[object, ...]] = []
        for steps in zip_longest(*(copy.scene.steps for copy in copies)):
            for copy, step in zip(copies, steps, strict=True):
                if step is not None:
                    inputs.append(self._input(copy, step))
                    events += (self._event(copy, recorded) for recorded in step.events)
        self._copy("account_keys", KEYS, [(copy.account_id, copy.wrapped) for copy in copies])
        self._copy("inputs", INPUTS, inputs)
        self._copy("events", EVENTS, events)
        for table in TABLES:
            rows = [c.row(row) for c in copies for row in c.scene.rows if row.table == table]
            self._copy(table, (*COLUMNS[table], "position"), rows)
        self.filled.accounts += len(copies)
        self.filled.attempts += sum(copy.scene.attempts for copy in copies)

    def _input(self, copy: Copy, step: Step) -> tuple[object, ...]:
        self.filled.inputs += 1
        given, command = step.given, copy.own(step.command)
        return (
            *(
                self.filled.inputs,
                uuid4(),
                copy.account_id,
                given.stream_version,
                given.kind,
                SHAPE,
            ),
            *(encode_text(command), given.at, given.recorded_at, given.origin.actor),
            *(given.origin.correlation_id, given.origin.trace_parent, given.outcome, given.rule),
            NO_HASH,
        )

    def _event(self, copy: Copy, recorded: RecordedEvent) -> tuple[object, ...]:
        self.filled.events += 1
        copy.position = self.filled.events
        stored = replace(recorded, event=copy.own(recorded.event), input_id=self.filled.inputs)
        state = self._codec.encode_event(stored)
        position, version = self.filled.events, recorded.version
        return position, copy.account_id, version, recorded.topic, state, NO_HASH

    def _copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        names = SQL(", ").join(map(Identifier, columns))
        statement = SQL("copy {} ({}) from stdin").format(Identifier(table), names)
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


def fill(conninfo: str, inputs: int) -> Filled:
    """Write so many inputs, or a few more, and what they caused."""
    stories = cycle([Scene(story) for story in told()])
    with psycopg.connect(conninfo, autocommit=True) as connection:
        filler = Filler(connection)
        while filler.filled.inputs < inputs:
            filler.group(list(islice(stories, GROUP)))
        connection.execute("vacuum analyze")
    return filler.filled
