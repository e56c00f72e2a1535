"""test-qr: says how soon a code comes and how long it is, and leaves nothing running."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from adapters import clock
from app.cli.ending import Exit
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.command_line.conftest import LIMIT_S, Run, Service
from tests.running_api import CODE_TEXT

CHECKOUT = Path(__file__).resolve().parents[2]


async def show_a_code(service: Service) -> None:
    account_id, attempt = await service.attempt()
    await service.api.show_code(account_id, attempt)


def accounts(service: Service) -> list[dict[str, Any]]:
    return service.do(service.accounts())


def test_says_how_soon_it_came_and_how_long_it_is(use: Run, service: Service):
    showing = service.begin(show_a_code(service))

    tested = use("test-qr", "--site", "sandbox")

    showing.result(LIMIT_S)
    assert tested.exit_code == Exit.DONE, tested.output
    assert "SUCCESS: a QR code came after " in tested.output
    assert f"QR code length: {len(CODE_TEXT)} characters" in tested.output
    assert CODE_TEXT not in tested.output
    (left,) = accounts(service)
    assert (left["status"], left["workspace"], left["site"]) == (
        "NOT_CREATED",
        "test-qr",
        "sandbox",
    )


def test_one_account_serves_every_test(use: Run, service: Service):
    tested: set[str] = set()
    for _ in range(2):
        showing = service.begin(show_a_code(service))
        told = json.loads(use("test-qr", "--site", "sandbox", "--json").stdout)
        showing.result(LIMIT_S)
        assert (told["ok"], told["length"]) == (True, len(CODE_TEXT))
        tested.add(told["account"])

    assert {one["id"] for one in accounts(service)} == tested
    assert len(tested) == 1


def test_two_tests_at_once_do_not_share_one(use: Run, service: Service):
    busy = service.do(service.api.register(workspace="test-qr", site="sandbox"))
    service.do(service.api.link(busy))

    assert use("test-qr", "--site", "sandbox", "--wait", "0.1").exit_code == Exit.FAILED

    assert service.show(busy)["status"] == "INITIALIZING"
    assert len(accounts(service)) == 2


def test_a_code_that_does_not_come_in_time(use: Run, service: Service):
    tested = use("test-qr", "--wait", "0.1")

    assert tested.exit_code == Exit.FAILED
    assert "FAILED (no_code_in_time): No QR code came within 0.1 s" in tested.output
    (left,) = accounts(service)
    assert (left["status"], left["site"]) == ("NOT_CREATED", "live")


def test_an_attempt_that_fails_says_why(use: Run, service: Service):
    async def fail() -> None:
        account_id, attempt = await service.attempt()
        gone = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_UNREACHABLE)
        await service.api.see(account_id, gone)

    failing = service.begin(fail())

    tested = use("test-qr")

    failing.result(LIMIT_S)
    assert tested.exit_code == Exit.FAILED
    assert "FAILED (page_unreachable)" in tested.output
    assert accounts(service)[0]["status"] == "NOT_CREATED"


def test_cleans_up_when_it_is_interrupted(service: Service):
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "test-qr", "--wait", "60"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "LINKWRIGHT_URL": service.api.url,
            "LINKWRIGHT_API_KEY": service.api.key,
        },
        stdout=subprocess.DEVNULL,
    )
    account_id, _ = service.do(service.attempt())

    process.send_signal(signal.SIGINT)

    assert process.wait(LIMIT_S) == Exit.INTERRUPTED
    assert service.show(account_id)["status"] == "NOT_CREATED"
