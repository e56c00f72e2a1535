"""Lost connections, a database that hangs, takes no writes or has no room, under load."""

from pathlib import Path

import pytest

from tests.campaign.faults import OUTAGES, full_disks
from tests.campaign.short import BUSY_MACHINE_S, short_campaign
from tests.campaign.small_disk import NoSmallDisk, small_disk

pytestmark = pytest.mark.timeout(BUSY_MACHINE_S)


async def test_every_outage_is_answered_in_time_and_ends_by_itself(tmp_path: Path):
    result = await short_campaign(tmp_path / "stage", OUTAGES)
    assert sum(line.put_off for line in result.lines) > 0
    assert sum(line.unanswered for line in result.lines) == 0


async def test_a_full_disk_is_answered_in_time_and_needs_nothing_but_room(tmp_path: Path):
    try:
        with small_disk(tmp_path / "disk") as disk:
            result = await short_campaign(tmp_path / "s", full_disks(disk), disk / "postgres")
    except NoSmallDisk as reason:
        pytest.skip(f"a disk of our own cannot be mounted here: {reason}")
    assert all(line.put_off for line in result.lines)
