"""The backup's file: a zip of the dump and manifest.json, sealed by a checksum over all of it.

The checksum, 64 hexadecimal digits, is the zip's comment, and so the file's last 64 bytes. It is
there against damage, not against forgery: whoever can write the file can write a checksum.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import msgspec

from adapters.backup.failures import BackupUnusable, FileUnusable
from adapters.backup.manifest import Manifest, TooNew, decode_manifest, encode_manifest

DUMP = "database.dump"
MANIFEST = "manifest.json"
PARTIAL = ".linkwright-partial"
"""What an unfinished file's name ends with."""
CHUNK = 1 << 20
_SEAL = 64
_ZIP_BEGINS = b"PK\x03\x04"

Write = Callable[[bytes], object]
Fill = Callable[[Write], Manifest]
"""Writes the dump and gives the manifest."""
Tell = Callable[[int, int], None]
"""Hears of progress: bytes done, and bytes there are."""


class Backup:
    """A file that was found whole. Its dump can be read as long as the file is open."""

    def __init__(self, manifest: Manifest, archive: ZipFile) -> None:
        self.manifest = manifest
        self.dump_bytes = archive.getinfo(DUMP).file_size
        self._archive = archive

    def dump(self) -> IO[bytes]:
        """Open the dump, which is pg_dump's custom format."""
        return self._archive.open(DUMP)

    def close(self) -> None:
        self._archive.close()


def write_backup(file: Path, fill: Fill) -> tuple[Manifest, int]:
    """Write the file whole or not at all, readable by us alone; gives its size in bytes too.

    A killed one leaves a file beside whose name ends with PARTIAL; the next one removes it.
    """
    try:
        _allow_only_a_backup(file)
        _remove_remains(file.parent)
        with _partial(file) as (partial, stream):
            with ZipFile(stream, "w", ZIP_STORED) as archive:
                with archive.open(DUMP, "w", force_zip64=True) as entry:
                    manifest = fill(entry.write)
                archive.writestr(MANIFEST, encode_manifest(manifest))
                archive.comment = b"0" * _SEAL
            _seal(stream)
            os.fsync(stream.fileno())
            size = stream.tell()
            partial.replace(file)
        _sync_folder(file.parent)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FileUnusable(file, why, "Choose another place for it.") from error
    return manifest, size


@contextmanager
def open_backup(file: Path, tell: Tell) -> Generator[Backup]:
    """Check the whole file and open it; BackupUnusable says what is wrong with it."""
    try:
        stream = file.open("rb")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FileUnusable(file, why, "Name a backup that you may read.") from error
    with stream:
        if stream.read(len(_ZIP_BEGINS)) != _ZIP_BEGINS:
            raise BackupUnusable(file, "is no backup of Linkwright")
        if _digest(stream, tell) != stream.read(_SEAL):
            raise BackupUnusable(
                file,
                "is damaged or cut off: it is not what its checksum was made of",
                "Take another copy of it, or an older backup.",
            )
        with closing(_opened(file, stream)) as backup:
            yield backup


def _opened(file: Path, stream: BinaryIO) -> Backup:
    try:
        archive = ZipFile(stream)
        archive.getinfo(DUMP)
        return Backup(decode_manifest(archive.read(MANIFEST)), archive)
    except (BadZipFile, KeyError, msgspec.DecodeError) as error:
        raise BackupUnusable(file, "is no backup of Linkwright") from error
    except TooNew as error:
        raise BackupUnusable(file, str(error), "Restore it with that build.") from error


def _allow_only_a_backup(file: Path) -> None:
    """Replace an older backup, and nothing else: a mistyped name must not cost a file."""
    if not file.exists():
        return
    if file.is_dir():
        raise FileUnusable(file, "it is a folder", "Name a file in it.")
    with suppress(BadZipFile), ZipFile(file) as archive:
        if {DUMP, MANIFEST} <= set(archive.namelist()):
            return
    raise FileUnusable(file, "it exists and is no backup", "Choose another name.")


@contextmanager
def _partial(file: Path) -> Generator[tuple[Path, BinaryIO]]:
    """Give a new private file beside; what is left of it at the end is removed."""
    descriptor, name = tempfile.mkstemp(PARTIAL, f"{file.name}.", file.parent)  # 0600
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)  # says that somebody still writes it
            if os.fstat(descriptor).st_nlink == 0:  # another one was faster, and took it for left
                raise FileUnusable(file, "another backup has just begun here", "Run it again.")
            yield partial, stream
    finally:
        partial.unlink(missing_ok=True)


def _remove_remains(folder: Path) -> None:
    """Remove what killed ones have left; the kernel let go of their locks."""
    for path in folder.glob(f"*{PARTIAL}"):
        with path.open("rb") as stream, suppress(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)


def _seal(stream: BinaryIO) -> None:
    """Put the checksum of everything before it at the end."""
    stream.flush()
    digest = _digest(stream, lambda _done, _all: None)
    stream.write(digest)
    stream.flush()


def _digest(stream: BinaryIO, tell: Tell) -> bytes:
    """Hash the file but for the seal; leaves the stream where the seal begins."""
    size = max(stream.seek(0, os.SEEK_END) - _SEAL, 0)
    stream.seek(0)
    digest = hashlib.sha256()
    done = 0
    while done < size and (data := stream.read(min(CHUNK, size - done))):
        digest.update(data)
        done += len(data)
        tell(done, size)
    return digest.hexdigest().encode()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
