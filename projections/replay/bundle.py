"""A bundle: an account's log, or one attempt of it, redacted, in one file that anybody can open.

Lines of JSON, plain: so the same log at the same level is the same bytes wherever it is written,
and a reader never unpacks more than it was given. The first line is the header, then comes each
input before the events that it caused, and the last line is the SHA-256 of all lines before it.
See docs/reference/bundle-format.md.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, TypeVar, get_args

import msgspec

from domain.commands import AnyCommand
from domain.lifecycle import EVENTS
from domain.log import Origin, Outcome, RecordedEvent, RecordedInput
from projections.replay.account_log import AccountLog
from projections.replay.redaction import Level, redact
from projections.rows import account_event
from projections.timeline import Before

FORMAT = "linkwright-bundle"
FORMAT_VERSION = 1
MOST_BYTES = 16 * 1024 * 1024
"""Of a bundle that is read: 20,000 inputs, the most that is exported, take 10 MB."""

KINDS: Mapping[str, type[AnyCommand]] = {kind.__name__: kind for kind in get_args(AnyCommand)}

# What a message about a file repeats of it, so that a file cannot write to a terminal.
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{1,64}\Z")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{0,64}\Z")]
Build = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.+_-]{0,64}\Z")]

_BETWEEN = re.compile(rb'(?<=\n)(?=\{"line":"bundle")')

ReadT = TypeVar("ReadT")


class BundleUnreadable(Exception):
    """Common to the three reasons below; the sentence holds no text that is told in the file."""


class NotABundle(BundleUnreadable):
    """It is something else, or larger than a bundle may be."""


class BundleDamaged(BundleUnreadable):
    """It was a bundle, and has been cut off or changed since it was written."""


class BundleTooNew(BundleUnreadable):
    """A newer build wrote it, in a way that this one does not know."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What a file tells."""

    log: AccountLog
    level: Level
    attempt: int | None
    """The number of the only attempt that is in it; None when it is the account's story."""
    build: str
    """The build that wrote it."""
    positions: tuple[int, int] | None
    """First and last position in the log that it was taken from; None when no event is in it."""


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="line"):
    """Common to all lines."""


class _Header(_Line, frozen=True, kw_only=True, tag="bundle"):
    format: str
    version: int
    build: Build
    level: Level
    account_id: str
    attempt: int | None = None
    positions: tuple[int, int] | None = None
    before: Before | None = None
    """The account where the story begins; absent when it is told from the beginning."""


class _Input(_Line, frozen=True, kw_only=True, tag="input"):
    input_id: int
    stream_version: int
    kind: Name
    command: msgspec.Raw
    """`null` when the build that wrote it could not read it."""
    at: datetime | None = None
    """Absent: the command's own."""
    recorded_at: datetime
    outcome: Outcome = "accepted"
    rule: Code = ""
    origin: Origin


class _Event(_Line, frozen=True, kw_only=True, tag="event"):
    position: int
    version: int
    topic: Name
    event: msgspec.Raw
    input_id: int
    recorded_at: datetime | None = None
    """Absent, as is `origin`: its input's."""
    origin: Origin | None = None


class _End(_Line, frozen=True, kw_only=True, tag="end"):
    sha256: str


class _Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What the first line says in every version of the format."""

    format: str
    version: int
    build: Build


def write_bundle(
    log: AccountLog, level: Level, *, build: str = "", attempt: int | None = None
) -> bytes:
    """Write a log redacted at this level; `attempt` says that it is that attempt of the account."""
    log = redact(log, level)
    positions = (log.events[0].position, log.events[-1].position) if log.events else None
    header = _Header(
        format=FORMAT,
        version=FORMAT_VERSION,
        build=build,
        level=level,
        account_id=log.account_id,
        attempt=attempt,
        positions=positions,
        before=log.before if log.before != Before() else None,
    )
    lines = [header, *_lines(log)]
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    end = _End(sha256=hashlib.sha256(body).hexdigest())
    return body + msgspec.json.encode(end) + b"\n"


def read_bundle(content: bytes, *, most_bytes: int = MOST_BYTES) -> Bundle:
    """Read what `write_bundle` wrote; raises BundleUnreadable.

    Whoever made the file: what a log must not show is not in the answer either.
    """
    if len(content) > most_bytes:
        message = f"A bundle that is read here has at most {most_bytes // 1024} KiB."
        raise NotABundle(message)
    first, _, rest = content.partition(b"\n")
    _check_opening(first)
    told, end = _split_end(rest)
    end = _decode(end, _End)
    if not hmac.compare_digest(end.sha256, hashlib.sha256(first + b"\n" + told).hexdigest()):
        raise BundleDamaged("The bundle was changed after it was written: its hash does not fit.")
    header = _decode(first, _Header)
    log = redact(_read_log(header, told.split(b"\n")[:-1]), "none")
    return Bundle(
        log=log,
        level=header.level,
        attempt=header.attempt,
        build=header.build,
        positions=header.positions,
    )


def read_bundles(content: bytes, *, most_bytes: int = MOST_BYTES) -> list[Bundle]:
    """Read bundles that stand one after another in a file, as `cat` puts them together.

    Raises BundleUnreadable if any is none; the limit is for all of them.
    """
    if len(content) > most_bytes:
        return [read_bundle(content, most_bytes=most_bytes)]  # which says so
    return [read_bundle(part) for part in re.split(_BETWEEN, content)]


def _lines(log: AccountLog) -> Iterator[_Line]:
    caused: dict[int, list[RecordedEvent]] = {}
    for recorded in log.events:
        caused.setdefault(recorded.input_id, []).append(recorded)
    for given in log.inputs:
        yield _input_line(given)
        for recorded in caused.pop(given.input_id, ()):
            yield _event_line(recorded, given)
    for events in caused.values():  # of inputs that are not at hand
        for recorded in events:
            yield _event_line(recorded, None)


def _input_line(given: RecordedInput) -> _Input:
    command = given.command
    return _Input(
        input_id=given.input_id,
        stream_version=given.stream_version,
        kind=given.kind,
        command=msgspec.Raw(msgspec.json.encode(command)),
        at=None if command is not None and command.at == given.at else given.at,
        recorded_at=given.recorded_at,
        outcome=given.outcome,
        rule=given.rule,
        origin=given.origin,
    )


def _event_line(recorded: RecordedEvent, given: RecordedInput | None) -> _Event:
    as_input = given is not None and given.recorded_at == recorded.recorded_at
    by_input = given is not None and given.origin == recorded.origin
    return _Event(
        position=recorded.position,
        version=recorded.version,
        topic=recorded.topic,
        event=msgspec.Raw(msgspec.json.encode(account_event(recorded))),
        input_id=recorded.input_id,
        recorded_at=None if as_input else recorded.recorded_at,
        origin=None if by_input else recorded.origin,
    )


def _check_opening(first: bytes) -> None:
    try:
        opening = msgspec.json.decode(first, type=_Opening)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        opening = None
    if opening is None or opening.format != FORMAT:
        raise NotABundle("This is no bundle: it does not begin as one.")
    if opening.version > FORMAT_VERSION:
        message = (
            f"Build {opening.build} wrote the bundle in format {opening.version}; this build reads"
            f" up to format {FORMAT_VERSION}."
        )
        raise BundleTooNew(message)


def _split_end(rest: bytes) -> tuple[bytes, bytes]:
    """Split what is told from the last line."""
    if not rest.endswith(b"\n"):
        raise BundleDamaged("The bundle is cut off: its last line is not whole.")
    told, separator, end = rest[:-1].rpartition(b"\n")
    return told + separator, end


def _decode(line: bytes | msgspec.Raw, kind: type[ReadT]) -> ReadT:
    return _decoded(line, msgspec.json.Decoder(kind))


def _decoded(line: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[ReadT]) -> ReadT:
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleDamaged("A line of the bundle is not what it should be.") from error


def _read_log(header: _Header, lines: list[bytes]) -> AccountLog:
    inputs: dict[int, RecordedInput] = {}
    events: list[RecordedEvent] = []
    decoder: msgspec.json.Decoder[_Input | _Event] = msgspec.json.Decoder(_Input | _Event)
    for text in lines:
        line = _decoded(text, decoder)
        if isinstance(line, _Input):
            inputs[line.input_id] = _input(line, header)
        else:
            events.append(_event(line, header, inputs.get(line.input_id)))
    return AccountLog(
        account_id=header.account_id,
        before=header.before or Before(),
        inputs=tuple(inputs.values()),
        events=tuple(events),
    )


def _input(line: _Input, header: _Header) -> RecordedInput:
    kind = None if bytes(line.command) == b"null" else KINDS.get(line.kind)
    command = _decode(line.command, kind) if kind else None
    at = line.at or (command.at if command else None)
    if at is None:
        message = f"Build {header.build} knows an input that this build does not: {line.kind}."
        raise BundleTooNew(message)
    return RecordedInput(
        input_id=line.input_id,
        stream=header.account_id,
        stream_version=line.stream_version,
        kind=line.kind,
        command=command,
        at=at,
        recorded_at=line.recorded_at,
        outcome=line.outcome,
        rule=line.rule,
        origin=line.origin,
    )


def _event(line: _Event, header: _Header, given: RecordedInput | None) -> RecordedEvent:
    kind = EVENTS.get(line.topic)
    if kind is None:
        message = f"Build {header.build} knows an event that this build does not: {line.topic}."
        raise BundleTooNew(message)
    origin = line.origin or (given.origin if given else None)
    recorded_at = line.recorded_at or (given.recorded_at if given else None)
    if origin is None or recorded_at is None:
        raise BundleDamaged("An event of the bundle stands before its input.")
    return RecordedEvent(
        position=line.position,
        stream=header.account_id,
        version=line.version,
        topic=line.topic,
        event=_decode(line.event, kind),
        input_id=line.input_id,
        origin=origin,
        recorded_at=recorded_at,
    )
