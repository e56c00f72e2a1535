import json
from pathlib import Path

import msgspec
from click.testing import CliRunner

from app.cli import linkwright
from app.cli.ending import Exit
from app.cli.output import plain_console
from app.cli.replay_statistics import duration_words, statistics_lines
from tests.command_line.conftest import Run, Service
from tests.http_api.test_statistics import lost_and_not_found_again
from tests.read_models import scenes
from tests.read_models.test_statistics import counted, told
from tests.read_models.test_twelve_failures import TWELVE
from tests.replay.test_statistics_of_bundles import twelve_bundles
from tests.retold import retell

DAY = ("--since", "2026-03-01", "--until", "2026-03-02")


def tell(service: Service) -> None:
    stories = [scenes.linked(), lost_and_not_found_again()]
    stories += [TWELVE[name][0]() for name in ("strategy 1", "strategy 2")]
    for number, story in enumerate(stories):
        service.do(retell(service.api.services.dispatch, story, f"acc_{number}"))


def test_shows_the_funnel_the_times_and_the_causes(use: Run, service: Service):
    tell(service)

    shown = use("replay", "statistics", *DAY)

    assert shown.exit_code == Exit.DONE
    lines = [" ".join(line.split()) for line in shown.output.splitlines()]
    range_ = "2026-03-01 00:00 to 2026-03-02 00:00 UTC"
    assert lines[0] == f"{range_}: 5 attempts, 2 READY (40.0%)."
    assert f"READY {'█' * 15} 2 50.0%" in lines
    assert "code shown → scanned QR code 2 10.0 s 10.0 s 10.0 s 10.0 s" in lines
    assert f"page_changed {'█' * 30} 2 50.0% operator acc_3 --attempt 1" in lines
    causes = "2 page_changed, 1 browser_crashed, 1 session_unreadable"
    assert f"2026-03-01 5 2 40.0% {causes}" in lines


def test_json_is_what_the_api_answers(use: Run, service: Service):
    tell(service)

    shown = use("replay", "statistics", *DAY, "--by", "week", "--workspace", "ws_1", "--json")

    summed = json.loads(shown.output)["statistics"]
    assert (summed["attempts"], summed["by"], summed["workspace"]) == (5, "week", "ws_1")


def test_nothing_began_and_a_range_that_is_too_large(use: Run, service: Service):
    tell(service)
    empty = use("replay", "statistics", "--since", "2026-02-01", "--until", "2026-02-02")
    range_ = "2026-02-01 00:00 to 2026-02-02 00:00 UTC"
    assert empty.output.splitlines() == [f"{range_}: no attempts began."]
    refused = use("replay", "statistics", "--since", "2020-01-01")
    assert refused.exit_code == Exit.REFUSED
    assert "366 days" in refused.output
    assert use("replay", "statistics", "--since", "yesterday").exit_code == Exit.USAGE


def test_rows_of_before_say_what_measures_them():
    ((row, _),) = counted(scenes.linked())
    old = msgspec.structs.replace(row, began_version=0)
    lines = [str(line) for line in statistics_lines(plain_console(), told([(old, None)]))]
    assert any("projections rebuild attempts" in line for line in lines)


def test_a_duration_is_in_the_unit_of_its_size():
    words = [duration_words(duration_s) for duration_s in (0.26, 119, 150, 9000, 200_000)]
    assert words == ["0.3 s", "119.0 s", "2.5 min", "2.5 h", "2.3 days"]


def test_bundles_need_no_service(tmp_path: Path):
    file = tmp_path / "twelve.bundle"
    file.write_bytes(twelve_bundles())
    command = ("replay", "statistics", str(file))
    shown = CliRunner().invoke(linkwright, [*command])
    assert shown.exit_code == Exit.DONE
    assert "3  " in next(line for line in shown.output.splitlines() if "page_changed" in line)
    summed = json.loads(CliRunner().invoke(linkwright, [*command, "--json"]).output)["statistics"]
    assert summed["attempts"] == 13
    chosen = CliRunner().invoke(linkwright, [*command, "--workspace", "acme"])
    assert chosen.exit_code == Exit.USAGE
    decided = CliRunner().invoke(linkwright, ["replay", "fleet", str(file), "--json"])
    assert json.loads(decided.output)["fleet"]["verdicts"] == {"SAME": 13}
