"""The backup's file: what is damaged, cut off or not ours is refused before anything is touched."""

from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pytest

from adapters.backup.archive import DUMP, MANIFEST, Fill, open_backup, write_backup
from adapters.backup.failures import BackupUnusable, FileUnusable
from adapters.backup.manifest import FORMAT, Manifest

CONTENTS = bytes(range(256)) * 40
THE_MANIFEST = Manifest(
    created_at=datetime(2026, 5, 1, tzinfo=UTC),
    migrations=("0001_log.sql", "0002_read_models.sql"),
    schema="public",
    server_major=18,
    dump_major=18,
    master_key="5e",
    counts={"events": 3},
    head="",
    faults=(),
    columns={"accounts": ("account_id",)},
    projection_hash="ab",
)


def filled(manifest: Manifest = THE_MANIFEST) -> Fill:
    def fill(write: object) -> Manifest:
        assert callable(write)
        write(CONTENTS)
        return manifest

    return fill


def read(file: Path) -> tuple[Manifest, bytes]:
    with open_backup(file, lambda _done, _all: None) as backup:
        return backup.manifest, backup.dump().read()


@pytest.fixture
def whole(file: Path) -> bytes:
    write_backup(file, filled())
    return file.read_bytes()


def test_what_was_written_is_read(file: Path):
    manifest, size_bytes = write_backup(file, filled())
    assert size_bytes == file.stat().st_size
    assert read(file) == (manifest, CONTENTS) == (THE_MANIFEST, CONTENTS)
    assert THE_MANIFEST.schema_version == "0002_read_models"


def test_any_unzip_reads_it_too(file: Path, whole: bytes):
    with ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.read(DUMP) == CONTENTS
        assert msgspec.json.decode(archive.read(MANIFEST))["head"] == ""
    assert whole.endswith(archive.comment)


def test_one_changed_byte_is_enough(file: Path, whole: bytes):
    for place in [*range(4, len(whole), 97), len(whole) - 65, len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[place] ^= 1
        file.write_bytes(damaged)
        with pytest.raises(BackupUnusable, match=r"damaged or cut off.*Nothing was restored"):
            read(file)


@pytest.mark.parametrize("left", [4, 60, 64, 65, 5000, -65, -64, -1])
def test_a_part_is_not_the_whole(file: Path, whole: bytes, left: int):
    file.write_bytes(whole[:left])
    with pytest.raises(BackupUnusable, match="damaged or cut off"):
        read(file)


@pytest.mark.parametrize("text", [b"", b"PK", b"-- PostgreSQL database dump\n" * 9])
def test_what_is_no_backup_is_told_apart_from_a_damaged_one(file: Path, text: bytes):
    file.write_bytes(text)
    with pytest.raises(BackupUnusable, match="is no backup of Linkwright"):
        read(file)


def test_a_file_that_cannot_be_read_is_named(file: Path):
    with pytest.raises(FileUnusable, match=r"nightly\.backup cannot be used: no such file"):
        read(file)
    with pytest.raises(FileUnusable, match="is a directory"):
        read(file.parent)


def test_a_newer_format_is_left_to_the_build_that_made_it(file: Path):
    write_backup(file, filled(msgspec.structs.replace(THE_MANIFEST, format=FORMAT + 1)))
    with pytest.raises(BackupUnusable, match=r"is of format 2, .*Restore it with that build"):
        read(file)
