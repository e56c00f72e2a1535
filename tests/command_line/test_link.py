import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest
from click.testing import Result

from adapters import clock
from app.cli.ending import Exit
from app.cli.link import sandbox_phone
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.command_line.conftest import LIMIT_S, Run, Service
from tests.running_api import PHONE


def test_registers_and_follows_to_ready(use: Run, service: Service):
    played = service.begin(service.link_any())

    shown = use("link", "--label", "Berlin", "--workspace", "acme")

    played.result(LIMIT_S)
    (account,) = service.do(service.accounts())
    assert shown.exit_code == Exit.DONE
    assert (account["label"], account["workspace"], account["site"]) == ("Berlin", "acme", "live")
    assert "READY" in shown.output
    assert f"+{PHONE}" in shown.output
    assert f"linkwright replay show {account['id']}" in shown.output


def test_links_an_account_that_exists(use: Run, service: Service):
    account_id = service.do(service.api.register(label="there already"))
    played = service.begin(service.link_any())

    shown = use("link", account_id)

    played.result(LIMIT_S)
    assert shown.exit_code == Exit.DONE
    assert [account["id"] for account in service.do(service.accounts())] == [account_id]


def test_prints_the_code_in_a_pipe_without_colours(use: Run, service: Service):
    played = service.begin(service.link_any())

    shown = use("link")

    played.result(LIMIT_S)
    assert "\x1b" not in shown.output
    assert sum(line.count("█") > 10 for line in shown.output.splitlines()) > 5
    assert "Linked devices" in shown.output


def test_a_failure_says_its_reason_and_what_to_do(use: Run, service: Service):
    shown = use_with(use, service, fail(service))

    assert shown.exit_code == Exit.FAILED
    assert "✗ Not linked (scan_rejected)" in shown.output
    assert "Next: Update WhatsApp on the phone" in shown.output
    assert "replay show acc_" in shown.output


def test_a_cancelled_attempt_is_a_failure(use: Run, service: Service):
    async def cancel() -> None:
        account_id, _ = await service.attempt()
        await service.api.client.post(f"/v1/accounts/{account_id}/cancel")

    shown = use_with(use, service, cancel())

    assert shown.exit_code == Exit.FAILED
    assert "(cancelled)" in shown.output


def test_a_destroyed_account_ends_the_command(use: Run, service: Service):
    async def destroy() -> None:
        account_id, _ = await service.attempt()
        await service.api.client.delete(f"/v1/accounts/{account_id}")

    shown = use_with(use, service, destroy())

    assert shown.exit_code == Exit.FAILED
    assert "(destroyed)" in shown.output


def test_json_is_the_feed_line_by_line_and_then_the_result(use: Run, service: Service):
    shown = use_with(use, service, service.link_any(), "--json")

    lines = read_lines(shown.output)
    assert lines[0]["type"] == "linking"
    assert [line["type"] for line in lines[1:-1]] == [
        "page.reached",
        "qr",
        "qr.fetched",
        "scanned",
        "phone.identified",
        "ready",
    ]
    assert lines[-1] | {"account_id": ""} == {
        "type": "result",
        "account_id": "",
        "exit_status": 0,
        "linked": True,
        "phone": PHONE,
        "name": "",
        "reason": "",
        "sentence": "",
        "next_step": "",
    }


def test_json_holds_no_code(use: Run, service: Service):
    shown = use_with(use, service, service.link_any(), "--json")

    assert "wa.me" not in shown.output
    assert "█" not in shown.output


def test_comes_back_after_a_broken_feed_without_gap_or_double(use: Run, service: Service):
    async def play() -> None:
        account_id, attempt = await service.attempt()
        await service.api.open_page(account_id, attempt)
        for number in range(5):
            await service.api.show_code(account_id, attempt, f"2@code-{number}")
            await service.fetched(account_id)
            service.api.hub.close()  # lets every reader go, as the service does when it stops
        await service.api.scan(account_id, attempt)
        await service.api.become_ready(account_id, attempt)

    shown = use_with(use, service, play(), "--json")

    items = [line for line in read_lines(shown.output) if line["type"] == "qr"]
    positions = [line["id"] for line in read_lines(shown.output)[1:-1]]
    assert [item["data"]["ordinal"] for item in items] == [1, 2, 3, 4, 5]
    assert positions == sorted(set(positions))
    assert shown.exit_code == Exit.DONE


def test_joins_an_attempt_that_is_running(use: Run, service: Service):
    account_id = service.do(service.api.register())
    attempt = service.do(service.api.link(account_id))
    service.do(service.api.show_code(account_id, attempt))

    async def finish() -> None:
        await service.fetched(account_id)
        await service.api.scan(account_id, attempt)
        await service.api.become_ready(account_id, attempt)

    finishing = service.begin(finish())
    shown = use("link", account_id)

    finishing.result(LIMIT_S)
    assert shown.exit_code == Exit.DONE
    assert "running already" in shown.output


def test_a_linked_account_is_refused(use: Run, service: Service):
    account_id, _ = service.do(service.api.ready_account())

    shown = use("link", account_id)

    assert shown.exit_code == Exit.REFUSED
    assert "log out" in shown.stderr


@pytest.mark.parametrize("account", ["acc_nobody", "no/such/account", "../../health/live", "ä"])
def test_an_unknown_account_is_not_found(use: Run, account: str):
    shown = use("link", account)

    assert shown.exit_code == Exit.NOT_FOUND
    assert "linkwright accounts" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["acc_1", "--label", "x"], "for a new account"),
        (["acc_1", "--site", "sandbox"], "for a new account"),
        (["--scan", "--site", "live"], "--site sandbox"),
        (["--pairing-code"], "requires an argument"),
        (["--pairing-code", "0151 123"], "country code"),
        (["--pairing-code", "four nine"], "country code"),
        (["--site", "moon"], "moon"),
        (["acc_1", "acc_2"], "acc_2"),
        (["--frobnicate"], "--frobnicate"),
    ],
)
def test_wrong_usage_says_what_is_right(run: Run, arguments: list[str], words: str):
    shown = run("link", *arguments)

    assert shown.exit_code == Exit.USAGE
    assert words in shown.stderr
    assert "Traceback" not in shown.output


def test_a_workspace_that_cannot_be_is_said_in_words(use: Run):
    shown = use("link", "--workspace", "not a workspace!")

    assert shown.exit_code == Exit.REFUSED
    assert "workspace" in shown.stderr


def test_scanning_is_for_the_sandbox(use: Run, service: Service):
    account_id = service.do(service.api.register(site="live"))

    shown = use("link", account_id, "--scan")

    assert shown.exit_code == Exit.USAGE
    assert service.show(account_id)["status"] == "NOT_CREATED"


def test_a_number_is_taken_as_people_write_it(use: Run, service: Service):
    async def end() -> None:
        account_id, attempt = await service.attempt()
        held = await service.api.services.dispatch.load(account_id)
        assert held.account.attempt is not None
        assert held.account.attempt.pairing_phone == "4915112345678"
        await service.api.see(account_id, problem(attempt))

    number = "+49 (1511) 234-5678"
    shown = use_with(use, service, end(), "--pairing-code", number)

    assert shown.exit_code == Exit.FAILED


def test_each_sandbox_account_has_a_phone_of_its_own():
    phones = {sandbox_phone(f"acc_{number}") for number in range(1000)}

    assert len(phones) == 1000
    assert all(phone.startswith("999") and len(phone) == 13 for phone in phones)


def problem(attempt: str) -> RecordProblem:
    return RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.SCAN_REJECTED)


async def fail(service: Service) -> None:
    account_id, attempt = await service.attempt()
    await service.api.show_code(account_id, attempt)
    await service.api.scan(account_id, attempt)
    await service.api.see(account_id, problem(attempt))


def use_with(
    use: Run, service: Service, played: Coroutine[Any, Any, None], *arguments: str
) -> Result:
    """Run `link` while something is played on the other side."""
    playing = service.begin(asyncio.wait_for(played, LIMIT_S))
    shown = use("link", *arguments)
    playing.result(LIMIT_S)
    return shown


def read_lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]
