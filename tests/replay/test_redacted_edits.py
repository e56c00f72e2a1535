"""What cannot be inserted into a redacted attempt, and what can."""

import pytest

from projections.replay.account_log import AccountLog
from projections.replay.edits import BadChange, Changes, Insert
from projections.replay.redacted_edits import check_comparable
from projections.replay.redaction import LEVELS, Level, redact
from projections.replay.what_if import what_if
from tests.read_models import scenes
from tests.read_models.stories import Story
from tests.replay.test_account_log import log_of

READY = {"phone": scenes.PHONE, "phone_fingerprint": scenes.PHONE_PRINT}


def refused(story: Story, level: Level, kind: str, **body: object) -> str:
    """Give the rule and what is said of it; empty when the insertion can be decided."""
    attempt = log_of(story).attempts()[-1]
    changes = Changes(edits=(Insert(kind=kind, body=dict(body)),))
    return refusal(redact(attempt, level), level, changes)


def refusal(attempt: AccountLog, level: Level, changes: Changes) -> str:
    try:
        check_comparable(attempt, level, changes)
    except BadChange as bad:
        return f"{bad.rule}: {bad.sentence}"
    return ""


@pytest.mark.parametrize("level", LEVELS[:2])
def test_a_fingerprint_that_is_shown_is_compared(level: Level) -> None:
    assert refused(scenes.linked(), level, "RecordReady", **READY) == ""


@pytest.mark.parametrize("level", LEVELS[2:])
def test_a_fingerprint_that_a_number_stands_for_is_not(level: Level) -> None:
    told = refused(scenes.linked(), level, "RecordReady", **READY)
    assert told.startswith(f"redacted: At `{level}` the bundle has stand-ins for every phone_")
    assert told.endswith("or open a bundle at `masked`.")
    assert scenes.PHONE_PRINT not in told
    assert refused(scenes.linked(), level, "RecordReady", phone_fingerprint="digest-2") == ""


def test_a_code_and_an_attempt_are_not_either() -> None:
    for kind, field in (("RecordQrFetch", "fingerprint"), ("RecordScan", "attempt")):
        told = refused(scenes.waiting(), "limited", kind, **{field: "outside"})
        assert f"stand-ins for every {field}" in told
        assert refused(scenes.waiting(), "masked", kind, **{field: "outside"}) == ""


def test_a_name_is_shown_by_a_bundle_that_hides_nothing_only() -> None:
    told = refused(scenes.linked(), "masked", "RecordReady", **READY, name="Sari")
    assert "stand-ins for every name" in told
    assert told.endswith("open a bundle at `none`.")
    assert refused(scenes.linked(), "none", "RecordReady", **READY, name="Sari") == ""


def test_where_nothing_is_known_nothing_can_be_mistaken() -> None:
    """The usual question is whether a phone would have come in this attempt, the first of all."""
    story = scenes.close_window(scenes.rotated({1: 3.0}))
    attempt = redact(log_of(story).attempts()[0], "full")
    before = attempt.inputs[-1].input_id
    came = Changes(edits=(Insert(kind="RecordReady", before=before, body=dict(READY)),))
    assert refusal(attempt, "full", came) == ""
    assert any(type(event).__name__ == "LinkCompleted" for event in what_if(attempt, came).events)
