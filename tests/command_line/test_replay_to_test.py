"""`replay to-test` makes an attempt a pytest case, of the service or of a bundle."""

import json
from pathlib import Path

from app.cli.ending import Exit
from projections.replay.bundle import write_bundle
from tests.command_line.conftest import Run, Service
from tests.http_api.test_compare import failed_then_linked
from tests.replay.faulty_logs import faulty_log


def test_of_a_bundle_without_a_service(use: Run, tmp_path: Path):
    log, _, _ = faulty_log("deaf_behind_a_passkey")
    bundle, made = tmp_path / "scan.bundle", tmp_path / "test_scan.py"
    bundle.write_bytes(write_bundle(log, "masked"))

    ran = use("replay", "to-test", str(bundle), "--expect", "READY", "-o", str(made))

    assert ran.exit_code == Exit.DONE, ran.output
    assert "test_it_ends_ready" in ran.output
    assert "This build does it right" in ran.output
    source = made.read_text()
    assert "def test_it_ends_ready()" in source

    assert use("replay", "to-test", str(bundle), "--expect", "READY").output == source
    again = use("replay", "to-test", str(bundle), "-o", str(made))
    assert again.exit_code == Exit.USAGE
    assert made.read_text() == source
    assert use("replay", "to-test", str(bundle), "--expect", "LINKED").exit_code == Exit.USAGE
    refused = use("replay", "to-test", str(bundle), "--expect", "FAILED:passkey_required")
    assert refused.exit_code == Exit.REFUSED
    assert "as it should" in refused.output


def test_of_an_account(use: Run, service: Service):
    account_id = service.do(failed_then_linked(service.api))

    told = json.loads(use("replay", "to-test", account_id, "--attempt", "1", "--json").output)

    assert told["test"]["recorded"] == "FAILED (scan_rejected)"
    assert told["test"]["goes_wrong_here"] is True
    assert use("replay", "to-test", account_id).exit_code == Exit.REFUSED
    assert use("replay", "to-test", account_id, "--attempt", "9").exit_code == Exit.NOT_FOUND
