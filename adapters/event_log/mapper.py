"""eventsourcing's mapper over our codec: stable topics, JSON, no Python paths in the log."""

from datetime import datetime
from typing import cast

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent

from adapters.blocking_account_keys import BlockingAccountKeys
from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.personal import ERASED, holds_sealed, is_personal, seal_body
from adapters.event_log.sealing import open_event
from domain.log import AnyEvent, Origin, RecordedEvent


class LogEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the library's Application and repository handle it."""

    originator_id: str
    originator_version: int
    event: AnyEvent
    input_id: int
    """The input that caused it; 0 if it was not written by our own log."""
    origin: Origin
    recorded_at: datetime


class LogMapper(Mapper[str]):
    """Maps LogEvent to the rows of `events` and back; UnreadableEvent if this build cannot."""

    def __init__(self, keys: BlockingAccountKeys, codec: Codec | None = None) -> None:
        super().__init__(JSONTranscoder())  # asked for by the library, never used by us
        self._keys = keys
        self._codec = codec or Codec()

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Map a LogEvent to the row that our own log would write."""
        given = cast("LogEvent", domain_event)
        topic = type(given.event).__name__
        event = given.event
        if is_personal(event):
            event = seal_body(event, given.originator_id, self._keys.of(given.originator_id))
        state = self._codec.encode_event(
            RecordedEvent(
                position=0,  # not known yet, and no part of the state
                stream=given.originator_id,
                version=given.originator_version,
                topic=topic,
                event=event,
                input_id=given.input_id,
                origin=given.origin,
                recorded_at=given.recorded_at,
            )
        )
        return StoredEvent(
            originator_id=given.originator_id,
            originator_version=given.originator_version,
            topic=topic,
            state=state,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Map a row to a LogEvent."""
        recorded = self.to_recorded_event(stored_event)
        log_event = LogEvent(
            originator_id=recorded.stream,
            originator_version=recorded.version,
            event=recorded.event,
            input_id=recorded.input_id,
            origin=recorded.origin,
            recorded_at=recorded.recorded_at,
        )
        return cast("DomainEventProtocol[str]", log_event)

    def to_recorded_event(self, stored_event: StoredEvent) -> RecordedEvent:
        """Map a row or a notification; the position is 0 where the library does not give it."""
        position = stored_event.id if isinstance(stored_event, Notification) else 0
        row = StoredAs(
            topic=stored_event.topic,
            stream=str(stored_event.originator_id),
            version=stored_event.originator_version,
            position=position,
        )
        recorded = self._codec.decode_event(row, stored_event.state)
        if recorded.topic == ERASED:
            self._keys.drop(recorded.stream)
        if not holds_sealed(recorded.event):
            return recorded
        return open_event(recorded, self._keys.of_many([recorded.stream]))
