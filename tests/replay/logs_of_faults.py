"""Logs that builds with a planted fault wrote: generated ones, the simulator's, and the corpus's.

Each is named by its source and a seed, and is the same for the same code.
"""

from collections.abc import Callable
from functools import cache
from random import Random

from domain.account import NEW
from domain.commands import AnyCommand, ExpireDeadline
from domain.decide import decide
from projections.replay.account_log import AccountLog
from projections.replay.playing import play
from projections.replay.recorded_build import told_by
from tests.corpus import kept
from tests.corpus.record import RECORDED
from tests.corpus.told import told
from tests.read_models.generated import Move, tell
from tests.read_models.stories import Story
from tests.replay.planted import planted
from tests.simulation.run import run

ACCOUNT = "acc_1"
AFTER_S = (0.25, 1.0, 7.5, 0.0, 31.0, 400.0, -0.5)


def generated(seed: int, fault: str) -> list[AccountLog]:
    """Make any moves in any order, as tests/read_models/generated.py does; clocks are often late.

    Every attempt is a log: so are attempts kept and sent.
    """
    chance = Random(seed)  # noqa: S311  it must be repeatable, not secret
    with planted(fault):
        story = tell([_move(chance) for _ in range(chance.randint(10, 60))])
    return list(_log(story, ACCOUNT).attempts())


def _move(chance: Random) -> Move:
    return Move(
        account=ACCOUNT,
        wild=chance.random() < 1 / 4,
        after_s=chance.choice(AFTER_S),
        late=chance.random() < 1 / 8,
        number=chance.randint(0, 60),
    )


def simulated(seed: int, fault: str) -> list[AccountLog]:
    """Run the whole service on the faulty build: pages, crashes, outages, races.

    A run ends where a promise is broken; what was written until then is the log.
    """
    with planted(fault):
        stories = run(seed).world.promises.stories
    logs = [
        AccountLog(
            account_id=account_id,
            inputs=tuple(given for given in stories.inputs if given.stream == account_id),
            events=tuple(event for event in stories.events if event.stream == account_id),
        )
        for account_id in stories.accounts
    ]
    return [attempt for log in logs for attempt in log.attempts()]


def of_the_corpus(seed: int, fault: str) -> list[AccountLog]:
    """Tell a log of the corpus anew on the faulty build, by its own clock; whole and by attempts.

    What people, pages and phones did stays; deadlines are passed as this build sets them.
    """
    recorded = _corpus()
    log = recorded[seed % len(recorded)]
    story = Story()
    with planted(fault):
        for step in play(NEW, _without_the_clock(log), decide).steps:
            story.tell(step.command)
    retold = _log(story, ACCOUNT)
    attempts = retold.attempts()
    return [retold, *attempts] if len(attempts) > 1 else list(attempts)


@cache
def _corpus() -> list[AccountLog]:
    return [labelled.log for labelled in (*told(), *kept.read(RECORDED))]


def _without_the_clock(log: AccountLog) -> list[AnyCommand]:
    """Give the inputs, with the attempts called as `play` calls those that its clock begins."""
    commands = [told.command for told in told_by(log)]
    return [command for command in commands if not isinstance(command, ExpireDeadline)]


def _log(story: Story, account_id: str) -> AccountLog:
    inputs, events = story.of(account_id)
    return AccountLog(account_id=account_id, inputs=tuple(inputs), events=tuple(events))


SOURCES: dict[str, Callable[[int, str], list[AccountLog]]] = {
    "generated": generated,
    "simulated": simulated,
    "corpus": of_the_corpus,
}
