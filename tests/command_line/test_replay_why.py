import json

import pytest

from adapters import clock
from app.cli.ending import Exit
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.command_line.conftest import Run, Service


@pytest.fixture
def account_id(service: Service) -> str:
    """An account whose first attempt crashed, and whose second is waiting for a scan."""
    api = service.api
    registered = service.do(api.register())
    attempt = service.do(api.link(registered))
    crashed = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.BROWSER_CRASHED)
    service.do(api.see(registered, crashed))
    again = service.do(api.link(registered))
    service.do(api.show_code(registered, again))
    return registered


def test_says_what_the_account_waits_for(use: Run, account_id: str):
    status, waiting, *_ = use("replay", "why", account_id).output.splitlines()

    assert status.startswith("WAITING_QR: A code is on show")
    assert waiting.startswith("Waiting for a phone to use the code until ")


def test_says_why_an_old_attempt_ended_with_proof_and_what_to_do(use: Run, account_id: str):
    shown = use("replay", "why", account_id, "--attempt", "1")

    assert shown.exit_code == Exit.DONE
    outcome, cause, following, *_ = shown.output.splitlines()
    assert outcome == "Attempt 1: failed"
    assert cause.startswith("Cause: The browser ended before it had started.  Proof: events ")
    assert cause.endswith("[browser_never_started]")
    assert following.startswith("Next: Run `./linkwright doctor`")


def test_says_so_when_an_attempt_goes_on(use: Run, account_id: str):
    lines = use("replay", "why", account_id, "--attempt", "2").output.splitlines()
    assert lines[:2] == ["Attempt 2: running", "The attempt is running."]


def test_json_is_what_the_api_says(use: Run, account_id: str):
    old = json.loads(use("replay", "why", account_id, "--attempt", "1", "--json").output)
    assert old["why"]["cause"]["code"] == "browser_never_started"
    now = json.loads(use("replay", "why", account_id, "--json").output)
    assert now["why"]["status"] == "WAITING_QR"


def test_an_attempt_that_never_was_is_not_found(use: Run, account_id: str):
    missing = use("replay", "why", account_id, "--attempt", "9")
    assert missing.exit_code == Exit.NOT_FOUND
    assert "2 attempts" in missing.stderr
