"""`kill -9` of the service, of a second writer and of PostgreSQL, under load."""

from pathlib import Path

import pytest

from tests.campaign.faults import KILLS
from tests.campaign.short import BUSY_MACHINE_S, short_campaign

pytestmark = pytest.mark.timeout(BUSY_MACHINE_S)
ROUNDS = 1


async def test_whatever_is_killed_nothing_acknowledged_is_lost(tmp_path: Path):
    result = await short_campaign(tmp_path / "stage", KILLS * ROUNDS)
    assert {line.struck for line in result.lines} == {ROUNDS}
    assert result.resumed >= ROUNDS
