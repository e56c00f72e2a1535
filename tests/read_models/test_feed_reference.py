"""docs/reference/feed.md says of every type exactly what the code puts into its items."""

import re
from pathlib import Path

from msgspec.structs import fields

from domain.reasons import Reason
from projections.feed import FeedItem
from projections.feed_data import ITEMS, failure_data, item_data, item_type
from tests.read_models import scenes
from tests.read_models.test_sentences import TOLD

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "feed.md"
FAILURE = "the failure fields"


def documented() -> dict[str, set[str]]:
    """Read the page's table of types: type -> names in its last column."""
    section = PAGE.read_text(encoding="utf-8").split("## Types")[1].split("\n## ")[0]
    table: dict[str, set[str]] = {}
    for line in section.splitlines():
        match [cell.strip() for cell in line.strip("| ").split("|")]:
            case [name, _, *data] if name.startswith("`"):
                told = data[0] if data else ""
                table[name.strip("`")] = names(told)
            case _:
                pass
    return table


def names(told: str) -> set[str]:
    shared = set(failure_fields()) if FAILURE in told else set[str]()
    return shared | set(re.findall(r"`(\w+)`", told))


def failure_fields() -> dict[str, object]:
    return failure_data(Reason.NETWORK_LOST)


def test_every_type_is_on_the_page_and_no_other() -> None:
    assert set(documented()) == {name for name, _ in ITEMS.values()}


def test_the_page_lists_what_each_type_carries() -> None:
    row = scenes.accounts_row(scenes.linked())
    table = documented()
    for event, _ in TOLD:
        carried = set(item_data(row, event))
        listed = table[item_type(event)]
        assert carried <= listed, item_type(event)
        assert listed - carried <= {"deadline"}, item_type(event)


def test_the_page_lists_every_field_of_an_item_and_of_a_failure() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in (*(field.name for field in fields(FeedItem)), *failure_fields()):
        assert f"`{name}`" in page
