"""What stands in every produced test. `playing.play` does the same; a test compares the two."""

from projections.replay.playing import MOST_DEADLINES

HEAD = '''"""{story}

Made by `./linkwright replay to-test`. Every name, number and time in it is a stand-in. What such a
test proves, and what it cannot: docs/decisions/to-test.md.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

{imports}
START = datetime({start:%Y}, {start.month}, {start.day}, {start.hour}, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


BEFORE = {before}
INPUTS: list[AnyCommand] = [
{inputs}]


{driver}

{test}

{property}'''

TAKE = '''class Story:
    """An account on its way through inputs, each decided by the build under test."""

    def __init__(self) -> None:
        self.account = BEFORE
        self.events: list[AccountEvent] = []

    def take(self, command: AnyCommand) -> None:
        try:
            decision = decide(self.account, command)
        except Refused:
            return
        for event in [] if isinstance(decision, Ignored) else decision:
            self.account = evolve(self.account, event)
            self.events.append(event)
'''

CLOCK_DRIVER = (
    TAKE
    + f'''
    def pass_deadlines(self, until: datetime | None) -> None:
        """Fire what is due, no deadline twice in a row; at the end (None) all but a reconnect."""
        passed: Deadline | None = None
        for _ in range({MOST_DEADLINES}):
            due = self.account.deadline
            if due is None or due == passed:
                return
            if due.awaited is Awaited.RECONNECT if until is None else due.at > until:
                return
            passed = due
            attempt = f"attempt-{{self.account.attempts + 1}}"
            self.take(ExpireDeadline(at=due.at, awaited=due.awaited, due=due.at, attempt=attempt))


def play(inputs: list[AnyCommand]) -> Story:
    """Decide the inputs one after the other, by a clock that is never late."""
    story = Story()
    for command in inputs:
        story.pass_deadlines(until=command.at)
        story.take(command)
    story.pass_deadlines(until=None)
    return story
'''
)

DRIVER = (
    TAKE
    + '''

def play(inputs: list[AnyCommand]) -> Story:
    """Decide the inputs one after the other; the clock's are among them as they were recorded."""
    story = Story()
    for command in inputs:
        story.take(command)
    return story
'''
)

PROPERTY = """@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(inputs=st.lists(st.sampled_from(INPUTS), max_size=2 * len(INPUTS)))
@example(inputs=INPUTS)
def test_in_any_order_the_events_tell_the_account(inputs: list[AnyCommand]) -> None:
    story = play(inputs)
    assert replay(story.events, BEFORE) == story.account
"""

CLOCK_PROPERTY = (
    PROPERTY
    + """

@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(inputs=st.lists(st.sampled_from(INPUTS), max_size=2 * len(INPUTS)))
@example(inputs=INPUTS)
def test_in_any_order_every_attempt_comes_to_an_end(inputs: list[AnyCommand]) -> None:
    assert play(inputs).account.status not in LINKING
"""
)
