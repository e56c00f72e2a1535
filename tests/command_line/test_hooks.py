"""The commands about webhooks, each against the real API."""

import json
from typing import Any

from app.cli.ending import Exit
from tests.command_line.conftest import Run, Service

URL = "https://does-not-exist.invalid.example/hook"


def added(use: Run, *options: str) -> dict[str, Any]:
    return json.loads(use("hooks", "add", URL, *options, "--json").output)


def test_a_webhook_is_made_and_its_secret_shown_once(use: Run):
    shown = use("hooks", "add", URL, "--type", "ready", "--type", "qr")
    assert shown.exit_code == Exit.DONE
    assert "Its secret, shown this once: whsec_" in shown.output
    listed = use("hooks", "list").output
    assert URL in listed
    assert "whsec_" not in listed


def test_an_empty_list_says_how_to_make_one(use: Run):
    assert "hooks add URL" in use("hooks", "list").output


def test_a_webhook_is_shown_whole(use: Run):
    made = added(use)["webhook"]
    shown = json.loads(use("hooks", "show", made["id"], "--json").output)
    assert shown == made
    assert URL in use("hooks", "show", made["id"]).output


def test_a_test_that_does_not_arrive_is_a_failure(use: Run):
    made = added(use)["webhook"]
    tested = use("hooks", "test", made["id"])
    assert tested.exit_code == Exit.FAILED
    assert "did not arrive (dns_failed)" in tested.output


def test_disabled_and_enabled(use: Run):
    made = added(use)["webhook"]
    assert "is disabled" in use("hooks", "disable", made["id"]).output
    assert "disabled: It was disabled by somebody." in use("hooks", "list").output
    assert "is enabled" in use("hooks", "enable", made["id"]).output


def test_a_secret_is_exchanged(use: Run):
    made = added(use)
    rotated = json.loads(use("hooks", "rotate", made["webhook"]["id"], "--json").output)
    assert rotated["secret"] != made["secret"]
    assert len(rotated["webhook"]["secrets"]) == 2


def test_what_is_to_be_sent_again_is_told(use: Run, service: Service):
    service.do(service.api.register())
    made = added(use, "--after", "0")["webhook"]
    one = use("hooks", "redeliver", made["id"], "--position", "1")
    assert "positions 1 to 1" in one.output
    everything = json.loads(use("hooks", "redeliver", made["id"], "--json").output)
    assert everything["only"] == "set_aside"
    assert use("hooks", "deliveries", made["id"]).output == "Nothing was tried.\n"


def test_a_webhook_that_is_none_is_named(use: Run):
    assert use("hooks", "show", "whk_no/such").exit_code == Exit.NOT_FOUND
