"""Two attempts are laid beside each other, and where they part is named."""

from itertools import pairwise, product
from time import process_time

from hypothesis import given, settings
from msgspec.structs import replace

from domain.observations import (
    RecordPage,
    RecordProblem,
    RecordSealedSession,
    RecordSyncProgress,
)
from domain.policy import Policy
from domain.reasons import Reason
from domain.wishes import RequestLink
from projections.replay.account_log import AccountLog
from projections.replay.alignment import Key, align
from projections.replay.compare import MOST_ROWS, compare
from projections.replay.comparison import Comparison, Pair
from tests.read_models import scenes
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import CLIENT, Story, at
from tests.replay.test_account_log import log_of


def attempt_of(story: Story, number: int = 1) -> AccountLog:
    found = log_of(story).attempt(number)
    assert found is not None
    return found


def rejected(seconds: float = 17, reason: Reason = Reason.SCAN_REJECTED) -> AccountLog:
    problem = RecordProblem(at=at(seconds), attempt=scenes.A1, reason=reason)
    return attempt_of(scenes.scanned().tell(problem))


def test_the_first_step_that_only_one_took_is_named_with_both_positions() -> None:
    compared = compare(attempt_of(scenes.linked()), rejected())

    parted = compared.first_divergence
    assert parted is not None
    assert parted.left is not None
    assert parted.right is not None
    assert (parted.left.name, parted.left.position) == ("PhoneIdentified", 10)
    assert (parted.right.name, parted.right.position) == ("LinkFailed", 9)
    assert compared.sentence == (
        "After “A phone used the code; WhatsApp is checking it” they part: attempt 1 (left) went on"
        " with “The page told the own phone number: …1641” (event 10, +17.000 s), attempt 1 (right)"
        " went on with “The attempt failed: a phone scanned the code, but WhatsApp refused to link"
        " it” (event 9, +16.000 s)."
    )


def test_codes_that_rotate_are_aligned_from_the_first_on() -> None:
    """The user who was too slow and the one who was not part when the second code is shown."""
    compared = compare(
        attempt_of(scenes.linked()), attempt_of(scenes.close_window(scenes.rotated({1: 1.0})))
    )

    parted = compared.first_divergence
    assert parted is not None
    assert parted.left is not None
    assert parted.right is not None
    assert parted.left.name == "QrScanned"
    assert parted.right.sentence.startswith("The page shows code 2")
    shown = [pair for pair in compared.pairs if pair.right and pair.right.name == "QrIssued"]
    assert [pair.aligned for pair in shown] == [True] + [False] * 12


def test_one_more_report_of_progress_parts_nothing() -> None:
    more = scenes.synced().tell(
        RecordSyncProgress(at=at(16.5), attempt=scenes.A1, percent=80), scenes.ready()
    )

    compared = compare(attempt_of(scenes.linked()), attempt_of(more))

    assert compared.first_divergence is None
    assert sum(not pair.aligned for pair in compared.pairs) == 1


def test_what_goes_on_beside_the_linking_parts_nothing() -> None:
    """The session is sealed when it is, before or after the phone's number is known."""
    sealed = RecordSealedSession(at=at(17), attempt=scenes.A1, digest="d", size_bytes=1)
    before = scenes.synced().tell(sealed, scenes.ready())
    later = scenes.linked().tell(replace(sealed, at=at(19)))

    compared = compare(attempt_of(before), attempt_of(later))

    assert compared.first_divergence is None
    assert sum(not pair.aligned for pair in compared.pairs) == 2


def test_an_ignored_input_parts_nothing_and_a_refused_one_does() -> None:
    late = RecordPage(at=at(18.5), attempt="att_of_yesterday", phase="page_loaded")
    again = RequestLink(at=at(18.6), attempt="att_2")

    ignored = scenes.linked().tell(late)
    assert compare(attempt_of(scenes.linked()), attempt_of(ignored)).first_divergence is None
    refused = compare(attempt_of(ignored), attempt_of(scenes.linked().tell(again, by=CLIENT)))
    assert refused.first_divergence is not None
    assert "attempt 1 (left) has no further row" in refused.sentence
    assert "(input 11, +17.600 s)" in refused.sentence


def test_the_same_step_with_another_reason_is_where_they_part() -> None:
    compared = compare(rejected(), rejected(27, Reason.PAGE_CHANGED))

    parted = compared.first_divergence
    assert parted is not None
    pair = compared.pairs[parted.pair]
    assert (pair.aligned, pair.same, pair.delta_s) == (True, False, 10.0)
    assert "by its reason (scan_rejected, page_changed)" in compared.sentence


def test_the_wait_that_differs_most_is_named() -> None:
    compared = compare(rejected(), rejected(27, Reason.PAGE_CHANGED))

    assert compared.slowest is not None
    pair = compared.pairs[compared.slowest]
    assert pair.left is not None
    assert (pair.left.name, pair.gap_delta_s) == ("LinkFailed", 10.0)
    assert "attempt 1 (right) took 10.0 s longer (12.0 s instead of 2.0 s)" in compared.sentence


def test_a_month_of_being_linked_is_no_wait_of_the_linking() -> None:
    lost = [
        scenes.linked().tell(
            RecordProblem(at=at(seconds), attempt=scenes.A1, reason=Reason.BROWSER_CRASHED)
        )
        for seconds in (30, 30 + 86_400 * 30)
    ]

    assert compare(attempt_of(lost[0]), attempt_of(lost[1])).slowest is None


def test_other_policies_are_told_and_are_no_divergence() -> None:
    told = [
        attempt_of(
            scenes.registered().tell(
                RequestLink(at=at(1), attempt=scenes.A1, policy=Policy(link_window_s=seconds)),
                by=CLIENT,
            )
        )
        for seconds in (300.0, 60.0)
    ]

    compared = compare(*told)

    assert compared.first_divergence is None
    assert not compared.pairs[0].same
    assert compared.sentence == (
        "They ran under different policies: link_window_s 300.0 and 60.0. Both took the same steps."
    )


def test_two_accounts_are_told_apart_in_words() -> None:
    story = scenes.registered("acc_2").tell(
        RequestLink(at=at(5), attempt="att_9"), by=CLIENT, to="acc_2"
    )
    other = log_of(story, "acc_2").attempt(1)
    assert other is not None

    compared = compare(attempt_of(scenes.opened()), other)

    assert (compared.left.name, compared.right.name) == (
        "attempt 1 of acc_1",
        "attempt 1 of acc_2",
    )
    assert "attempt 1 of acc_2 has no further row" in compared.sentence


def mirrored(pair: Pair) -> tuple[object, ...]:
    apart = [None if one is None else -one for one in (pair.delta_s, pair.gap_delta_s)]
    differs = [(one.field, one.right, one.left) for one in pair.differs]
    return pair.right, pair.left, pair.aligned, differs, apart


def plain(pair: Pair) -> tuple[object, ...]:
    differs = [(one.field, one.left, one.right) for one in pair.differs]
    return pair.left, pair.right, pair.aligned, differs, [pair.delta_s, pair.gap_delta_s]


@settings(deadline=None, max_examples=30)
@given(stories)
def test_every_row_is_there_once_in_order_and_swapping_the_sides_mirrors(story: Story) -> None:
    attempts = [part for account in ACCOUNTS for part in log_of(story, account).attempts()]
    for left, right in pairwise(attempts):
        compared, swapped = compare(left, right), compare(right, left)
        assert rows_of(compared) == [inputs_of(left), inputs_of(right)]
        assert [mirrored(pair) for pair in compared.pairs] == [plain(p) for p in swapped.pairs]
        assert compared.slowest == swapped.slowest
        here, there = compared.first_divergence, swapped.first_divergence
        assert (here is None) == (there is None)
        if here and there:
            assert (here.pair, here.after) == (there.pair, there.after)
            assert (here.left, here.right) == (there.right, there.left)
        aligned = [pair for pair in compared.pairs if pair.aligned]
        assert all(pair.delta_s is not None for pair in aligned)
        assert all(one.left and one.right and one.left.name == one.right.name for one in aligned)


def rows_of(compared: Comparison) -> list[list[tuple[int, int | None]]]:
    return [
        [(row.input_id, row.position) for row in side if row]
        for side in ([p.left for p in compared.pairs], [p.right for p in compared.pairs])
    ]


def inputs_of(log: AccountLog) -> list[tuple[int, int | None]]:
    return [(row.cause.input_id, row.position) for row in log.timeline().rows]


@settings(deadline=None, max_examples=30)
@given(stories)
def test_an_attempt_does_not_part_from_itself(story: Story) -> None:
    for log in log_of(story).attempts():
        compared = compare(log, log)
        assert compared.first_divergence is None
        assert compared.slowest is None
        assert all(pair.same and pair.delta_s == 0 for pair in compared.pairs)
        assert compared.sentence == "Both took the same steps."


def test_as_many_rows_as_possible_are_aligned() -> None:
    """Against the textbook's table, on every pair of short words over two letters."""
    words = ["".join(word) for size in range(6) for word in product("ab", repeat=size)]
    for left in words:
        for right in words:
            found = align(keys(left), keys(right))
            assert len(found) == longest(left, right), (left, right)
            assert all(left[one] == right[other] for one, other in found)
            assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))


def keys(word: str) -> list[Key]:
    return [(letter,) for letter in word]


def longest(left: str, right: str) -> int:
    row = [0] * (len(right) + 1)
    for letter in left:
        before = row
        row = [0]
        for index, other in enumerate(right):
            taken = before[index] + 1 if letter == other else max(before[index + 1], row[index])
            row.append(taken)
    return row[-1]


def repeating(count: int, of: str) -> AccountLog:
    """An attempt whose page reports again and again what changes nothing any more."""
    story = scenes.scanned()
    for number in range(count):
        moment = at(16 + number / 100)
        if of[number % len(of)] == "s":
            story.tell(RecordSyncProgress(at=moment, attempt=scenes.A1, percent=5))
        else:
            story.tell(RecordPage(at=moment, attempt="att_old", phase="page_loaded"))
    return attempt_of(story)


def test_attempts_of_thousands_of_rows_take_moments() -> None:
    left, right = repeating(MOST_ROWS, "sp"), repeating(MOST_ROWS, "spp")
    began = process_time()

    compared = compare(left, right)

    assert process_time() - began < 5  # 0.2 s; cell by cell it would be 25 million steps
    assert compared.left.rows_left_out > 0
    assert sum(pair.left is not None for pair in compared.pairs) == MOST_ROWS
    assert compared.first_divergence is None
