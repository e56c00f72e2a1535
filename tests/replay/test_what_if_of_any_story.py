"""What holds for a what-if of any story, whatever is changed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import events as e
from domain.status import Status
from projections.replay.account_log import AccountLog
from projections.replay.edits import INSERTABLE, Delay, Drop, Edit, Insert
from projections.replay.what_if import Changes, Verdict, what_if
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import Story
from tests.replay.test_account_log import log_of
from tests.replay.test_edits import BODIES

LIMITS = (
    "initialize_s",
    "start_queue_s",
    "link_window_s",
    "authentication_s",
    "phone_number_s",
    "passkey_s",
)


@settings(deadline=None, max_examples=50)
@given(stories)
def test_without_changes_everything_is_the_same(story: Story) -> None:
    for account in ACCOUNTS:
        log = log_of(story, account)
        for part in (log, *log.attempts()):
            told = what_if(part)
            assert told.verdict is Verdict.SAME, told
            assert told.events == tuple(one.event for one in part.events)
            assert told.first_difference is None


@settings(deadline=None, max_examples=40)
@given(stories, st.sampled_from(LIMITS))
def test_a_longer_limit_is_never_said_to_fix_or_break(story: Story, limit: str) -> None:
    """Its only effect is to wait where nothing is recorded any more."""
    for part in log_of(story).attempts():
        told = what_if(part, Changes(policy={limit: 1_000_000}))
        assert told.verdict in (Verdict.SAME, Verdict.UNDECIDABLE), told


@settings(deadline=None, max_examples=40)
@given(stories)
def test_shorter_limits_never_fix(story: Story) -> None:
    for part in log_of(story).attempts():
        told = what_if(part, Changes(policy=dict.fromkeys(LIMITS, 0.5)))
        assert told.verdict is not Verdict.FIXED, told


@st.composite
def changed_stories(draw: st.DrawFn) -> tuple[AccountLog, Changes]:
    """Draw an attempt and edits of it, any of them at most once."""
    story = draw(stories)
    parts = [part for account in ACCOUNTS for part in log_of(story, account).attempts()]
    if not parts:
        return log_of(story), Changes()
    part = draw(st.sampled_from(parts))
    editable = [one.input_id for one in part.inputs if one.kind != "ExpireDeadline"]
    edits: list[Edit] = []
    for number in (
        draw(st.lists(st.sampled_from(editable), unique=True, max_size=3)) if editable else ()
    ):
        match draw(st.sampled_from(("drop", "delay", "insert"))):
            case "drop":
                edits.append(Drop(number))
            case "delay":
                edits.append(Delay(number, draw(st.sampled_from((0.5, 20, 500)))))
            case _:
                kind = draw(st.sampled_from(INSERTABLE))
                edits.append(Insert(kind, before=number, body=BODIES.get(kind, {})))
    limit = draw(st.sampled_from(LIMITS))
    return part, Changes(policy={limit: draw(st.sampled_from((2, 40, 4000)))}, edits=tuple(edits))


@settings(deadline=None, max_examples=80)
@given(changed_stories())
def test_any_change_gives_one_verdict_that_its_events_bear_out(
    changed: tuple[AccountLog, Changes],
) -> None:
    log, changes = changed
    told = what_if(log, changes)
    ready = any(isinstance(event, e.LinkCompleted) for event in told.events)

    assert told == what_if(log, changes)
    assert bool(told.missing) is (told.verdict is Verdict.UNDECIDABLE)
    assert told.verdict is not Verdict.FIXED or ready
    assert told.verdict is not Verdict.BROKEN or not ready
    waiting = told.status_after in (
        Status.INITIALIZING,
        Status.WAITING_QR,
        Status.AUTHENTICATING,
    )
    assert not waiting or told.verdict in (Verdict.UNDECIDABLE, Verdict.SAME), told
    if told.verdict is Verdict.SAME:
        assert told.status_after is told.status_before
