"""The archive of a session: all of it, nothing else, and nothing that comes back elsewhere."""

import io
import os
import stat
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.browser import session_pack
from adapters.browser.session_pack import (
    SessionDamaged,
    SessionTooLarge,
    SessionUnsettled,
    pack,
    unpack,
)
from adapters.browser.spec import Limits

SESSION = {
    "Default/IndexedDB/http_127.0.0.1_8701.indexeddb.leveldb/000003.log": b"a key" * 100,
    "Default/IndexedDB/http_127.0.0.1_8701.indexeddb.leveldb/CURRENT": b"MANIFEST-000001\n",
    "Default/IndexedDB/http_127.0.0.1_8701.indexeddb.blob/1/00/1": b"",
    "Default/Local Storage/leveldb/000004.ldb": os.urandom(5000),
}
LEFT_OUT = {
    "Default/IndexedDB/http_127.0.0.1_8701.indexeddb.leveldb/LOCK": b"",
    "Default/Local Storage/leveldb/LOG": b"Reusing MANIFEST /home/somebody/profiles",
    "Default/Cache/Cache_Data/data_0": b"a picture",
    "Default/Cookies": b"a cookie",
    "Local State": b"{}",
}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Return a profile with a session and much else."""
    for name, content in {**SESSION, **LEFT_OUT}.items():
        path = tmp_path / "profile" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "profile"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Return a profile that no browser has used."""
    (tmp_path / "empty").mkdir(mode=0o700)
    return tmp_path / "empty"


def content_of(profile: Path) -> dict[str, bytes]:
    files = (path for path in profile.rglob("*") if path.is_file())
    return {path.relative_to(profile).as_posix(): path.read_bytes() for path in files}


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """Make an archive as somebody with other intentions would."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for member, content in members:
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return zlib.compress(buffer.getvalue())


def test_what_is_unpacked_is_the_session_and_nothing_else(profile: Path, empty: Path):
    packed, _ = pack(profile)
    unpack(packed, empty)
    assert content_of(empty) == SESSION


def test_nobody_else_can_read_what_is_unpacked(profile: Path, empty: Path):
    before = os.umask(0)
    try:
        unpack(pack(profile)[0], empty)
    finally:
        os.umask(before)
    for path in empty.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_the_same_files_give_the_same_bytes(profile: Path, empty: Path):
    packed, _ = pack(profile)
    unpack(packed, empty)
    assert pack(empty)[0] == packed


def test_a_profile_without_a_session_gives_an_archive_without_files(empty: Path, tmp_path: Path):
    packed, look = pack(empty)
    assert look == {}
    (tmp_path / "other").mkdir()
    unpack(packed, tmp_path / "other")
    assert content_of(tmp_path / "other") == {}


def test_a_file_that_changes_meanwhile_spoils_the_copy(
    profile: Path, monkeypatch: pytest.MonkeyPatch
):
    read = Path.read_bytes

    def read_while_it_grows(path: Path) -> bytes:
        content = read(path)
        with path.open("ab") as file:
            file.write(b"one more record")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_while_it_grows)
    with pytest.raises(SessionUnsettled):
        pack(profile)


def test_a_file_that_vanishes_meanwhile_spoils_the_copy(
    profile: Path, monkeypatch: pytest.MonkeyPatch
):
    read = Path.read_bytes

    def read_too_late(path: Path) -> bytes:
        path.unlink()
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_too_late)
    with pytest.raises(SessionUnsettled):
        pack(profile)


def test_a_link_that_leads_elsewhere_is_not_followed(profile: Path, tmp_path: Path):
    (tmp_path / "secret").write_bytes(b"not of this session")
    (profile / "Default/IndexedDB/link").symlink_to(tmp_path / "secret")
    _, look = pack(profile)
    assert set(look) == set(SESSION)


@pytest.mark.parametrize(
    ("limit", "most"), [("MOST_BYTES", 5000), ("MOST_PACKED_BYTES", 5000), ("MOST_FILES", 3)]
)
def test_too_large(profile: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int):
    monkeypatch.setattr(session_pack, limit, most)
    with pytest.raises(SessionTooLarge):
        pack(profile)


HOSTILE = {
    "above": tarfile.TarInfo("Default/IndexedDB/../../../../escaped"),
    "absolute": tarfile.TarInfo("/var/escaped"),
    "elsewhere": tarfile.TarInfo("Default/Preferences"),
    "beside": tarfile.TarInfo("Default/IndexedDBx/escaped"),
    "the folder itself": tarfile.TarInfo("Default/IndexedDB"),
}
LINK = tarfile.TarInfo("Default/IndexedDB/link")
LINK.type, LINK.linkname = tarfile.SYMTYPE, "/var"
DEVICE = tarfile.TarInfo("Default/IndexedDB/device")
DEVICE.type = tarfile.CHRTYPE


@pytest.mark.parametrize("member", [*HOSTILE.values(), LINK, DEVICE], ids=lambda m: m.name)
def test_an_archive_writes_nothing_but_files_of_a_session(
    empty: Path, tmp_path: Path, member: tarfile.TarInfo
):
    with pytest.raises(SessionDamaged):
        unpack(archive((member, b"" if member in (LINK, DEVICE) else b"escaped")), empty)
    assert not [path for path in tmp_path.rglob("*") if not path.is_dir()]


def test_an_archive_writes_nothing_twice(empty: Path):
    one = (tarfile.TarInfo("Default/IndexedDB/one"), b"first")
    two = (tarfile.TarInfo("Default/IndexedDB/one"), b"second")
    with pytest.raises(SessionDamaged):
        unpack(archive(one, two), empty)


def test_an_archive_that_swells_is_not_unpacked(empty: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session_pack, "MOST_BYTES", 1000)
    monkeypatch.setattr(session_pack, "MOST_FILES", 1)
    bomb = archive((tarfile.TarInfo("Default/IndexedDB/zeros"), bytes(10_000_000)))
    with pytest.raises(SessionDamaged):
        unpack(bomb, empty)
    assert content_of(empty) == {}


@pytest.mark.parametrize(
    "spoil", [lambda p: p[:-9], lambda p: p + b"x", lambda _: b"", lambda _: b"?"]
)
def test_an_archive_that_is_not_whole_is_told(
    profile: Path, empty: Path, spoil: Callable[[bytes], bytes]
):
    with pytest.raises(SessionDamaged):
        unpack(spoil(pack(profile)[0]), empty)


@pytest.mark.parametrize(
    ("packed_mib", "minutes"), [(0.0, 5.0), (4.0, 5.0), (8.0, 10.0), (64.0, 80.0)]
)
def test_a_large_session_is_sealed_less_often(packed_mib: float, minutes: float):
    assert Limits().next_seal_s(int(packed_mib * 2**20)) == minutes * 60
