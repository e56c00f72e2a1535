"""The table of problems: complete, and the same in the code, in the docs and on the wire."""

import re
from html import unescape
from pathlib import Path

import pytest

import domain
from adapters.event_log.errors import LogBusy, UndecodableEvent
from app.problem_table import PROBLEMS, RETRY_AFTER_S
from app.problems import ProblemFound, kind_of, problem_of
from domain.refusals import IllegalStep, Refused
from domain.status import Status
from tests.http_api.callers import code_of, promised
from tests.running_api import RunningApi

WITHOUT_A_ROUTE = {
    "already_registered",
    "illegal_step",
    "refused",
    "account_unreadable",
    "internal_error",
    "no_such_route",
    "method_not_allowed",
}
"""Problems that belong to no route, or that no client can bring about through one."""


def test_every_rule_of_the_domain_has_a_line() -> None:
    folder = Path(domain.__file__).parent
    rules = {
        rule
        for file in folder.rglob("*.py")
        for rule in re.findall(r'Refused\(\s*"(\w+)"', file.read_text())
    }
    assert rules | {"illegal_step"} <= set(PROBLEMS)


async def test_every_line_is_promised_by_a_route_or_seen_here(api: RunningApi) -> None:
    assert {code for _, code in promised(api)} | WITHOUT_A_ROUTE == set(PROBLEMS)


def test_what_must_be_retried_says_when() -> None:
    for code, kind in PROBLEMS.items():
        if kind.status.value in (429, 503):
            assert kind.retryable
            assert RETRY_AFTER_S[code] > 0


async def test_an_address_and_a_method_that_are_none(api: RunningApi) -> None:
    assert code_of(await api.client.get("/v1/nothing")) == "no_such_route"
    refused = await api.client.patch("/v1/accounts/acc_any")
    assert code_of(refused) == "method_not_allowed"
    assert set(refused.headers["allow"].split(", ")) == {"DELETE", "GET", "OPTIONS"}


@pytest.mark.parametrize(
    ("raised", "code", "status"),
    [
        (Refused("already_registered", "It exists already"), "already_registered", 409),
        (IllegalStep("QrIssued", Status.READY), "illegal_step", 409),
        (Refused("a_rule_of_tomorrow", "Not in this phase of the moon"), "a_rule_of_tomorrow", 409),
        (LogBusy(), "storage_unavailable", 503),
        (
            UndecodableEvent("secret 2@abc", "QrIssued", "acc_1", 3, 7),
            "account_unreadable",
            501,
        ),
        (RuntimeError("secret 2@abc"), "internal_error", 500),
    ],
)
async def test_what_no_client_can_bring_about(
    api: RunningApi,
    monkeypatch: pytest.MonkeyPatch,
    raised: Exception,
    code: str,
    status: int,
) -> None:
    account_id = await api.register()

    async def fails(*_: object) -> None:
        raise raised

    monkeypatch.setattr(api.services.dispatch, "submit", fails)
    answered = await api.client.post(f"/v1/accounts/{account_id}/link")
    assert (code_of(answered), answered.status_code) == (code, status)
    assert ("retry-after" in answered.headers) == (status == 503)
    assert "secret" not in answered.text


def test_a_rule_that_the_table_does_not_know_is_a_refusal_under_its_own_name() -> None:
    problem = problem_of(ProblemFound("a_rule_of_tomorrow", "Not now."))
    assert (problem.type, problem.status) == ("/problems/a_rule_of_tomorrow", 409)
    assert kind_of("a_rule_of_tomorrow") is PROBLEMS["refused"]


async def test_every_type_leads_to_a_page_that_explains_it(api: RunningApi) -> None:
    for code, kind in PROBLEMS.items():
        page = await api.client.get(f"/problems/{code}")
        assert page.status_code == 200
        assert kind.title in unescape(page.text)
        assert "`" not in page.text, "commands are set as code"
        assert page.text.count("<code>") == 1 + kind.what_to_do.count("`") // 2, code
