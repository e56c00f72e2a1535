"""`replay state`, `step`, `redecide` and `what-if` against a served API."""

import json

import pytest

from adapters import clock
from adapters.event_log.interface import Append
from app.cli.ending import Exit
from domain import events as e
from domain.log import InputToAppend
from domain.observations import RecordPage
from domain.reasons import Reason
from tests.command_line.conftest import Run, Service
from tests.decided_again import BY_HAND


@pytest.fixture
def account(service: Service) -> str:
    account_id, _ = service.do(service.api.ready_account())
    return account_id


def test_the_state_reads_as_the_account_was(use: Run, account: str):
    shown = use("replay", "state", account, "--version", "3").output

    assert "3 of 6" in shown
    assert "WAITING_QR since" in shown
    assert "a phone to use the code, until" in shown
    assert "code 1, not fetched" in shown
    assert "READY since" in use("replay", "state", account).output
    told = json.loads(use("replay", "state", account, "--version", "3", "--json").output)
    assert told["state"]["attempt"]["code"]["ordinal"] == 1
    early = use("replay", "state", account, "--at", "2020-01-01")
    assert "0 of 6" in early.output
    both = use("replay", "state", account, "--at", "2020-01-01", "--version", "3")
    assert both.exit_code == Exit.USAGE


def test_steps_and_their_end(use: Run, account: str):
    scanned = use("replay", "step", account, "--version", "3", "--to", "status").output
    assert "QrScanned, position" in scanned
    none = use("replay", "step", account, "--to", "failure")

    assert none.exit_code == Exit.NOT_FOUND
    assert "Nothing has failed after version 0." in none.output
    told = json.loads(use("replay", "step", account, "--json").output)
    assert told["state"]["version"] == 1


def test_redecide_says_so_when_all_is_as_it_was(use: Run, account: str):
    again = use("replay", "redecide", account)

    assert again.exit_code == Exit.DONE
    assert again.output.startswith("All 5 inputs are decided as they were: 6 events.")
    assert json.loads(use("replay", "redecide", account, "--json").output)["redecided"]["identical"]


def test_redecide_shows_both_decisions_and_ends_with_8(use: Run, service: Service, account: str):
    """The log holds what no build of today would decide."""
    given = InputToAppend(
        command=RecordPage(at=clock.now(), attempt="att_any", phase="page_loaded"),
        outcome="accepted",
        origin=BY_HAND,
    )
    lost = e.ConnectionLost(at=clock.now(), attempt="att_any", reason=Reason.PAGE_HUNG)
    service.do(
        service.api.services.log.append(
            Append(stream=account, expected_version=6, input=given, events=(lost,))
        )
    )

    again = use("replay", "redecide", account)

    assert again.exit_code == Exit.DIFFERENT
    assert "then: accepted\n  ConnectionLost: " in again.output
    assert "now: ignored (foreign_attempt)" in again.output


def test_what_if_gives_the_verdict_and_marks_what_is_new(use: Run, account: str):
    told = use("replay", "what-if", account, "--policy", "link_window_s=0.000001")

    assert told.exit_code == Exit.DONE
    assert told.output.startswith("BROKEN: READY then, would fail")
    assert "now: FAILED (qr_not_fetched)" in told.output
    marked = [line for line in told.output.splitlines() if line.startswith("▶")]
    assert len(marked) == 1
    assert use("replay", "what-if", account).output.startswith("SAME")


def test_what_if_takes_edits_of_every_kind(use: Run, service: Service, account: str):
    inputs = service.do(service.api.services.log.read_inputs(account))
    ready = str(inputs[-1].input_id)
    told = json.loads(
        use(
            *("replay", "what-if", account, "--json", "--attempt", "1", "--drop", ready),
            *("--insert", f'{ready}:RecordSyncProgress:{{"percent": 40}}'),
            *("--delay", f"{inputs[-2].input_id}:0.5"),
        ).output
    )["what_if"]

    assert told["verdict"] == "UNDECIDABLE"  # a page that synced before the scan was told
    assert [event["topic"] for event in told["events"]][-2:] == ["QrScanned", "SyncProgressed"]


def test_a_change_that_cannot_be_made_is_explained(use: Run, account: str):
    bad = [
        (("--delay", "7"), Exit.USAGE, "is not like 1041:2.5"),
        (("--insert", "no kind"), Exit.USAGE, "is not like 1041:RecordScan"),
        (("--insert", "RecordScan:{,}"), Exit.USAGE, "is no JSON object"),
        (("--policy", "window=7"), Exit.USAGE, "A policy has no window"),
        (("--drop", "999999"), Exit.REFUSED, "There is no input 999999"),
        (("--attempt", "9"), Exit.NOT_FOUND, "has had 1 attempt"),
    ]
    for options, status, told in bad:
        ended = use("replay", "what-if", account, *options)
        assert ended.exit_code == status, options
        assert told in ended.output
