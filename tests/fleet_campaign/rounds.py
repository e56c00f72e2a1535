"""Which faults happen when, and to whom: drawn by a seed."""

import random
from collections.abc import Collection, Generator, Sequence

from tests.fleet_campaign.faults import OF_ONE, Fault
from tests.fleet_campaign.faults_of_all import OF_ALL
from tests.fleet_campaign.run import LATER_S, TOGETHER, Round

ALL_SHARE = 0.35
"""Of the rounds, those in which something happens to all accounts."""
BOTH_SHARE = 0.5
"""Of these, those in which something happens to some accounts as well."""


def rounds(
    accounts: Sequence[str],
    faults: int,
    seed: int,
    *,
    standby: bool = False,
    shared: bool = False,
) -> Generator[Round]:
    """Draw rounds until there were so many faults; every kind comes as often as any other."""
    chance = random.Random(seed)  # noqa: S311  a campaign, no secret
    of_one = _shuffled([one for one in OF_ONE if standby or not one.needs_standby], chance)
    of_all = _shuffled([one for one in OF_ALL if standby or not one.needs_standby], chance)
    done = 0
    while done < faults:
        to_all = next(of_all) if chance.random() < ALL_SHARE else None
        alone = to_all is not None and chance.random() >= BOTH_SHARE
        count = 0 if alone else chance.randint(1, min(TOGETHER, len(accounts)))
        struck = chance.sample(list(accounts), min(count, faults - done - (to_all is not None)))
        drawn: dict[str, Fault] = {}
        for account in struck:
            drawn[account] = _fitting(of_one, to_all, drawn.values() if shared else ())
        this = Round(drawn, to_all, chance.uniform(0, LATER_S))
        done += len(this.faults)
        yield this


def together(accounts: Sequence[str], *names: str) -> Round:
    """Put faults into one round: those of one account to one after the other of them."""
    known = {fault.name: fault for fault in (*OF_ONE, *OF_ALL)}
    drawn = [known[name] for name in names]
    of_all = next((fault for fault in drawn if fault in OF_ALL), None)
    of_one = [fault for fault in drawn if fault in OF_ONE]
    return Round(dict(zip(accounts, of_one, strict=False)), of_all)


def _shuffled(faults: Sequence[Fault], chance: random.Random) -> Generator[Fault]:
    """Give all of them, in another order each time."""
    while True:
        yield from chance.sample(list(faults), len(faults))


def _fitting(of_one: Generator[Fault], to_all: Fault | None, company: Collection[Fault]) -> Fault:
    """Pass over what only a browser and a worker that live and see can tell from another end.

    `company` is what happens to accounts that share the browser. Two faults of the whole of it
    would undo each other: one that stands still is let go by the end of the other.
    """
    gone = to_all is not None or any(fault.whole_browser for fault in company)
    spared = any(fault.whole_browser or fault.stays for fault in company)
    return next(
        fault
        for fault in of_one
        if not (gone and fault.stays) and not (spared and fault.whole_browser)
    )
