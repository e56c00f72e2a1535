"""The reference: every route has a line, every line an example, and the pages say the same."""

from typing import Any

import msgspec
import pytest
from litestar.routes import HTTPRoute

from app.http.reference import GROUPS, REFERENCE
from tests.http_api.write_reference import DOCS, document, pages
from tests.running_api import RunningApi, unserved_api

HIDDEN = {"asset", "page", "problem"}
"""The pages' own files; they are no part of the API."""


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return document()


@pytest.mark.parametrize("name", ["api.md", "problems.md"])
def test_the_page_is_what_the_tables_say(name: str) -> None:
    wanted = pages()[name]
    assert (DOCS / name).read_text() == wanted, "python -m tests.http_api.write_reference"


def test_every_route_has_a_line() -> None:
    names = {
        handler.opt.get("docs")
        for route in unserved_api().routes
        if isinstance(route, HTTPRoute) and not route.path.startswith("/docs")
        for handler in route.route_handlers
        if handler.http_methods != {"OPTIONS"}
    }
    assert names == set(REFERENCE) | HIDDEN
    assert sorted(" ".join(GROUPS.values()).split()) == sorted(REFERENCE)


def test_every_route_has_an_example_of_its_answer_and_of_its_body(written: dict[str, Any]) -> None:
    assert written["openapi"].startswith("3.1")
    for path, operations in written["paths"].items():
        for method, operation in operations.items():
            told = f"{method} {path}"
            successes = [one for status, one in operation["responses"].items() if status < "300"]
            assert len(successes) == 1, told
            for content in successes[0]["content"].values():
                assert content["example"], told
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["example"], told
            assert operation["summary"], told


def test_every_problem_has_an_example_of_its_own_type(written: dict[str, Any]) -> None:
    for operations in written["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                problems = answer.get("content", {}).get("application/problem+json")
                for code, example in (problems or {"examples": {}})["examples"].items():
                    assert example["value"]["type"] == f"/problems/{code}"
                    assert example["value"]["status"] == int(status)


def test_every_reference_leads_somewhere(written: dict[str, Any]) -> None:
    schemas = written["components"]["schemas"]
    text = msgspec.json.encode(written).decode()
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.split('"')[0] in schemas


async def test_an_answer_has_the_members_of_its_example(
    api: RunningApi, written: dict[str, Any]
) -> None:
    account_id, _ = await api.ready_account()
    for path in ("", "/why", "/timeline", "/attempts", "/attempts/1"):
        answered = (await api.client.get(f"/v1/accounts/{account_id}{path}")).json()
        name = f"/v1/accounts/{{account_id}}{path}".replace("/1", "/{number}")
        example = written["paths"][name.replace("/v{number}", "/v1")]["get"]["responses"]["200"]
        assert answered.keys() == example["content"]["application/json"]["example"].keys()


async def test_the_reference_page_loads_nothing_from_elsewhere(api: RunningApi) -> None:
    page = await api.client.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert 'src="http' not in page.text
    assert "/v1/accounts/{account_id}/link" in page.text
    served = (await api.client.get("/docs/openapi.json")).json()
    assert len(served["paths"]) > 30
