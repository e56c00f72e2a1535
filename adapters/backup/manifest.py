"""What a backup says of itself, in manifest.json."""

from datetime import datetime

import msgspec

FORMAT = 1
"""Of the file as a whole; a build refuses a newer one."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything is true for one moment of the database, the same for all fields."""

    format: int = FORMAT
    created_at: datetime
    migrations: tuple[str, ...]
    """Names of the applied files: the version of Linkwright's schema."""
    schema: str
    """PostgreSQL's schema that the tables were in."""
    server_major: int
    dump_major: int
    """Major version of the pg_dump that wrote the dump."""
    master_key: str
    """A keyed hash that tells whether a master key is the one that this data was sealed under."""
    counts: dict[str, int]
    """Table -> rows."""
    head: str
    """As `linkwright verify` prints it; empty when the log was not what had been written."""
    faults: tuple[str, ...]
    """What `linkwright verify` found."""
    columns: dict[str, tuple[str, ...]]
    """Table -> the columns that are part of the projection hash."""
    projection_hash: str

    @property
    def schema_version(self) -> str:
        """The newest migration's name."""
        return max(self.migrations, default="none").removesuffix(".sql")


class TooNew(Exception):
    """The file's format is newer than what this build reads."""


class _Format(msgspec.Struct):
    format: int


def encode_manifest(manifest: Manifest) -> bytes:
    """Write it for people too: it is read with unzip and a pager."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """Read it; raises TooNew, or msgspec.DecodeError when it is none."""
    given = msgspec.json.decode(data, type=_Format).format
    if given > FORMAT:
        raise TooNew(
            f"is of format {given}, and this build reads up to {FORMAT}: a newer build made it"
        )
    return msgspec.json.decode(data, type=Manifest)
