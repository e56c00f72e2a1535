"""`replay diff` lays two attempts side by side, wherever they come from."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from adapters import clock
from app.cli.compare_table import comparison_lines
from app.cli.ending import CommandFailed, Exit
from app.cli.replay_diff import Place, places
from domain.observations import RecordProblem
from domain.reasons import Reason
from domain.wishes import RequestLink
from projections.replay.account_log import AccountLog
from projections.replay.bundle import write_bundle
from projections.replay.compare import compare
from tests.command_line.conftest import Run, Service
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, Story, at
from tests.replay.test_account_log import log_of


def failed_twice() -> Story:
    """The first attempt's codes all run out, the second's page never answers."""
    story = scenes.close_window(scenes.rotated({1: 1.0}))
    return story.tell(RequestLink(at=at(400), attempt="att_2"), by=CLIENT)


def kept(story: Story, path: Path) -> str:
    path.write_bytes(write_bundle(log_of(story), "masked"))
    return str(path)


def test_of_one_account_and_of_two(use: Run, service: Service):
    api = service.api
    account_id = service.do(api.register())
    attempt = service.do(api.link(account_id))
    service.do(api.show_code(account_id, attempt))
    rejected = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_CHANGED)
    service.do(api.see(account_id, rejected))
    service.do(api.link(account_id))
    other, _ = service.do(api.ready_account())

    shown = use("replay", "diff", account_id, "1", "2")
    assert shown.exit_code == Exit.DONE
    (parted,) = [line for line in shown.output.splitlines() if line.startswith("▶")]
    assert "The page shows code 1" in parted
    assert shown.output.splitlines()[-1].startswith("After “Attempt 1 began")

    told = json.loads(use("replay", "diff", account_id, "1", other, "1", "--json").output)
    query = {"attempt": 1, "with_account": other, "with_attempt": 1}
    answered = service.do(api.client.get(f"/v1/accounts/{account_id}/compare", params=query))
    assert told == {"comparison": answered.json()["comparison"]}

    assert use("replay", "diff", account_id, "1", "7").exit_code == Exit.NOT_FOUND
    assert use("replay", "diff", account_id, "1", "acc_nobody", "1").exit_code == Exit.NOT_FOUND


def test_of_bundles_without_a_service(run: Run, tmp_path: Path):
    linked = kept(scenes.linked(), tmp_path / "linked.bundle")
    failed = kept(failed_twice(), tmp_path / "failed.bundle")

    shown = run("replay", "diff", linked, failed, "1")
    assert shown.exit_code == Exit.DONE, shown.output
    assert "The page shows code 2" in shown.output.splitlines()[-1]
    newest = json.loads(run("replay", "diff", linked, failed, "--json").output)
    assert newest["comparison"]["right"]["attempt"]["number"] == 2
    same = json.loads(run("replay", "diff", failed, "1", "2", "--json").output)
    assert same["comparison"]["left"]["name"] == "attempt 1"


def test_files_that_cannot_be_compared(run: Run, tmp_path: Path):
    linked = kept(scenes.linked(), tmp_path / "linked.bundle")
    other = tmp_path / "other.txt"
    other.write_text("hello\n")

    missing = run("replay", "diff", linked, "9", linked)
    assert missing.exit_code == Exit.NOT_FOUND
    assert "holds no attempt 9. It holds attempt 1." in missing.stderr
    assert run("replay", "diff", linked, str(tmp_path / "no.bundle")).exit_code == Exit.NOT_FOUND
    assert run("replay", "diff", linked, str(other)).exit_code == Exit.USAGE
    empty = kept(scenes.registered(), tmp_path / "empty.bundle")
    assert run("replay", "diff", linked, empty).exit_code == Exit.NOT_FOUND


@pytest.mark.parametrize(
    ("typed", "left", "right"),
    [
        ("acc_1 1 2", Place("acc_1", 1), Place("acc_1", 2)),
        ("acc_1 1 acc_2 3", Place("acc_1", 1), Place("acc_2", 3)),
        ("acc_1 acc_2", Place("acc_1"), Place("acc_2")),
        ("a.bundle b.bundle", Place("a.bundle"), Place("b.bundle")),
        ("./a 2 ./b 1", Place("./a", 2), Place("./b", 1)),
    ],
)
def test_a_number_belongs_to_the_word_before_it(typed: str, left: Place, right: Place):
    assert places(typed.split()) == (left, right)


@pytest.mark.parametrize(
    "typed", ["acc_1", "1 2", "acc_1 1", "acc_1 0 2", "acc_1 1 2 3", "acc_1 a.bundle", "a b c"]
)
def test_what_names_no_two_attempts_is_refused(typed: str):
    with pytest.raises(CommandFailed) as refused:
        places(typed.split())
    assert refused.value.status is Exit.USAGE


@pytest.mark.parametrize("width", [60, 80, 120, 160, 220])
def test_fits_the_terminal(width: int):
    """Whole sentences, folded; nothing is cut off, and no line is wider than the terminal."""
    shown = drawn(log_of(failed_twice()), width=width)

    assert max(len(line) for line in shown.splitlines()) <= width
    assert "…" not in shown
    assert sum(line.startswith("▶") for line in shown.splitlines()) == 1
    words = " ".join(shown.split())
    assert "they part: attempt 1 went on with" in words


def drawn(log: AccountLog, *, width: int) -> str:
    first, second = log.attempts()
    out = Console(width=width, force_terminal=True, color_system=None)
    with out.capture() as captured:
        for line in comparison_lines(out, compare(first, second)):
            out.print(line)
    return captured.get()
