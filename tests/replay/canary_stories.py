"""Stories in which every text that a person, a page or a client may choose is a canary.

Every canary is another one, so that what stands for equal texts cannot be what makes a test pass.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from domain.commands import AnyCommand
from projections.replay.redaction import Rule, rule_of
from tests.read_models.stories import Story

BodyT = TypeVar("BodyT", bound=msgspec.Struct)

PHONES = "6289"
CANARY = re.compile(rf"canary [0-9]+|{PHONES}[0-9]{{7}}")
"""Finds any of them; the last digits of a phone number alone are not one."""

MAKERS: dict[Rule, Callable[[int], str]] = {
    Rule.PHONE: lambda number: f"{PHONES}{number:07d}",
    Rule.NAME: lambda number: f"Аюна canary {number} 漢字 🦜",
    Rule.TEXT: lambda number: f"chat {PHONES}{number:07d}@c.us of “canary {number}” is gone",
    Rule.CHOSEN: lambda number: f"order/{PHONES}{number:07d}",
    Rule.VERSION: lambda number: f"canary {number}",
}


def with_canaries(story: Story, numbers: Iterator[int] | None = None) -> Story:
    """Tell the same story with canaries; the real `decide` carries them on."""
    numbers = numbers or itertools.count(1)
    told = Story()
    for given in story.inputs:
        assert isinstance(given.command, AnyCommand)
        origin = plant(given.origin, numbers)
        if ":" in origin.actor:
            origin = msgspec.structs.replace(origin, actor=f"worker:{PHONES}{next(numbers):07d}")
        told.tell(plant(given.command, numbers), by=origin, to=given.stream)
    return told


def plant(body: BodyT, numbers: Iterator[int]) -> BodyT:
    """Put a canary into each text of a command or origin that somebody may choose."""
    texts: dict[str, str] = {}
    for name in body.__struct_fields__:
        make = MAKERS.get(rule_of(type(body), name))
        if make is not None:
            texts[name] = make(next(numbers))
    return msgspec.structs.replace(body, **texts)
