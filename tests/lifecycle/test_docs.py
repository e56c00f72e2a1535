"""The pages about the lifecycle say what the code says.

`python -m tests.lifecycle.test_docs` writes the generated parts anew.
"""

import inspect
import re
from pathlib import Path

from domain.advice import ADVICE
from domain.diagram import diagram, event_table
from domain.lifecycle import EVENTS
from domain.reasons import Reason
from domain.status import Status
from domain.workspace_events import WORKSPACE_EVENTS
from tests.lifecycle.words import IGNORED, RULES

DOCS = Path(__file__).parents[2] / "docs"
LIFECYCLE = DOCS / "lifecycle.md"
EVENTS_PAGE = DOCS / "reference" / "events.md"
REASONS_PAGE = DOCS / "reference" / "reasons.md"
RULES_PAGE = DOCS / "reference" / "rules.md"


def with_part(page: str, name: str, text: str) -> str:
    """Replace what stands between the markers of a part."""
    marked = re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    assert marked.search(page), f"the page has no place for its {name}"
    return marked.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page)


def lifecycle_page() -> str:
    page = LIFECYCLE.read_text(encoding="utf-8")
    page = with_part(page, "diagram", f"```mermaid\n{diagram()}\n```")
    return with_part(page, "events", event_table())


def events_page() -> str:
    lines = [
        "# Events",
        "",
        "Written from the code by `python -m tests.lifecycle.test_docs`. Every event has `at`",
        "(UTC). When each may happen is in [the lifecycle](../lifecycle.md).",
    ]
    for title, kinds in (("Of an account", EVENTS), ("Of a workspace", WORKSPACE_EVENTS)):
        lines += ["", f"## {title}", "", "| Event | Means | Fields |", "|---|---|---|"]
        for name, kind in kinds.items():
            sentence = " ".join((inspect.getdoc(kind) or "").split())
            fields = ", ".join(f"`{field}`" for field in kind.__struct_fields__ if field != "at")
            lines.append(f"| `{name}` | {sentence} | {fields} |")
    return "\n".join(lines) + "\n"


def reasons_page() -> str:
    lines = [
        "# Reasons",
        "",
        "Written from the code by `python -m tests.lifecycle.test_docs`. Why an attempt failed or",
        "a link was lost: a stable code, what it means, who must act, what to do, and whether a",
        "retry helps.",
        "",
        "| Reason | Means | Who acts | What to do | Retry helps |",
        "|---|---|---|---|---|",
    ]
    for reason in Reason:
        advice = ADVICE[reason]
        actor = advice.actor.replace("_", " ")
        helps = "yes" if advice.retry_helps else "no"
        lines.append(
            f"| `{reason.value}` | {advice.sentence} | {actor} | {advice.next_step} | {helps} |"
        )
    return "\n".join(lines) + "\n"


PAGES = {LIFECYCLE: lifecycle_page, EVENTS_PAGE: events_page, REASONS_PAGE: reasons_page}


def test_the_pages_are_as_the_code_would_write_them() -> None:
    for path, write in PAGES.items():
        assert path.read_text(encoding="utf-8") == write(), f"{path.name} is out of date"


def test_every_status_has_a_line() -> None:
    page = LIFECYCLE.read_text(encoding="utf-8")
    assert re.findall(r"^- \*\*([A-Z_]+)\*\*:", page, re.MULTILINE) == [s.value for s in Status]


def test_every_event_says_what_it_means() -> None:
    for kind in (*EVENTS.values(), *WORKSPACE_EVENTS.values()):
        assert kind.__doc__, kind


def test_every_refusal_and_every_reason_to_ignore_has_a_line_and_no_other() -> None:
    refused, _, ignored = RULES_PAGE.read_text(encoding="utf-8").partition("## Ignored")
    assert set(re.findall(r"^\| `(\w+)` \|", refused, re.MULTILINE)) == RULES
    assert set(re.findall(r"^\| `(\w+)` \|", ignored, re.MULTILINE)) == IGNORED


def test_the_diagram_has_every_status_and_every_event_that_changes_one() -> None:
    drawn = diagram()
    assert drawn.startswith("stateDiagram-v2\n    [*] --> NOT_CREATED\n")
    assert all(status.value in drawn for status in Status)
    assert "WAITING_QR --> AUTHENTICATING: QrScanned" in drawn
    assert len(drawn.splitlines()) == len(set(drawn.splitlines()))


if __name__ == "__main__":
    for page_path, page_text in PAGES.items():
        page_path.write_text(page_text(), encoding="utf-8")
