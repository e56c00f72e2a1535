"""What is read of an account ends with the version that is held, while it goes on."""

from hypothesis import given, settings

from app.account_logs import read_account_log
from tests.read_models.generated import stories
from tests.read_models.stories import Story
from tests.service.test_snapshots import STREAM, log_of, prefixes


@settings(deadline=None, max_examples=15)
@given(stories)
async def test_an_input_whose_events_came_later_is_not_read(story: Story):
    log = await log_of(story)
    whole = await log.load(STREAM, 0)
    for held in prefixes(whole)[1::5]:
        told = await read_account_log(log, STREAM, held, level="none")
        assert told.version == held.version
        caused = {recorded.input_id for recorded in told.events}
        accepted = {given.input_id for given in told.inputs if given.outcome == "accepted"}
        assert accepted == caused
