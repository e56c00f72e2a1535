"""The recorded inputs, decided again by today's code."""

from hypothesis import given, settings
from msgspec.structs import replace

from domain import events as e
from domain.observations import RecordPage, RecordReady
from domain.reasons import Reason
from domain.wishes import RequestLink
from projections.replay.account_log import AccountLog
from projections.replay.redecide import redecide
from tests.read_models import scenes
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import CLIENT, Story, at
from tests.replay.test_account_log import log_of


@settings(deadline=None, max_examples=50)
@given(stories)
def test_every_story_is_decided_again_as_it_was(story: Story) -> None:
    for account in ACCOUNTS:
        log = log_of(story, account)
        for part in (log, *log.attempts()):
            again = redecide(part)
            assert again.identical, again.first
            assert (again.inputs, again.events) == (len(part.inputs), len(part.events))


def with_event(log: AccountLog, place: int, **fields: object) -> AccountLog:
    """Let an older build have decided this event otherwise."""
    events = list(log.events)
    events[place] = replace(events[place], event=replace(events[place].event, **fields))
    return replace(log, events=tuple(events))


def test_the_first_input_that_is_decided_otherwise_is_named_with_both_decisions() -> None:
    story = scenes.close_window(scenes.waiting())
    log = with_event(log_of(story), -1, reason=Reason.QR_EXPIRED)

    again = redecide(log)

    assert not again.identical
    assert again.first is not None
    assert (again.first.input_id, again.first.kind) == (len(story.inputs), "ExpireDeadline")
    assert again.first.positions == (len(story.events),)
    assert [type(event) for event in again.first.expected.events] == [e.LinkFailed]
    (failed,) = again.first.got.events
    assert isinstance(failed, e.LinkFailed)
    assert failed.reason is Reason.QR_NOT_FETCHED


def test_another_rule_for_the_same_refusal_is_a_difference() -> None:
    story = scenes.linked().tell(RequestLink(at=at(20), attempt="att_2"), by=CLIENT)
    log = log_of(story)
    refused = replace(log.inputs[-1], rule="linked")

    first = redecide(replace(log, inputs=(*log.inputs[:-1], refused))).first

    assert first is not None
    assert (first.expected.rule, first.got.rule) == ("linked", "already_linked")
    assert first.positions == ()


def test_a_kind_that_this_build_does_not_know_is_a_difference() -> None:
    log = log_of(scenes.opened())
    unknown = replace(log.inputs[-1], kind="RecordMood", command=None)

    first = redecide(replace(log, inputs=(*log.inputs[:-1], unknown))).first

    assert first is not None
    assert first.kind == "RecordMood"
    assert (first.got.outcome, first.got.rule) == (None, "unknown_kind")


def test_what_looked_at_an_erased_text_is_passed_over_and_counted() -> None:
    """A changed name is why PhoneIdentified was told; the erased log does not have it any more."""
    story = scenes.linked().tell(replace(scenes.ready(30), name="Sari the second"))
    log = log_of(story)
    inputs = tuple(
        replace(one, command=replace(one.command, phone="", name=""))
        if isinstance(one.command, RecordReady)
        else one
        for one in log.inputs
    )
    events = tuple(
        replace(one, event=replace(one.event, phone="", name=""))
        if isinstance(one.event, e.PhoneIdentified)
        else one
        for one in log.events
    )

    again = redecide(replace(log, inputs=inputs, events=events))

    assert again.identical
    assert again.erased == 1
    assert redecide(log).erased == 0


def test_what_was_accepted_and_changed_nothing_is_the_same_again() -> None:
    """An accepted input may have led to no event; one that is ignored today is another outcome."""
    story = scenes.opened().tell(RecordPage(at=at(5), attempt=scenes.A1, phase="page_loaded"))
    log = log_of(story)
    accepted = replace(log.inputs[-1], outcome="accepted", rule="")

    first = redecide(replace(log, inputs=(*log.inputs[:-1], accepted))).first

    assert first is not None
    assert (first.expected.outcome, first.got.outcome) == ("accepted", "ignored")
