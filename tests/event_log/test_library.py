"""eventsourcing's own tools read what our log writes, and our log reads what they write.

Its recorder test cases run here as they are, on our table and lock. Not run, because they do not
apply: AggregateRecorderTestCase (a recorder without notifications; ApplicationRecorderTestCase
covers the same reads and conflicts), TrackingRecorderTestCase and ProcessRecorderTestCase (cursors
and read models are ours, written by `append_to_log`), InfrastructureFactoryTestCase and
TranscoderTestCase (neither is used), and everything for `POSTGRES_ENABLE_DB_FUNCTIONS`.
"""

from collections.abc import Iterable, Iterator
from contextlib import aclosing
from uuid import uuid4

import msgspec
import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from adapters.blocking_account_keys import BlockingAccountKeys
from adapters.event_log.errors import UnknownTopic
from adapters.event_log.mapper import LogEvent, LogMapper
from adapters.event_log.recorder import LogApplication, LogDatastore, LogRecorder
from adapters.event_log.store import PostgresEventLog
from adapters.keys import Keys
from domain.account import NEW, Account
from domain.events import AccountEvent
from domain.evolve import evolve
from domain.log import AnyEvent, Origin
from domain.status import Status
from tests.event_log.appends import observation, registration
from tests.examples import ERASED, LINK, LINKED, QR_1, REGISTERED, at
from tests.opened_log import MASTER_KEY


class OnOurLog:
    """What the library's test cases need: text ids, and a recorder on a fresh database."""

    @pytest.fixture(autouse=True)
    def recorder_on(self, database: str) -> Iterator[None]:
        """Open and close the recorder around each test."""
        datastore = LogDatastore(database)
        self.recorder = LogRecorder(datastore)
        yield
        datastore.close()

    def new_originator_id(self) -> str:
        return f"acc_{uuid4().hex}"

    def create_recorder(self) -> LogRecorder:
        return self.recorder


class TestRecorder(OnOurLog, ApplicationRecorderTestCase[LogRecorder]):
    """Insert, select, conflicts, notifications, concurrent writers and readers."""

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestPositionsOfTwoWriters(OnOurLog, NonInterleavingNotificationIDsBaseCase):
    """Positions of two transactions do not interleave."""


@pytest.fixture
def application(database: str) -> Iterator[LogApplication]:
    opened = LogApplication(database, Keys(MASTER_KEY))
    yield opened
    opened.close()


@pytest.fixture
def account_keys(database: str) -> Iterator[BlockingAccountKeys]:
    with BlockingAccountKeys(database, Keys(MASTER_KEY)) as opened:
        yield opened


class FoldedAccount(msgspec.Struct, frozen=True):
    """An account as the library's repository wants it: with id and version."""

    id: str
    version: int
    account: Account


def fold(before: FoldedAccount | None, events: Iterable[LogEvent]) -> FoldedAccount | None:
    for given in events:
        assert isinstance(given.event, AccountEvent)
        account = evolve(before.account if before else NEW, given.event)
        before = FoldedAccount(given.originator_id, given.originator_version, account)
    return before


def log_event(stream: str, version: int, event: AnyEvent) -> LogEvent:
    return LogEvent(
        originator_id=stream,
        originator_version=version,
        event=event,
        input_id=0,
        origin=Origin(actor="system"),
        recorded_at=at(0),
    )


async def test_the_librarys_repository_folds_what_our_log_wrote(
    postgres_log: PostgresEventLog, application: LogApplication
) -> None:
    await postgres_log.append(observation("acc_1", 0, *LINKED))

    folded = application.repository.get("acc_1", projector_func=fold)

    assert (folded.version, folded.account.status) == (len(LINKED), Status.READY)
    with pytest.raises(AggregateNotFoundError):
        application.repository.get("acc_2", projector_func=fold)


async def test_the_librarys_notification_log_has_our_positions(
    postgres_log: PostgresEventLog, application: LogApplication, account_keys: BlockingAccountKeys
) -> None:
    await postgres_log.append(registration("acc_1"))
    await postgres_log.append(observation("acc_1", 1, LINK, QR_1))

    notifications = application.notification_log.select(start=1, limit=10)

    mapper = LogMapper(account_keys)
    assert [mapper.to_recorded_event(n) for n in notifications] == await postgres_log.read(0, 10)
    assert application.recorder.max_notification_id() == 3


async def test_our_log_reads_what_the_librarys_application_saved(
    postgres_log: PostgresEventLog, application: LogApplication
) -> None:
    await postgres_log.append(registration("acc_1", label="Front desk"))

    recordings = application.save(log_event("acc_1", 2, LINK), log_event("acc_1", 3, QR_1))  # type: ignore[arg-type]

    assert [r.notification.id for r in recordings] == [2, 3]
    assert [r.event for r in await postgres_log.load("acc_1")] == [REGISTERED, LINK, QR_1]
    appended = await postgres_log.append(observation("acc_1", 3, *LINKED[3:]))
    assert appended.positions[0] == 4


async def test_a_stale_save_through_the_library_is_refused(
    postgres_log: PostgresEventLog, application: LogApplication
) -> None:
    await postgres_log.append(registration("acc_1"))
    with pytest.raises(IntegrityError):
        application.save(log_event("acc_1", 1, REGISTERED))  # type: ignore[arg-type]
    assert await postgres_log.head() == 1


async def test_the_librarys_subscription_is_woken_by_our_log(
    postgres_log: PostgresEventLog, application: LogApplication
) -> None:
    await postgres_log.append(registration("acc_1"))
    with application.recorder.subscribe(gt=0) as subscription:
        first = next(subscription)
        await postgres_log.append(observation("acc_1", 1, LINK, QR_1))
        rest = [next(subscription), next(subscription)]
    assert [n.topic for n in (first, *rest)] == ["AccountRegistered", "LinkRequested", "QrIssued"]
    assert [n.id for n in (first, *rest)] == [1, 2, 3]


async def test_our_readers_are_woken_by_the_library(
    postgres_log: PostgresEventLog, application: LogApplication
) -> None:
    async with aclosing(postgres_log.wakeups(poll_s=60)) as wakeups:
        await anext(wakeups)
        for version in (1, 2, 3):
            application.save(log_event("acc_1", version, REGISTERED))  # type: ignore[arg-type]
            while len(await postgres_log.load("acc_1")) < version:
                await anext(wakeups)
            await anext(wakeups)


def test_an_unknown_topic_is_named_to_the_library_too(account_keys: BlockingAccountKeys) -> None:
    stored = Notification(
        originator_id="acc_1", originator_version=1, topic="AccountTeleported", state=b"{}", id=5
    )
    with pytest.raises(UnknownTopic) as raised:
        LogMapper(account_keys).to_domain_event(stored)
    assert raised.value.position == 5


def test_the_mapper_writes_what_our_log_writes(account_keys: BlockingAccountKeys) -> None:
    registered = msgspec.structs.replace(REGISTERED, label="")
    stored = LogMapper(account_keys).to_stored_event(log_event("acc_1", 1, registered))  # type: ignore[arg-type]
    assert stored == StoredEvent(
        originator_id="acc_1",
        originator_version=1,
        topic="AccountRegistered",
        state=b'{"input":0,"recorded":"2026-01-05T09:00:00Z","origin":{"actor":"system"},'
        b'"body":{"at":"2026-01-05T09:00:00Z","workspace":"shop"}}',
    )


def test_the_mapper_seals_and_opens_as_our_log_does(account_keys: BlockingAccountKeys) -> None:
    mapper, given = LogMapper(account_keys), log_event("acc_1", 1, REGISTERED)

    stored = mapper.to_stored_event(given)  # type: ignore[arg-type]

    assert b'"label":"sealed:1:' in stored.state
    assert mapper.to_domain_event(stored) == given
    mapper.to_recorded_event(mapper.to_stored_event(log_event("acc_1", 2, ERASED)))  # type: ignore[arg-type]
    erased = mapper.to_recorded_event(stored)
    assert erased.event == msgspec.structs.replace(REGISTERED, label="")


def test_the_function_that_loses_events_cannot_be_switched_on(database: str) -> None:
    datastore = LogDatastore(database)
    datastore.enable_db_functions = True
    with pytest.raises(ValueError, match="loses events"):
        LogRecorder(datastore)
    datastore.close()
