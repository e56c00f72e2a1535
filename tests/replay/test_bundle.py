"""A bundle reads back as what was written, is the same bytes again, and says what is wrong."""

import hashlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings

from app.build import BUILD
from domain.deadlines import Awaited
from projections.replay.bundle import (
    FORMAT_VERSION,
    BundleDamaged,
    BundleTooNew,
    BundleUnreadable,
    NotABundle,
    read_bundle,
    write_bundle,
)
from projections.replay.redaction import LEVELS, redact
from tests.read_models import scenes
from tests.read_models.generated import stories
from tests.read_models.stories import Story
from tests.replay.canary_stories import with_canaries
from tests.replay.test_account_log import log_of

GOLDEN = Path(__file__).parent / "golden" / "bundle_1.jsonl"
LONGEST_ATTEMPT = 64 * 1024


def test_a_bundle_is_the_same_bytes_wherever_it_is_written() -> None:
    """Of every Python and every build: the file was written once, and is not written anew."""
    story = scenes.expire(scenes.rotated({1: 3.0}, last=3), Awaited.SCAN, 305)
    log = log_of(with_canaries(story))
    assert write_bundle(log, "masked", build="0.1.0") == GOLDEN.read_bytes()
    assert read_bundle(GOLDEN.read_bytes()).log == redact(log, "masked")


@settings(deadline=None, max_examples=30)
@given(stories)
def test_what_is_read_is_what_was_written_and_is_written_the_same(story: Story) -> None:
    log = log_of(with_canaries(story))
    for part in (log, *log.attempts()):
        for level in LEVELS:
            content = write_bundle(part, level, build="0.1.0")
            bundle = read_bundle(content)
            assert bundle.log == redact(part, level)
            assert (bundle.level, bundle.build, bundle.attempt) == (level, "0.1.0", None)
            assert write_bundle(bundle.log, level, build="0.1.0") == content


def test_it_says_which_attempt_it_is_and_where_it_was_in_the_log() -> None:
    log = log_of(scenes.linked()).attempt(1)
    assert log is not None
    bundle = read_bundle(write_bundle(log, "masked", build="0.1.0", attempt=1))
    assert bundle.attempt == 1
    assert bundle.positions == (log.events[0].position, log.events[-1].position)
    assert bundle.log.timeline().attempts[0].rows[0].name == "LinkRequested"


def test_the_longest_linking_is_a_small_file() -> None:
    log = log_of(scenes.rotated(dict.fromkeys(range(1, 14), 2.0)))
    assert max(len(write_bundle(log, level)) for level in LEVELS) < LONGEST_ATTEMPT / 4


def test_the_build_that_writes_it_is_the_one_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == BUILD


WHOLE = write_bundle(log_of(scenes.linked()), "masked", build="0.1.0")


@pytest.mark.parametrize("length", [1, 7, 200, len(WHOLE) // 2, len(WHOLE) - 1])
def test_a_file_that_is_cut_off(length: int) -> None:
    with pytest.raises(BundleUnreadable) as raised:
        read_bundle(WHOLE[:length])
    assert type(raised.value) is (NotABundle if length < WHOLE.index(b"\n") else BundleDamaged)


@pytest.mark.parametrize("place", range(0, len(WHOLE), 61))
def test_a_file_in_which_a_byte_was_changed(place: int) -> None:
    changed = WHOLE[:place] + bytes([WHOLE[place] ^ 1]) + WHOLE[place + 1 :]
    with pytest.raises(BundleUnreadable):
        read_bundle(changed)


def resealed(old: bytes, new: bytes) -> bytes:
    """Change a bundle and its hash too, as another build might have written it."""
    assert old in WHOLE
    body = WHOLE[: WHOLE.rindex(b"\n", 0, -1) + 1].replace(old, new)
    return body + b'{"line":"end","sha256":"%s"}\n' % hashlib.sha256(body).hexdigest().encode()


def test_a_newer_format_is_refused_by_name() -> None:
    newer = resealed(b'"version":%d,' % FORMAT_VERSION, b'"version":7,')
    with pytest.raises(BundleTooNew, match=r"Build 0.1.0 wrote the bundle in format 7; this build"):
        read_bundle(newer)


def test_an_event_of_a_newer_build_is_refused_by_name() -> None:
    with pytest.raises(BundleTooNew, match="knows an event that this build does not: QrPraised"):
        read_bundle(resealed(b'"topic":"QrScanned"', b'"topic":"QrPraised"'))


def test_an_input_of_a_newer_build_is_told_without_its_command() -> None:
    bundle = read_bundle(
        resealed(b'"kind":"RecordScan"', b'"kind":"RecordPraise","at":"2026-03-01T12:00:15Z"')
    )
    (praise,) = [given for given in bundle.log.inputs if given.kind == "RecordPraise"]
    assert praise.command is None
    assert len(bundle.log.timeline().rows) == len(bundle.log.events)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"level":"masked"', b'"level":"naked"'),
        (b'"line":"input","input_id":2', b'"line":"inputs","input_id":2'),
        (b'"topic":"QrScanned"', b'"topic":"\\u001b[31mQr"'),
        (b'"percent":40', b'"percent":"40"'),
        (b'"input_id":10,"stream_version"', b'"input_id":11,"stream_version"'),
        (b'"attempt":"att_1","percent"', b'"attempt":"\xff","percent"'),
    ],
)
def test_a_file_that_no_build_could_have_written(old: bytes, new: bytes) -> None:
    with pytest.raises(BundleDamaged):
        read_bundle(resealed(old, new))


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}", b"[1]\n", b"\xff\xfe", b"\x1f\x8b\x08", b'{"format":"x"}\n']
)
def test_something_else(content: bytes) -> None:
    with pytest.raises(NotABundle):
        read_bundle(content)


def test_one_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(NotABundle, match="at most 1 KiB"):
        read_bundle(WHOLE, most_bytes=1024)
