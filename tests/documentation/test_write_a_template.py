"""What docs/how-to/write-a-template.md shows is what comes of it."""

import json
import re
from pathlib import Path
from textwrap import dedent

from app.templates.built_in import BUILT_IN
from app.templates.formats import Formats
from app.templates.liquid_texts import render
from tests.message_templates import papers

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-template.md"


def blocks(language: str) -> list[str]:
    found = re.findall(
        rf"^ *```{language}\n(.*?)^ *```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return [dedent(block) for block in found]


def test_the_template_makes_the_message_of_the_values():
    layout, _ = blocks("liquid")
    (values,) = blocks("json")
    (message,) = blocks("text")
    assert render(layout, json.loads(values), Formats("", "", "")) == message.strip()


def test_the_short_dispatch_notice_uses_fields_that_there_are():
    _, layout = blocks("liquid")
    values = BUILT_IN["dispatch_notice"].values(papers.DISPATCH, "")
    shown = render(layout, values, Formats("", "", ""))
    assert shown == "Your order *SO-114* left with VRL Logistics, LR LR 99812."
