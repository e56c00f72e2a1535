"""Which Chromium wrote a session is known wherever the session goes."""

from pathlib import Path

import pytest

from adapters.browser import session_pack
from adapters.browser.session_pack import WRITTEN_BY, look_at, pack, unpack
from adapters.browser.written_by import note_writer, written_by

PART = "Default/IndexedDB/http_127.0.0.1_8701.indexeddb.leveldb/000003.log"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Return a profile with a session that nobody has noted the writer of."""
    (tmp_path / PART).parent.mkdir(parents=True)
    (tmp_path / PART).write_bytes(b"a key")
    return tmp_path


def test_without_a_session_any_browser_will_do(tmp_path: Path):
    assert written_by(tmp_path) == 0


def test_a_session_without_a_note_may_be_anybodys(profile: Path):
    assert written_by(profile) is None


def test_a_note_that_is_none_is_as_good_as_none(profile: Path):
    (profile / WRITTEN_BY).write_text("")
    assert written_by(profile) is None


def test_a_session_too_large_to_look_at_is_one(profile: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session_pack, "MOST_BYTES", 1)
    assert written_by(profile) is None


def test_the_note_goes_with_the_session_and_is_no_part_of_it(profile: Path, tmp_path: Path):
    before = look_at(profile)
    note_writer(profile, "156.0.8078.79")
    assert look_at(profile) == before
    packed, _ = pack(profile)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    unpack(packed, elsewhere)
    assert written_by(elsewhere) == 156


def test_the_note_is_made_before_there_is_anything_else(tmp_path: Path):
    note_writer(tmp_path / "browser", "140.0.7339.225")
    assert written_by(tmp_path / "browser") == 140
    assert look_at(tmp_path / "browser") == {}
