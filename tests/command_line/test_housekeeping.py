"""diagnostics and cleanup: what is stuck or left behind is told, ended and deleted."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from adapters import clock
from adapters.browser.profile import Profiles
from adapters.kept_sessions import KeptSessions
from app.cli.ending import Exit
from domain.policy import Policy
from domain.wishes import RegisterAccount, RequestLink, RequestLogout
from tests.command_line.conftest import Run, Service

SLOW = Policy(initialize_s=600)
Ask = Callable[..., Result]


@pytest.fixture
def ask(run: Run, service: Service) -> Ask:
    """Return a function that runs a command with the operator's key."""
    key = service.api.services.keys.operator

    def run_command(*arguments: str) -> Result:
        return run(*arguments, LINKWRIGHT_URL=service.api.url, LINKWRIGHT_API_KEY=key)

    return run_command


def begun(service: Service, account_id: str, policy: Policy = Policy()) -> str:  # noqa: B008  frozen
    """Have an account opening its page for two minutes."""
    at = clock.now() - timedelta(minutes=2)
    for command in (
        RegisterAccount(at=at, workspace="acme", site="sandbox"),
        RequestLink(at=at, attempt=f"att_{account_id}", policy=policy),
    ):
        service.do(service.api.see(account_id, command))
    return account_id


def folder_of(service: Service, name: str) -> Path:
    """Make a session folder."""
    folder = service.api.services.settings.profiles / name
    (folder / "browser").mkdir(parents=True)
    (folder / "browser" / "Cookies").write_bytes(b"old")
    return folder


def seal_session(service: Service, account_id: str) -> KeptSessions:
    """Keep a session of an account."""
    services = service.api.services
    sessions = KeptSessions(services.database, services.evidence.account_keys.of)

    async def seal() -> None:
        await sessions.claim(account_id, "holder")
        await sessions.put(account_id, "holder", "att_1", b"session", clock.now())

    service.do(seal())
    return sessions


def deeds(told: Result) -> dict[str, str]:
    return {deed["account_id"]: deed["outcome"] for deed in json.loads(told.stdout)["deeds"]}


def test_there_is_nothing_to_find(ask: Ask, service: Service):
    service.do(service.api.ready_account())

    found, cleaned = ask("diagnostics"), ask("cleanup")

    assert (found.exit_code, cleaned.exit_code) == (Exit.DONE, Exit.DONE)
    assert "Nothing is stuck, and nothing was left behind." in found.output
    assert "initializing 0, qr 0, ready 1, disconnected 0" in found.output
    assert "linkwright 0.1.0" in found.output
    assert "nothing to clean up" in cleaned.output


def test_what_is_stuck_is_found_and_ended(ask: Ask, service: Service):
    late, slow = begun(service, "acc_late"), begun(service, "acc_slow", SLOW)
    recent = service.do(service.api.register())
    service.do(service.api.link(recent))

    found = ask("diagnostics")
    assert found.exit_code == Exit.FAILED
    assert f"{late} is stuck: its deadline has passed" in found.output
    assert f"{slow} is stuck: no QR code after 30 s (2 min ago)" in found.output
    assert "cleanup --dry-run" in found.output
    assert recent not in found.output

    assert deeds(ask("cleanup", "--dry-run", "--json")) == dict.fromkeys((late, slow), "would_do")
    assert service.show(late)["status"] == "INITIALIZING"
    cleaned = ask("cleanup")
    assert "2 cleaned up." in cleaned.output
    assert service.show(late)["reason"]["code"] == "initialize_timed_out"
    assert service.show(slow)["reason"]["code"] == "cancelled"
    assert service.show(recent)["status"] == "INITIALIZING"
    assert deeds(ask("cleanup", "--json")) == {}


def test_what_was_left_behind_is_found_and_deleted(ask: Ask, service: Service):
    ready, _ = service.do(service.api.ready_account())
    used, ghost = folder_of(service, ready), folder_of(service, "acc_ghost")
    long_ago = clock.now() - timedelta(minutes=2)
    register = RegisterAccount(at=long_ago, workspace="acme")
    service.do(service.api.see("acc_over", register))
    for account_id in ("acc_over", ready):
        sessions = seal_session(service, account_id)

    found = ask("diagnostics", "--json")
    assert found.exit_code == Exit.FAILED
    leftovers: dict[str, Any] = json.loads(found.stdout)["leftovers"]
    assert leftovers == {"folders": ["acc_ghost"], "sessions": ["acc_over"]}

    assert "2 to clean up. Nothing was changed." in ask("cleanup", "--dry-run").output
    assert ghost.exists()
    assert deeds(ask("cleanup", "--json")) == {"acc_ghost": "done", "acc_over": "done"}
    assert (ghost.exists(), used.exists()) == (False, True)
    assert service.do(sessions.kept()) == [ready]
    assert ask("diagnostics").exit_code == Exit.DONE


def test_a_folder_that_a_browser_uses_is_left(ask: Ask, service: Service):
    folder_of(service, "acc_ghost")

    with Profiles(service.api.services.settings.profiles).hold("acc_ghost"):
        told = ask("cleanup")

    assert "acc_ghost  Left as it is: a browser uses it." in told.output
    assert "0 cleaned up, 1 left as they are." in told.output


def test_a_ready_account_is_never_touched(ask: Ask, service: Service):
    ready, _ = service.do(service.api.ready_account())
    long_ago = clock.now() - timedelta(minutes=2)
    service.do(service.api.see(ready, RequestLogout(at=long_ago)))  # and nobody confirms it

    assert f"{ready} is stuck" in ask("diagnostics").output
    assert deeds(ask("cleanup", "--json")) == {}
    assert service.show(ready)["status"] == "READY"


def test_a_linked_account_without_a_session_is_told(ask: Ask, service: Service):
    ready, _ = service.do(service.api.ready_account())

    assert f"{ready} is linked and no session of it is kept" in ask("diagnostics").output


def test_only_operators_may_look_and_clean_up(use: Run):
    for command in ("diagnostics", "cleanup"):
        refused = use(command)
        assert refused.exit_code == Exit.KEY
        assert "is not an operator's" in refused.output
