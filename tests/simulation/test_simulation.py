"""Thousands of short lives of the service, each with its own faults: every promise is kept."""

from collections import Counter

import pytest

from domain.events import SessionRejected
from domain.lifecycle import LEADS_TO
from domain.status import Status
from domain.workspace_events import WORKSPACE_EVENTS
from tests.simulation.run import run

SEEDS = 2000
PARTS = 8
"""Each part within the time limit of one test, also on a busy machine."""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_promise_is_kept_whatever_goes_wrong(part: int):
    met: Counter[str] = Counter()
    for seed in range(part, SEEDS, PARTS):
        done = run(seed)
        if done.failure:
            pytest.fail(done.report(), pytrace=False)
        stories = done.world.promises.stories
        met.update({event.topic for event in stories.events})
        met.update({given.rule or given.outcome for given in stories.inputs})
        met.update({told.account.status.name for s in stories.accounts.values() for told in s})
        steps = "\n".join(done.world.trace.lines())
        met.update({words for words in FAULTS if words in steps})
    # A simulation that does not get anywhere proves nothing.
    assert [name for name in EXPECTED if not met[name]] == []


SELDOM = {SessionRejected}
FAULTS = (
    "is killed",
    "is asked to stop",
    "database: stops",
    "times as slow",
    "loses answers",
    "jumps by",
    "no longer waits for",
    "a storm",
    "by newer -> EvidenceKept",
)
EXPECTED = (
    *FAULTS,
    # Every step of the lifecycle; of the facts beside it those that are not rare.
    *(event.__name__ for event, status in LEADS_TO.items() if status and event not in SELDOM),
    *("PhoneIdentified", "PrimaryChosen", "SessionSealed", "AccountErased"),
    *WORKSPACE_EVENTS,
    *(status.name for status in Status),
    "illegal_step",
    "foreign_attempt",
    "heard_already",
)
