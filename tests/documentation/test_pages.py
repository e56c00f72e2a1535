"""The pages hold together: every link leads somewhere, and the README shows what is true."""

import re
from pathlib import Path

import pytest

from domain.diagram import diagram

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_of_the_page_leads_somewhere(page: Path):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).resolve().exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_no_page_names_this_machine(page: Path):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(^|[^\w./-])/(root|home|work)/", text)


def test_every_page_is_reached_from_the_index():
    index = (CHECKOUT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {(CHECKOUT / "docs" / target).resolve() for target in LINK.findall(index)}
    for page in PAGES:
        if page.parent.name not in ("decisions", CHECKOUT.name) and page.name != "README.md":
            assert page in linked, page


def test_the_readme_draws_the_lifecycle_from_the_table():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{diagram()}\n```" in readme


def test_the_readme_names_files_that_there_are():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## Where to read first")[1]
    named = re.findall(r"^\d\. \[([^\]]+)\]", section, re.MULTILINE)
    assert len(named) == 5
    assert all((CHECKOUT / name).is_file() for name in named)
