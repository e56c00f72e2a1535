"""Campaigns short enough for the test suite; `python -m tests.fleet_campaign` runs long ones."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.browser.discovery import find_browser
from tests.fleet_campaign.rounds import together
from tests.fleet_campaign.run import Round, run
from tests.fleet_campaign.soak import Soak
from tests.fleet_campaign.stage import set_up

BUSY_MACHINE_S = 480
"""Under a minute when nothing else runs. Beside other work each start of a browser takes
seconds."""
ACCOUNTS = 3
SEED = 4
BROWSER = find_browser(os.environ)
pytestmark = pytest.mark.skipif(
    BROWSER is not None and BROWSER.flavour != "headless_shell",
    reason="tabs are counted by their processes, and a full Chromium has some for no tab",
)


def short(accounts: Sequence[str]) -> list[Round]:
    return [
        together(accounts, "browser killed", "tab frozen for good", "connection cut"),
        together(accounts, "page refused next time", "worker killed"),
        together(accounts, "PostgreSQL killed"),
        together(accounts, "everything killed"),
    ]


@pytest.mark.timeout(BUSY_MACHINE_S)
async def test_whatever_is_broken_every_account_comes_back_or_says_truly_why_not(tmp_path: Path):
    # Without a standby, which would hold some of the links when the worker is killed.
    async with set_up(tmp_path / "fleet", LINKWRIGHT_STANDBY="off") as stage:
        result = await run(stage, ACCOUNTS, short)
    assert result.broken == []
    assert result.faults == sum(len(one.faults) for one in short(list("abc")))
    losses = {line.name: line.losses for line in result.lines}
    assert losses["worker killed"] == losses["everything killed"] == ACCOUNTS


@pytest.mark.timeout(BUSY_MACHINE_S)
async def test_accounts_that_come_and_go_leave_nothing_behind(tmp_path: Path):
    async with set_up(tmp_path / "fleet") as stage:
        soaked = await Soak(stage, ACCOUNTS, SEED).run(0, str)
    assert soaked.lives >= 2 * (ACCOUNTS - 1)
    assert soaked.left == []
    # Memory is another matter: in so short a time every cache is still filling up.
    assert [row for row in soaked.rows if row.name.startswith("rows of") and not row.is_flat] == []
