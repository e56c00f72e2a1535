"""Ten thousand texts of people and clients: none is in any bundle, nor in what is told of one."""

import itertools
import random

import msgspec
import pytest

from domain.observations import RecordProblem
from domain.reasons import Reason
from projections.replay.account_log import AccountLog
from projections.replay.bundle import BundleUnreadable, read_bundle, write_bundle
from projections.replay.redaction import LEVELS, Level
from projections.text import render_timeline
from projections.why import why
from tests.read_models import scenes
from tests.read_models.generated import ACCOUNTS, Move, tell
from tests.read_models.stories import Story, at
from tests.replay.canary_stories import CANARY, with_canaries
from tests.replay.test_account_log import log_of

PLANTED = 10_000
REDACTED = LEVELS[1:]
AFTER_S = (0.25, 1.0, 7.5, 31.0, 400.0)


def any_story(chance: random.Random) -> Story:
    return tell(
        [
            Move(
                account=ACCOUNTS[chance.randrange(5) // 4],
                wild=chance.random() < 1 / 3,
                after_s=chance.choice(AFTER_S),
                late=chance.random() < 1 / 8,
                number=chance.randrange(61),
            )
            for _ in range(60)
        ]
    )


def all_told(content: bytes) -> bytes:
    """Give whatever is told of a bundle: its story, its table and its cause."""
    log = read_bundle(content).log
    told = log.timeline()
    account = log.before.account
    explained = why(account, told, told.rows[-1].at) if told.rows else None
    return msgspec.json.encode([told, render_timeline(told), explained])


def test_none_of_ten_thousand_is_shown() -> None:
    chance, numbers = random.Random(5), itertools.count(1)  # noqa: S311  stories, not secrets
    planted: set[bytes] = set()
    while len(planted) < PLANTED:
        story = with_canaries(any_story(chance), numbers)
        for account in ACCOUNTS:
            log = log_of(story, account)
            shown = write_bundle(log, "none")
            planted.update(CANARY.findall(shown.decode()))
            for level in REDACTED:
                content = write_bundle(log, level)
                assert CANARY.findall(content.decode()) == [], level
                assert CANARY.findall(all_told(content).decode()) == [], level


def one_log() -> AccountLog:
    return log_of(with_canaries(any_story(random.Random(7))))  # noqa: S311


def test_none_is_in_what_is_said_of_a_damaged_file() -> None:
    content = write_bundle(one_log(), "none")
    for place in range(0, len(content), 97):
        changed = bytes([content[place] ^ 1])
        for damaged in (content[:place], content[:place] + changed + content[place + 1 :]):
            with pytest.raises(BundleUnreadable) as raised:
                read_bundle(damaged)
            assert CANARY.findall(str(raised.value)) == []


CODE_TEXT = "https://wa.me/settings/linked_devices#2@" + "QUJD" * 12 + ",ZZZ=,YYY=,WWW=,1"
SECRETS = (CODE_TEXT, CODE_TEXT.split("#")[1], "AB12CD34", "WXYZ-6789", "lw_" + "a1B2" * 12 + "c")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("secret", SECRETS)
def test_what_a_page_puts_into_its_words_is_in_no_bundle(secret: str, level: Level) -> None:
    problem = RecordProblem(
        at=at(9), attempt="att_1", reason=Reason.PAGE_CHANGED, detail=f"it said {secret}, twice"
    )
    content = write_bundle(log_of(scenes.opened().tell(problem)), level)
    assert "page_changed" in content.decode()
    assert secret not in content.decode()
