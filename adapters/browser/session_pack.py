"""The part of a profile that is the session, as one compressed archive, and back again.

WhatsApp's page needs IndexedDB (its keys, which cannot be exported otherwise) and Local Storage;
either alone is lost (browser-findings 3). Nothing else of a profile is carried on.

SessionTooLarge     it does not fit into what a deployment keeps
SessionUnsettled    the browser wrote while it was copied
SessionDamaged      an archive that we did not write, or not whole
"""

import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

PARTS = ("Default/IndexedDB", "Default/Local Storage")
WRITTEN_BY = "Default/written-by"
"""Our own note, see written_by.py; it goes with the session and is no part of it."""
REMADE = frozenset({"LOCK", "LOG", "LOG.old"})
"""Files that LevelDB makes anew on every opening; its log names the folder's place on disk."""
MOST_BYTES = 256 * 1024 * 1024
"""Unpacked. Tens of MB with history are usual, hundreds are reported (browser-findings 3)."""
MOST_PACKED_BYTES = 64 * 1024 * 1024
MOST_FILES = 20_000
LEVEL = 1
"""zlib's fastest: sessions hold keys and compressed blocks, a higher level gains little."""

Look = dict[str, tuple[int, int]]
"""Name below the profile -> size and time of the last change, in nanoseconds."""


class SessionTooLarge(Exception):
    """More than a deployment keeps; the sentence says how much."""


class SessionUnsettled(Exception):
    """The browser wrote while the session was copied; try again."""


class SessionDamaged(Exception):
    """The archive is not one of ours, or not whole."""


def look_at(profile: Path) -> Look:
    """Tell which files make up the session now; SessionTooLarge as soon as that is certain."""
    look: Look = {}
    total = 0
    for path in _files(profile):
        try:
            state = path.lstat()
        except FileNotFoundError:
            continue  # LevelDB replaces its files while it runs
        look[path.relative_to(profile).as_posix()] = (state.st_size, state.st_mtime_ns)
        total += state.st_size
        if total > MOST_BYTES or len(look) > MOST_FILES:
            raise SessionTooLarge(f"the session is larger than {MOST_BYTES} bytes")
    return look


def pack(profile: Path) -> tuple[bytes, Look]:
    """Copy the session, unless a file changes meanwhile; give also the look that it belongs to.

    The same files give the same bytes. Raises SessionTooLarge, SessionUnsettled. Takes seconds for
    the largest: call it in a thread.
    """
    before = look_at(profile)
    try:
        note = [WRITTEN_BY] if (profile / WRITTEN_BY).exists() else []
        packed = _pack(profile, [*sorted(before), *note])
    except FileNotFoundError:
        raise SessionUnsettled("a file vanished while it was copied") from None
    if look_at(profile) != before:
        raise SessionUnsettled("the browser wrote while the session was copied")
    return packed, before


def unpack(packed: bytes, profile: Path) -> None:
    """Write the session into a profile that has none. Raises SessionDamaged."""
    try:
        plain = _inflate(packed)
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            for member in archive:
                _write(profile, member, archive)
    except (tarfile.TarError, zlib.error, EOFError, FileExistsError, NotADirectoryError) as error:
        raise SessionDamaged(f"the archive cannot be read: {type(error).__name__}") from error


def _files(profile: Path) -> Iterator[Path]:
    for part in PARTS:
        for folder, _, names in os.walk(profile / part):
            for name in names:
                path = Path(folder, name)
                if name not in REMADE and not path.is_symlink():
                    yield path


def _pack(profile: Path, names: list[str]) -> bytes:
    packer = zlib.compressobj(LEVEL)
    packed = bytearray()

    def add(part: bytes) -> None:
        packed.extend(part)
        if len(packed) > MOST_PACKED_BYTES:
            raise SessionTooLarge(f"the packed session is larger than {MOST_PACKED_BYTES} bytes")

    for name in names:
        content = (profile / name).read_bytes()
        member = tarfile.TarInfo(name)
        member.size = len(content)
        add(packer.compress(member.tobuf(tarfile.PAX_FORMAT)))
        add(packer.compress(content))
        add(packer.compress(bytes(-len(content) % tarfile.BLOCKSIZE)))
    add(packer.compress(bytes(2 * tarfile.BLOCKSIZE)))
    add(packer.flush())
    return bytes(packed)


def _inflate(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    # Headers and padding come on top of the files: a block and a half for each.
    most = MOST_BYTES + 2 * MOST_FILES * tarfile.BLOCKSIZE
    plain = unpacker.decompress(packed, most)
    if not unpacker.eof or unpacker.unused_data:
        raise SessionDamaged("the archive is not whole, or larger than a session may be")
    return plain


def _write(profile: Path, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
    name = PurePosixPath(member.name)
    inside = any(name.is_relative_to(part) and name != PurePosixPath(part) for part in PARTS)
    inside = inside or member.name == WRITTEN_BY
    if not member.isreg() or not inside or ".." in name.parts:
        raise SessionDamaged("the archive holds something that is no file of a session")
    content = archive.extractfile(member)
    if content is None:
        raise SessionDamaged("the archive holds a file without content")
    path = profile / name
    _make_folders(profile, name.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content.read())


def _make_folders(profile: Path, below: PurePosixPath) -> None:
    """Make each folder private; `parents=True` would leave those in between to the umask."""
    folder = profile
    for part in below.parts:
        folder /= part
        folder.mkdir(mode=0o700, exist_ok=True)
