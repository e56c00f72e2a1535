"""Nothing that was ever stored changes its meaning unnoticed.

When a test here fails: give the field a default, put back what old texts need, or add a lift to
adapters/event_log/lifting.py, which gives the new shape its number. Then run
`python -m tests.event_log.write_golden`.
"""

import json
from datetime import datetime
from enum import Enum
from typing import Any, Literal

import msgspec
import pytest

from adapters.event_log.codec import KINDS, TOPICS, Codec, Envelope
from adapters.event_log.lifting import LIFTS, current_shape
from domain.log import Origin
from tests.event_log.stored_shapes import describe, judge, misfits, stored_shapes
from tests.event_log.test_old_shapes import stored_as
from tests.event_log.values import GOLDEN_TIME
from tests.event_log.write_golden import FOLDER, SHAPES

RECORDED: dict[str, Any] = json.loads((FOLDER / SHAPES).read_text("utf-8"))


def test_no_stored_shape_changed_without_a_new_number() -> None:
    assert judge(RECORDED, stored_shapes()) == []


def test_every_addition_is_recorded() -> None:
    """So that it is as safe from now on as the rest: `python -m tests.event_log.write_golden`."""
    current = stored_shapes()
    assert [name for name in current if current[name] != RECORDED.get(name)] == []


def test_lifts_go_from_the_first_shape_to_todays_without_a_gap() -> None:
    assert {name for name, _ in LIFTS} <= {*TOPICS, *KINDS}
    for name in {name for name, _ in LIFTS}:
        numbers = sorted(shape for lifted, shape in LIFTS if lifted == name)
        assert numbers == list(range(1, current_shape(name, LIFTS)))


def test_events_and_inputs_share_no_name() -> None:
    """Lifts are found by name."""
    assert not TOPICS.keys() & KINDS.keys()


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class OnlyRed(Enum):
    RED = "red"


class Inner(msgspec.Struct, frozen=True, omit_defaults=True):
    limit_s: float = 1.0


class InnerOfToday(msgspec.Struct, frozen=True, omit_defaults=True):
    limit_s: float = 2.0


class Stored(msgspec.Struct):
    at: datetime
    inner: Inner
    colour: Colour = Colour.RED
    by: Literal["phone", "client"] | None = None
    marks: tuple[str, ...] = ()


def fields(**changed: Any) -> Any:  # noqa: ANN401  what a type is stored as
    """Describe `Stored` with changed fields: (type,), (type, default), or None for none."""
    kept: dict[str, Any] = {
        "at": (datetime,),
        "inner": (Inner,),
        "colour": (Colour, Colour.RED),
        "by": (Literal["phone", "client"] | None, None),
        "marks": (tuple[str, ...], ()),
    }
    given = {name: field for name, field in {**kept, **changed}.items() if field is not None}
    ordered = sorted(given.items(), key=lambda item: len(item[1]))
    return describe(msgspec.defstruct("Stored", [(name, *field) for name, field in ordered]))


@pytest.mark.parametrize(
    "harmless",
    [
        {},
        {"more": (str, "")},
        {"more": (Inner, Inner())},
        {"by": (Literal["phone", "client", "page"] | None, None)},
        {"at": (datetime | None, None)},
    ],
)
def test_what_old_texts_fit_is_let_pass(harmless: dict[str, Any]) -> None:
    assert misfits(describe(Stored), fields(**harmless), "Stored") == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"marks": None}, "Stored.marks is gone"),
        ({"more": (str,)}, "Stored.more is new and has no default"),
        ({"at": (str,)}, "Stored.at was time and is text"),
        ({"marks": (tuple[int, ...], ())}, "Stored.marks[] was text and is whole number"),
        ({"colour": (OnlyRed, OnlyRed.RED)}, "Stored.colour may not be 'blue' any more"),
        (
            {"colour": (Colour, Colour.BLUE)},
            "Stored.colour has lost its default, or has another one",
        ),
        ({"colour": (Colour,)}, "Stored.colour has lost its default, or has another one"),
        ({"by": (Literal["phone", "client"], "phone")}, "Stored.by may not be nothing any more"),
        ({"by": (Literal["phone"] | None, None)}, "Stored.by may not be one of any more"),
        (
            {"inner": (InnerOfToday,)},
            "Stored.inner.limit_s has lost its default, or has another one",
        ),
    ],
)
def test_what_changes_old_texts_is_named(change: dict[str, Any], told: str) -> None:
    assert told in misfits(describe(Stored), fields(**change), "Stored")


def test_a_new_number_is_let_pass_and_a_name_that_is_gone_is_not() -> None:
    old = {"Stored": {"shape": 1, **describe(Stored)}}
    assert judge(old, {"Stored": {"shape": 2, **fields(marks=None)}}) == []
    assert judge(old, {}) == ["Stored is gone: what it stored cannot be read"]


def raise_from_it(_: dict[str, Any]) -> dict[str, Any]:
    raise ValueError("an old text is not what the lift expects")


@pytest.mark.parametrize("payload", [b"[]", b"null", b"7", b'{"unlike":1}', b"{", b"\xff"])
@pytest.mark.parametrize("lift", [raise_from_it, lambda body: {"at": body["when"]}])
def test_an_input_that_a_lift_cannot_take_is_unreadable_and_stops_nobody(
    payload: bytes,
    lift: Any,  # noqa: ANN401
) -> None:
    assert Codec({("CancelLink", 1): lift}).decode_input("CancelLink", 1, payload) is None


def test_neither_is_an_event_that_a_lift_cannot_take() -> None:
    state = msgspec.json.encode(
        Envelope(input=1, recorded=GOLDEN_TIME, origin=Origin(actor="clock"), body={"at": 1})
    )
    with pytest.raises(Exception, match="its text does not fit"):
        Codec({("AccountDestroyed", 1): raise_from_it}).decode_event(
            stored_as("AccountDestroyed"), state
        )
