"""A log is cut into attempts that can each be decided again."""

from hypothesis import given, settings

from projections.replay.account_log import AccountLog
from tests.read_models import scenes
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import Story


def log_of(story: Story, account: str = "acc_1") -> AccountLog:
    inputs, events = story.of(account)
    return AccountLog(account_id=account, inputs=tuple(inputs), events=tuple(events))


def test_an_attempt_begins_with_the_input_that_asked_for_it_and_what_was_before() -> None:
    story = scenes.linked()
    (only,) = log_of(story).attempts()

    assert only.inputs[0].kind == "RequestLink"
    assert only.events[0].topic == "LinkRequested"
    assert only.before.version == 1
    assert only.version == len(story.events)


@settings(deadline=None, max_examples=100)
@given(stories)
def test_the_attempts_are_the_whole_story_from_the_first_on(story: Story) -> None:
    for account in ACCOUNTS:
        log = log_of(story, account)
        parts = log.attempts()
        assert len(parts) == story.accounts[account].attempts
        events = [recorded for part in parts for recorded in part.events]
        inputs = [given for part in parts for given in part.inputs]
        assert events == list(log.events)[len(log.events) - len(events) :]
        assert inputs == list(log.inputs)[len(log.inputs) - len(inputs) :]
        for number, part in enumerate(parts, 1):
            assert log.attempt(number) == part
            assert part.before.version + 1 == part.events[0].version
            assert part.inputs[0].stream_version == part.before.version
            assert part.inputs[0].input_id == part.events[0].input_id
        assert log.attempt(len(parts) + 1) is None
