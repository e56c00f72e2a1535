"""What can go wrong with the log.

LogError
├── Conflict               somebody else was faster: load, decide and append again
├── AlreadyClaimed         the request was recorded before: answer as that one was answered
├── StorageUnavailable     the database is gone, hung, full or read-only: try again later
│   └── LogBusy            more appends are waiting than may: nothing was written
├── ChainBroken            a stored row is not what was written: see `linkwright verify`
├── MigrationRefused       the database and this build do not fit together
├── RebuildRefused         a read model cannot be rebuilt now; the live one is as it was
└── UnreadableEvent        one stored event that this build cannot read: park its stream
    ├── UnknownTopic       its name is unknown here, or a newer build wrote its shape
    └── UndecodableEvent   its name is known, but the stored text does not fit
"""


class LogError(Exception):
    """Common to everything that the log raises."""


class Conflict(LogError):
    """The stream is no longer at the expected version; nothing was written."""

    def __init__(self, stream: str, expected_version: int) -> None:
        super().__init__(f"{stream} is no longer at version {expected_version}")
        self.stream = stream
        self.expected_version = expected_version


class AlreadyClaimed(LogError):
    """Another append has taken this Idempotency-Key; nothing was written. Ask `claimed` for it."""

    def __init__(self, owner: str, key: str) -> None:
        super().__init__(f"The idempotency key {key!r} of {owner} was used before")
        self.owner = owner
        self.key = key


class StorageUnavailable(LogError):
    """The database did not do it within its limit. `sentence` may be shown to clients.

    After an append the outcome is then open: what was asked may still have been written.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LogBusy(StorageUnavailable):
    """Too many appends are waiting to be written. Unlike its parent's, the outcome is not open."""

    retry_after_s = 1
    """A full queue of 4096 is written in less than a second on a fast disk."""

    def __init__(self) -> None:
        super().__init__("The log is busy: too many appends are waiting to be written.")


class ChainBroken(LogError):
    """A row does not fit to its hash; the sentence names the table and the row."""


class MigrationRefused(LogError):
    """The schema cannot be brought to this build's; the sentence says why and what to do."""


class RebuildRefused(LogError):
    """A table cannot be built anew or put in place; the sentence says why and what to do."""


class UnreadableEvent(LogError):
    """One stored event cannot be read. All others can: park its stream and go on after it."""

    def __init__(self, because: str, topic: str, stream: str, version: int, position: int) -> None:
        super().__init__(f"{topic} at position {position} ({stream}, version {version}): {because}")
        self.because = because
        self.topic = topic
        self.stream = stream
        self.version = version
        self.position = position


class UnknownTopic(UnreadableEvent):
    """The event's name, or the shape it was written in, is newer than this build."""


class UndecodableEvent(UnreadableEvent):
    """The event's name is known, but the stored text does not fit it."""
