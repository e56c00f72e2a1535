"""`why` gives the cause that a person would give, for every labelled log."""

import re
from collections import Counter

import msgspec
import pytest
from msgspec import structs

from domain.reasons import Reason
from projections import causes
from projections.cause_table import CAUSES, EXACT
from projections.replay.redaction import redact
from projections.timeline import TimelineRow
from tests.corpus import kept
from tests.corpus.judge import Judged, judge
from tests.corpus.labelled import LINKED, Labelled
from tests.corpus.performances import PERFORMANCES, SCENE_LABELS
from tests.corpus.record import RECORDED, STRUCK
from tests.corpus.simulated import simulated
from tests.corpus.told import told
from tests.end_to_end.rehearsals import REHEARSALS

PHONES = re.compile(r"\b491(?:51|60)\d{7}\b")
LEAST_LOGS = 300
LEAST_OF_EACH = 3


@pytest.fixture(scope="module")
def logs() -> list[Labelled]:
    """Return the whole corpus."""
    return [*told(), *simulated(), *kept.read(RECORDED)]


@pytest.fixture(scope="module")
def answers(logs: list[Labelled]) -> list[Judged]:
    """Return what `why` says of it."""
    return judge(logs)


def test_every_answer_is_what_a_person_would_say(answers: list[Judged]) -> None:
    assert [str(answer) for answer in answers if not answer.right] == []


def test_a_masked_log_has_the_same_causes(logs: list[Labelled]) -> None:
    hidden = [structs.replace(one, log=redact(one.log, "masked")) for one in logs]
    assert [str(answer) for answer in judge(hidden) if not answer.right] == []


def test_hardly_anything_is_unknown(answers: list[Judged]) -> None:
    unknown = sum(answer.code == "unknown" for answer in answers)
    assert unknown < len(answers) / 100


def test_every_cause_is_proved_by_rows_that_led_to_it(answers: list[Judged]) -> None:
    for answer in answers:
        if answer.finding is None:
            continue
        rows = [row for part in answer.rows for row in part.rows]
        positions = {row.position for row in rows}
        assert answer.finding.positions, answer
        assert positions.issuperset(answer.finding.positions), answer
        inputs = {row.cause.input_id for row in rows if row.position is None}
        assert inputs.issuperset(answer.finding.inputs), answer
        assert any(_ends(row, answer) for row in answer.rows[-1].rows), answer


def _ends(row: TimelineRow, answer: Judged) -> bool:
    """Tell whether a row of the attempt is among its proof and leaves the account without link."""
    assert answer.finding is not None
    without = row.status_after.value in ("FAILED", "DISCONNECTED")
    return without and row.position in answer.finding.positions


def test_every_reason_and_every_exact_cause_is_covered(
    logs: list[Labelled], answers: list[Judged]
) -> None:
    assert len(logs) >= LEAST_LOGS
    assert {"scene", "simulated", "told"} == {labelled.source for labelled in logs}
    labels = Counter(answer.label for answer in answers if answer.attempt is not None)
    assert set(labels) <= set(CAUSES) | {LINKED}
    assert [code for code in EXACT if labels[code] < LEAST_OF_EACH] == []
    reasons = Counter(a.finding.reason for a in answers if a.finding and a.attempt is not None)
    assert [reason for reason in Reason if reasons[reason] < LEAST_OF_EACH] == []


def test_every_exact_cause_is_found_by_a_rule_only(
    logs: list[Labelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causes, "RULES", {})
    wrong = {answer.label for answer in judge(logs) if not answer.right}
    assert wrong == set(EXACT)


def test_a_log_that_was_stored_has_the_same_answers(logs: list[Labelled]) -> None:
    changed = [one.name for one in logs if kept.tell(through_json(one)) != one]
    assert changed == []


def through_json(labelled: Labelled) -> kept.KeptLog:
    return msgspec.json.decode(msgspec.json.encode(kept.keep(labelled)), type=kept.KeptLog)


def test_every_scene_and_every_performance_was_recorded(logs: list[Labelled]) -> None:
    assert set(SCENE_LABELS) == {each.id for each in REHEARSALS}
    recorded = {labelled.name for labelled in logs if labelled.source == "scene"}
    assert recorded == {*PERFORMANCES, STRUCK}, "python -m tests.corpus record --only NAME"


def test_nobody_is_named_in_what_is_stored(logs: list[Labelled]) -> None:
    text = repr([labelled.log for labelled in logs if labelled.source == "scene"])
    assert "phone='masked'" in text
    assert PHONES.findall(text) == []
