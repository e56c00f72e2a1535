"""A campaign short enough for the test suite; `python -m tests.campaign` runs the long one."""

from collections.abc import Sequence
from pathlib import Path

from tests.campaign.faults import Fault
from tests.campaign.run import Result, run
from tests.campaign.stage import set_up

SEED = 20
BUSY_MACHINE_S = 360
"""Half a minute when nothing else runs. Beside other work each start of a process takes seconds."""


async def short_campaign(
    folder: Path, faults: Sequence[Fault], database: Path | None = None
) -> Result:
    """Run it and see that nothing was lost, and that there was something to lose."""
    async with set_up(folder, SEED, database) as stage:
        result = await run(stage, faults, SEED)
    assert not result.faults, "\n".join(result.faults)
    assert [line.name for line in result.lines] == list(dict.fromkeys(one.name for one in faults))
    assert all(line.answered for line in result.lines)
    assert 0 < result.accounts <= result.told <= result.inputs
    assert 0 < result.items <= result.events
    return result
