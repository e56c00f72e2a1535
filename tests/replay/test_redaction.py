"""What is shown of a log: an allow-list of its fields, and a log that is decided as it was."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commands import AnyCommand
from domain.lifecycle import EVENTS
from domain.log import Origin, RecordedEvent, RecordedInput
from domain.observations import RecordProblem, RecordReady
from domain.policy import Policy
from domain.reasons import Reason
from domain.wishes import RegisterAccount
from projections.attempts import AttemptRow
from projections.replay.account_log import AccountLog
from projections.replay.redaction import FIELDS, LEVELS, Level, Rule, redact, rule_of
from projections.replay.redecide import redecide
from projections.timeline import Before
from tests.read_models import scenes
from tests.read_models.generated import stories
from tests.read_models.stories import Story, at
from tests.replay.canary_stories import with_canaries
from tests.replay.test_account_log import log_of

ROOTS: tuple[type[Any], ...] = (
    *get_args(AnyCommand),
    *EVENTS.values(),
    Origin,
    RecordedInput,
    RecordedEvent,
    Before,
    AttemptRow,
)
WRITTEN_HERE = {"kind", "topic", "rule", "error"}
"""Texts of a fixed set that the types do not name: class names, stable codes of the domain, and
the names of what may go wrong with a delivery (adapters/outgoing)."""
promise = settings(deadline=None, max_examples=30)


def kinds_of(hint: object) -> set[type[Any]]:
    """List the plain types that a hint is made of."""
    if get_origin(hint) is Literal:
        return {Enum}  # as good as one
    parts = [part for part in get_args(hint) if part not in (Ellipsis, NoneType)]
    if not parts:
        assert isinstance(hint, type)
        return {hint}
    return set[type[Any]]().union(*map(kinds_of, parts))


def owners(root: type[Any]) -> Iterator[type[Any]]:
    """List a struct, and the structs in it; a log's row holds any of the roots itself."""
    yield root
    if root not in (RecordedInput, RecordedEvent):
        for hint in get_type_hints(root).values():
            for kind in kinds_of(hint) - {Policy}:
                if issubclass(kind, msgspec.Struct):
                    yield from owners(kind)


OWNERS = sorted({owner for root in ROOTS for owner in owners(root)}, key=lambda one: one.__name__)


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.__name__)
def test_every_field_was_decided_on(owner: type[Any]):
    for name, hint in get_type_hints(owner).items():
        try:
            rule = rule_of(owner, name)
        except KeyError:
            pytest.fail(f"{owner.__name__}.{name}: say in FIELDS what becomes of it")
        assert name in WRITTEN_HERE or all(fits(kind, rule) for kind in kinds_of(hint)), name


def fits(kind: type[Any], rule: Rule) -> bool:
    """Tell whether a field of this type may have the rule: a free text is never FIXED."""
    match rule:
        case Rule.FIXED:
            return kind in (int, float, bool, Policy) or issubclass(kind, Enum)
        case Rule.PART:
            return issubclass(kind, msgspec.Struct)
        case Rule.TIME:
            return kind is datetime
        case _:
            return kind is str


def test_nothing_is_listed_that_there_is_not():
    there = {name for owner in OWNERS for name in get_type_hints(owner)}
    there.add("account_id")  # of AccountLog
    assert {name for names in FIELDS.values() for name in names.split()} == there


@pytest.mark.parametrize("level", LEVELS)
@promise
@given(story=stories, all_texts=st.booleans())
def test_a_redacted_log_is_decided_as_it_was(level: Level, story: Story, *, all_texts: bool):
    """`all_texts`: also those that mostly are empty, and mean something by being so."""
    log = redact(log_of(with_canaries(story) if all_texts else story), level)
    for part in (log, *log.attempts()):
        again = redecide(part)
        assert (again.first, again.erased) == (None, 0)
        assert (again.inputs, again.events) == (len(part.inputs), len(part.events))


@promise
@given(stories)
def test_redacting_again_changes_nothing_and_a_stricter_level_is_the_same_from_any(story: Story):
    log = log_of(with_canaries(story))
    for number, level in enumerate(LEVELS):
        once = redact(log, level)
        assert redact(once, level) == once
        for stricter in LEVELS[max(number, 1) :]:
            assert number == 0 or redact(once, stricter) == redact(log, stricter)


@promise
@given(stories)
def test_the_story_is_told_in_the_same_steps(story: Story):
    log = log_of(with_canaries(story))
    whole = log.timeline()
    for level in LEVELS:
        told = redact(log, level).timeline()
        for row, original in zip(told.rows, whole.rows, strict=True):
            assert (row.name, row.rule, row.position) == (
                original.name,
                original.rule,
                original.position,
            )
            assert (row.status_before, row.status_after) == (
                original.status_before,
                original.status_after,
            )
            assert (row.gap_s, row.since_start_s) == (original.gap_s, original.since_start_s)


def linked_by(phone: str, again: str) -> AccountLog:
    story = scenes.waiting()
    for number, said in enumerate((phone, again)):
        ready = RecordReady(
            at=at(10 + number), attempt="att_1", phone=said, phone_fingerprint=f"print-{number}"
        )
        story.tell(ready)
    return log_of(story)


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("none", ["62811801641", "62899901641"]),
        ("masked", ["…1641", "2…1641"]),
        ("limited", ["0001", "0002"]),
        ("full", ["0001", "0002"]),
    ],
)
def test_phone_numbers(level: Level, shown: list[str]):
    log = redact(linked_by("62811801641", "62899901641"), level)
    assert [event.phone for event in events_of(log, "PhoneIdentified")] == shown


def events_of(log: AccountLog, topic: str) -> list[Any]:
    return [recorded.event for recorded in log.events if recorded.topic == topic]


@pytest.mark.parametrize("said", ["1641", "6281164", "Ayu", "+62 811 80 1641", "62811801641@c.us"])
def test_what_is_no_phone_number_is_not_shown_in_part(said: str):
    log = redact(linked_by(said, said), "masked")
    assert [event.phone for event in events_of(log, "PhoneIdentified")] == ["…0001"] * 2


def failed_with(detail: str) -> AccountLog:
    return log_of(
        scenes.opened().tell(
            RecordProblem(at=at(9), attempt="att_1", reason=Reason.PAGE_UNREACHABLE, detail=detail)
        )
    )


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        (
            "Ayu's page: net::ERR_NAME_NOT_RESOLVED",
            [
                "Ayu's page: net::ERR_NAME_NOT_RESOLVED",
                "detail-1 net::ERR_NAME_NOT_RESOLVED",
                "detail-1 net::ERR_NAME_NOT_RESOLVED",
                "",
            ],
        ),
        (
            "the number moved to acc_9",
            ["the number moved to acc_9"] * 2 + ["the number moved to acc_2"] * 2,
        ),
        ("the number moved to Ayu", ["the number moved to Ayu", "detail-1", "detail-1", ""]),
        ("the page shows a code again", ["the page shows a code again"] * 4),
        ("code https://wa.me/x#2@QUJD" + "A" * 30 + ",x is odd", ["code (removed) is odd"]),
        ("enter AB12CD34 or WXYZ-6789", ["enter (removed) or (removed)"]),
        (f"with lw_{'a1' * 24}", ["with (removed)"]),
        (f"with lwo_{'a1' * 32}", ["with (removed)"]),
        (f"with whsec_{'a1' * 16}", ["with (removed)"]),
        ("ban code 101", ["ban code 101"] * 3 + [""]),
        ("ban code 101 of Ayu", ["ban code 101 of Ayu"] + ["detail-1 ban code 101"] * 2 + [""]),
        ("NORMAL, UNPAIRED_IDLE, 3 s", ["NORMAL, UNPAIRED_IDLE, 3 s"]),
    ],
)
def test_details(detail: str, shown: list[str]):
    log = failed_with(detail)
    for level, expected in zip(LEVELS, shown, strict=False):
        (failed,) = events_of(redact(log, level), "LinkFailed")
        assert failed.detail == expected


@pytest.mark.parametrize("given", ["order-7", "acme", "3fa85f64-5717-4562-b3fc-2c963f66afa6"])
def test_what_programs_call_a_thing_is_no_name(given: str):
    assert correlations(given, "masked") == {given}
    assert correlations(given, "limited") == {"correlation_id-1"}
    assert correlations(given, "full") == {""}


@pytest.mark.parametrize("given", ["628115550071234", "of:+628115550071234", "ayu@example.org"])
def test_but_a_number_or_an_address_in_it_is(given: str):
    assert correlations(given, "none") == {given}
    assert correlations(given, "masked") == {"correlation_id-1"}


def correlations(given: str, level: Level) -> set[str]:
    client = Origin(actor="key:operator", correlation_id=given)
    log = log_of(Story().tell(RegisterAccount(at=at(0), workspace="ws_1"), by=client))
    return {recorded.origin.correlation_id for recorded in redact(log, level).events}
