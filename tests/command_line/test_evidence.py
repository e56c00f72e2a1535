import json
import stat
from pathlib import Path

from adapters import clock
from adapters.evidence_store import Kind
from app.cli.ending import Exit
from domain.observations import RecordEvidence, RecordProblem
from domain.reasons import Reason
from tests.command_line.conftest import Run, Service

PICTURE = b"\xff\xd8\xff a picture"
CONSOLE = b'[{"after_s":1.5,"kind":"page_error","text":"gone"}]'


def failed_account(service: Service) -> str:
    """An account of which a picture and a console were kept when an attempt failed."""
    api = service.api
    account_id = service.do(api.register(label="Berlin"))
    attempt = service.do(api.link(account_id))
    failed = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_CHANGED)
    service.do(api.see(account_id, failed))
    pieces: dict[Kind, bytes] = {"screenshot": PICTURE, "console": CONSOLE}
    for kind, content in pieces.items():
        now, store = clock.now(), api.services.evidence
        digest = service.do(store.keep(account_id, attempt, kind, content, now))
        assert digest is not None
        kept = RecordEvidence(
            at=now, attempt=attempt, kind=kind, digest=digest, size_bytes=len(content)
        )
        service.do(api.see(account_id, kept))
    return account_id


def test_lists_what_was_kept_and_says_how_to_get_it(use: Run, service: Service):
    account_id = failed_account(service)
    shown = use("evidence", account_id)
    assert shown.exit_code == Exit.DONE
    rows = [line.split() for line in shown.output.splitlines()]
    assert rows[0] == ["kept", "kind", "bytes", "position", "attempt", "digest"]
    assert [row[3:5] for row in rows[1:3]] == [["screenshot", "13"], ["console", "51"]]
    assert f"evidence {account_id} --save FOLDER" in shown.output


def test_saves_every_piece_for_its_owner_alone(use: Run, service: Service, tmp_path: Path):
    account_id = failed_account(service)
    folder = tmp_path / "for" / "support"
    told = json.loads(use("evidence", account_id, "--save", str(folder), "--json").output)
    files = {Path(name).suffix: Path(name) for name in told["saved"]}
    assert set(folder.iterdir()) == set(files.values())
    assert files[".jpg"].read_bytes() == PICTURE
    assert files[".json"].read_bytes() == CONSOLE
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}
    assert [one["digest"][:12] in files[".jpg"].name for one in told["evidence"]] == [True, False]


def test_what_is_not_kept_any_more_is_said_and_not_saved(
    use: Run, service: Service, tmp_path: Path
):
    account_id = failed_account(service)
    service.do(service.api.services.evidence.sweep(clock.now()))
    shown = use("evidence", account_id, "--save", str(tmp_path))
    assert shown.exit_code == Exit.DONE
    assert shown.output.count("not kept any more") == 2
    assert list(tmp_path.glob("*.j*")) == []


def test_a_folder_that_cannot_be_written_to(use: Run, service: Service, tmp_path: Path):
    account_id = failed_account(service)
    (tmp_path / "file").write_text("no folder")
    shown = use("evidence", account_id, "--save", str(tmp_path / "file" / "below"))
    assert shown.exit_code == Exit.FAILED
    assert "cannot be written to" in shown.output


def test_an_account_without_failures_and_one_that_is_none(use: Run, service: Service):
    account_id = service.do(service.api.register())
    assert "Nothing was kept" in use("evidence", account_id).output
    assert use("evidence", "acc_nobody").exit_code == Exit.NOT_FOUND
