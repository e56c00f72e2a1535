import json
from datetime import UTC, datetime, timedelta

import pytest

from app.cli import accounts as accounts_command
from app.cli.accounts import ago
from app.cli.ending import Exit
from tests.command_line.conftest import Run, Service
from tests.running_api import PHONE

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_says_how_to_begin_while_there_is_no_account(use: Run):
    shown = use("accounts")

    assert shown.exit_code == Exit.DONE
    assert "no account yet" in shown.output
    assert "linkwright link" in shown.output


def test_lists_status_phone_and_primary(use: Run, service: Service):
    account_id, _ = service.do(service.api.ready_account(label="Berlin", workspace="acme"))

    shown = use("accounts")

    row = next(line for line in shown.output.splitlines() if account_id in line)
    assert "Berlin" in row
    assert "acme" in row
    assert "READY" in row
    assert f"+{PHONE}" in row


def test_writes_neither_colours_nor_rules_into_a_pipe(use: Run, service: Service):
    service.do(service.api.ready_account(label="x" * 100))

    shown = use("accounts")

    assert "\x1b" not in shown.output
    assert "x" * 100 in shown.output
    assert "…" not in shown.output


def test_names_the_reason_of_a_failure(use: Run, service: Service):
    account_id = service.do(service.api.register())
    service.do(service.api.link(account_id))
    service.do(service.api.client.post(f"/v1/accounts/{account_id}/cancel"))

    assert "cancelled" in use("accounts").output


def test_narrows_by_workspace_and_status(use: Run, service: Service):
    ready, _ = service.do(service.api.ready_account(workspace="one"))
    new = service.do(service.api.register(workspace="two"))

    assert ready not in use("accounts", "--workspace", "two").output
    assert new not in use("accounts", "--status", "ready").output
    both = use("accounts", "--status", "READY", "--status", "NOT_CREATED").output
    assert ready in both
    assert new in both
    assert "no such account" in use("accounts", "--workspace", "three").output


def test_reads_every_page(use: Run, service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(accounts_command, "PAGE", 2)
    registered = {service.do(service.api.register()) for _ in range(5)}

    shown = json.loads(use("accounts", "--json").output)

    assert {account["id"] for account in shown["accounts"]} == registered


def test_passes_on_in_json_what_the_api_says(use: Run, service: Service):
    service.do(service.api.ready_account())

    shown = json.loads(use("accounts", "--json").output)

    assert shown["accounts"] == service.do(service.accounts())


def test_a_status_that_does_not_exist_is_wrong_usage(use: Run):
    shown = use("accounts", "--status", "reddy")

    assert shown.exit_code == Exit.USAGE
    assert "ready" in shown.output


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(), "0 s ago"),
        (timedelta(seconds=59.9), "59 s ago"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(hours=25), "1 d ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(seconds=-5), "0 s ago"),
    ],
)
def test_ago_uses_the_largest_unit_that_fits(passed: timedelta, words: str):
    assert ago(NOON, NOON + passed) == words
