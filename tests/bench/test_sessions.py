"""One account of each contestant through the parts of `bench sessions`; and its arithmetic."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.browser.discovery import BrowserChoice, find_browser
from tests.bench import process_tree, session_memory
from tests.bench.browser_flags import ADDED, variants_of
from tests.bench.contestants import Track, full_browser, track
from tests.bench.session_leftovers import Leftovers, measure_leftovers
from tests.bench.session_memory import Weight, measure_memory, weigh
from tests.bench.session_report import OfSide, Taken, sessions_report
from tests.bench.session_scenes import Outcome
from tests.bench.session_sides import Side, link, own_side, peer_side, shared_side
from tests.bench.session_times import Times, measure_times
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def on():
    async with track() as laid_out:
        yield laid_out


@pytest.fixture
def sides() -> tuple[Side, Side]:
    """Both on the browser the tests have: which one each takes by itself matters to the figures."""
    browser = find_browser(os.environ)
    assert browser is not None, "these tests need a browser; ./linkwright test installs one"
    return own_side(browser), peer_side(browser)


@pytest.fixture
def shared() -> Side:
    side = shared_side(os.environ)
    if side is None:
        pytest.skip("no browser that accounts share is installed here")
    return side


async def test_the_other_one_has_a_browser_of_its_own_when_ours_is_set(
    monkeypatch: pytest.MonkeyPatch,
):
    """`./linkwright` sets it for every command: to a shell where there is one."""
    ours = BrowserChoice(path=Path("/shell"), flavour="headless_shell")
    whole = BrowserChoice(path=Path("/whole"), flavour="chromium")

    def found(environment: Mapping[str, str]) -> Iterator[BrowserChoice]:
        return iter([ours] if "LINKWRIGHT_BROWSER" in environment else [ours, whole])

    monkeypatch.setattr("tests.bench.contestants.found_browsers", found)
    monkeypatch.setenv("LINKWRIGHT_BROWSER", str(ours.path))
    assert full_browser() == whole


def quiet(sentence: str) -> None:
    """Nobody watches."""


def weight(accounts: int, megabytes: float) -> Weight:
    return Weight(
        accounts=accounts,
        shared=0,
        browsers=int(accounts * megabytes * 1e6),
        browsers_written=0,
        processes=accounts * 2,
    )


def taken() -> Taken:
    times = Times(first_qr=[0.5], scan_to_ready=[3.0], restart_to_ready=[2.0])
    own = OfSide(
        times=times,
        weights=[weight(1, 200.0), weight(20, 60.0)],
        leftovers=Leftovers(processes=0, files=0, folders=0),
        scenes={"banned": Outcome("FAILED temporarily_banned", true=True, seconds=2.0)},
    )
    peer = OfSide(
        times=Times(first_qr=[1.0], scan_to_ready=[3.0], restart_to_ready=[1.0]),
        weights=[weight(1, 400.0), weight(20, 200.0)],
        leftovers=Leftovers(processes=22, files=12, folders=0),
        scenes={"banned": Outcome("none", true=False, seconds=60.0)},
    )
    return Taken(own=own, peer=peer)


def taken_with_a_shared_browser() -> Taken:
    both = taken()
    both.shared = OfSide(
        times=Times(first_qr=[0.75], scan_to_ready=[3.0], restart_to_ready=[2.0]),
        weights=[weight(1, 300.0), weight(20, 40.0)],
        leftovers=Leftovers(processes=0, files=3, folders=0),
        scenes={"banned": Outcome("FAILED temporarily_banned", true=True, seconds=1.0)},
        service_restart=[5.0],
    )
    return both


async def test_both_link_and_come_back(on: Track, sides: tuple[Side, Side]):
    own, peer = await measure_times(on, sides, 1, quiet)

    assert [len(own.first_qr), len(own.scan_to_ready), len(own.restart_to_ready)] == [1, 1, 1]
    assert [len(peer.first_qr), len(peer.scan_to_ready)] == [1, 1]
    assert len(peer.restart_to_ready) + peer.never_came_back == 1
    assert process_tree.holding(str(on.folder)) == set()


async def test_both_are_weighed(
    on: Track, sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session_memory, "SETTLE_S", 0.0)

    for side in sides:
        weighed = await measure_memory(on, side, 1)
        assert weighed.processes >= 3  # one of ours at least, a browser's and its page's
        assert weighed.browsers > weighed.browsers_written > 0
        assert weighed.shared > 0
    assert process_tree.holding(str(on.folder)) == set()


async def test_kills_leave_nothing_of_ours(on: Track, sides: tuple[Side, Side]):
    left = await measure_leftovers(on, sides[0], quiet, kills=2)

    # The lock of a whole Chromium that was killed with its worker stays until its profile is used.
    lock = 0 if sides[0].browser.flavour == "headless_shell" else 3
    assert left == Leftovers(processes=0, files=lock, folders=0)


async def test_accounts_that_share_a_browser_link_are_weighed_and_end_with_a_kill(
    on: Track, shared: Side
):
    home = str(on.home("shared"))
    contestant = await shared.start(on, "shared")
    try:
        await link(contestant, on, "account_shared")
        weighed = weigh(contestant, 1)
        assert weighed.browsers > weighed.browsers_written > 0
        assert weighed.shared > 0
        # All of it is found by the folder, so nothing that is left over could go unseen.
        assert process_tree.below(contestant.pid) <= process_tree.holding(home)

        await contestant.kill()

        async def none_is_left() -> bool:
            return not process_tree.holding(home)

        # It ends by itself as soon as all is closed; it would end itself by force after 5 s.
        await eventually(none_is_left, 4)
    finally:
        await contestant.close()


async def test_there_is_no_shared_way_without_its_browser():
    assert shared_side({}) is None
    assert shared_side({"LINKWRIGHT_SHARED_BROWSER": ""}) is None


async def test_what_a_process_has_started_is_found_below_it():
    process = await asyncio.create_subprocess_exec("sleep", "30")
    try:
        assert process.pid in process_tree.below(os.getpid())
        assert process_tree.pss_bytes([process.pid]) > 0
    finally:
        process.kill()
        await process.wait()
    assert process.pid not in process_tree.below(os.getpid())
    assert process_tree.pss_bytes([process.pid]) == 0


async def test_the_aims_are_those_of_the_issue():
    figures = sessions_report(taken(), {}).figures

    assert figures["memory_20"].aim == 50.0
    assert figures["memory_1"].aim is None
    assert figures["first_qr"].aim == 1.0
    assert figures["leftover_processes"].aim == 0.0


async def test_ratios_are_to_the_other_and_leave_out_what_is_none():
    report = sessions_report(taken(), {})

    assert report.ratios["memory_20 / peer_memory_20"] == 0.3
    assert report.ratios["leftover_processes / peer_leftover_processes"] == 0.0
    assert "leftover_folders / peer_leftover_folders" not in report.ratios


async def test_the_shared_way_has_the_same_aims_and_ratios_of_its_own():
    report = sessions_report(taken_with_a_shared_browser(), {})

    assert report.figures["shared_memory_20"].aim == 50.0
    assert report.figures["shared_service_restart_to_ready"].median == 5.0
    assert report.ratios["memory_20 / peer_memory_20"] == 0.3
    assert report.ratios["shared_memory_20 / peer_memory_20"] == 0.2
    assert report.ratios["shared_first_qr / peer_first_qr"] == 0.75
    assert report.ratios["shared_leftover_files / peer_leftover_files"] == 0.25
    assert not [name for name in report.references if "shared" in name]


async def test_without_the_shared_way_the_report_has_nothing_of_it():
    report = sessions_report(taken(), {})

    assert not [name for name in report.figures if "shared" in name]
    assert "linkwright-shared" not in str(report.listings)


async def test_scenes_of_all_three_stand_beside_each_other():
    listing = sessions_report(taken_with_a_shared_browser(), {}).listings["scenes"]

    assert [listing.columns[1], listing.columns[4], listing.columns[7]] == [
        *("linkwright", "linkwright-shared", "whatsapp-web.js"),
    ]
    assert listing.rows[0][4:7] == ("FAILED temporarily_banned", "yes", "1.0")


async def test_scenes_stand_beside_each_other():
    listing = sessions_report(taken(), {}).listings["scenes"]

    assert listing.rows == (
        ("banned", "FAILED temporarily_banned", "yes", "2.0", "none", "no", "60.0"),
    )


async def test_what_was_not_measured_is_named():
    some = taken()
    del some.own.weights[1], some.peer.weights[1]
    some.skipped["memory of 20 (linkwright)"] = "1 MB are available, 7048 MB are needed"

    report = sessions_report(some, {})

    assert "memory_20" not in report.figures
    assert list(report.skipped) == ["memory of 20 (linkwright)"]


async def test_every_flag_is_left_out_once_and_every_other_added_once():
    shell = BrowserChoice(Path("/shell"), "headless_shell")
    full = BrowserChoice(Path("/chromium"), "chromium")
    variants = {each.name: each for each in variants_of(shell, full, unsandboxed=True)}
    usual = variants["usual"].flags

    left_out = [set(usual) - set(v.flags) for k, v in variants.items() if k.startswith("without_")]
    assert left_out == [{flag} for flag in usual]
    assert [set(variants[name].flags) - set(usual) for name in ADDED] == [
        {flag} for flag in ADDED.values()
    ]


async def test_equal_pages_are_merged_only_where_the_kernel_does_it():
    shell = BrowserChoice(Path("/shell"), "headless_shell")
    full = BrowserChoice(Path("/chromium"), "chromium")

    without = variants_of(shell, full, unsandboxed=False)
    merged = variants_of(shell, full, unsandboxed=False, merging=True)

    assert not any(variant.merge_equal_pages for variant in without)
    assert [v.name for v in merged if v.merge_equal_pages] == ["equal_pages_once"]
