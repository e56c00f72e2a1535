"""docs/reference/templates.md has every field; `python -m` of this writes them."""

import re
from pathlib import Path

from app.templates.built_in import BUILT_IN
from app.templates.fields import ITEM_FIELDS, Field
from app.templates.layout_filters import FILTERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "templates.md"
MARKED = re.compile(r"(?<=test_reference_page` -->\n).*(?=<!-- end of fields)", re.DOTALL)


def rows(fields: tuple[Field, ...]) -> list[str]:
    heading = ["", "| Field | Kind | What | Also |", "|---|---|---|---|"]
    return heading + [
        f"| `{one.name}`{', needed' if one.required else ''} | {one.kind} | {one.about} |"
        f" {' '.join(f'`{other}`' for other in one.also.split())} |"
        for one in fields
    ]


def written() -> str:
    lines: list[str] = []
    for built_in in BUILT_IN.values():
        lines += ["", f"## `{built_in.name}`", "", f"{built_in.about}.", *rows(built_in.fields)]
    lines += ["", "## Items", "", "An item that is only text is its name.", *rows(ITEM_FIELDS), ""]
    return "\n".join(lines)


def test_the_page_has_every_field_of_every_built_in_template():
    assert MARKED.findall(PAGE.read_text("utf-8")) == [written()], "run python -m on this file"


def test_the_page_has_every_filter():
    part = PAGE.read_text("utf-8").split("| Filter | Gives |")[1]
    assert set(re.findall(r"`(\w+)`", part)) == FILTERS.keys()


if __name__ == "__main__":
    PAGE.write_text(MARKED.sub(lambda _: written(), PAGE.read_text("utf-8")), "utf-8")
