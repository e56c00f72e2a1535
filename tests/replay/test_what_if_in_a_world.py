"""Whatever a what-if decides is what would have happened: a small world is asked, which knows.

In it a page, a person and a client go by a script. It runs once under one policy, which is the
record, and once as the changes have it, which is the truth.
"""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Literal

import msgspec
from msgspec.structs import replace

from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.deadlines import Awaited, Deadline
from domain.observations import (
    RecordCodesExhausted,
    RecordLogout,
    RecordPage,
    RecordProblem,
    RecordQr,
    RecordQrFetch,
    RecordScan,
    RecordSyncProgress,
)
from domain.policy import Policy
from domain.reasons import Reason
from domain.wishes import CancelLink, RequestLink, RequestLogout
from projections.replay.account_log import AccountLog
from projections.replay.edits import Delay, Drop, Edit
from projections.replay.what_if import OPEN, Changes, Verdict, what_if
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, CLOCK, at
from tests.replay.test_account_log import log_of

WORLDS = 600
LIMITS = {
    "initialize_s": (2.0, 8.0, 30.0),
    "link_window_s": (15.0, 50.0, 300.0),
    "authentication_s": (3.0, 20.0, 60.0),
    "logout_s": (1.0, 15.0),
}
A = scenes.A1


class Line(msgspec.Struct, frozen=True):
    """One line of the script: it happens at its time if the page is open and what it needs is so.

    A client's lines happen whatever the page does.
    """

    command: AnyCommand
    needs: Literal["client", "page", "code", "renewal", "fetch", "scan", "logout"] = "page"
    late_s: float = 0
    """A page's report comes so much later; a client does it so much later."""
    lost: bool = False
    """The page's report is lost; a client does not do it."""


def script(choose: Random) -> list[Line]:
    """Write what would happen if nobody's limits were run into."""
    lines: list[Line] = []
    now_s = 1.0
    for phase in ("browser_started", "page_loaded", "bridge_started"):
        now_s += choose.choice((0.5, 1, 5))
        lines.append(Line(RecordPage(at=at(now_s), attempt=A, phase=phase)))
    shown_s = now_s + choose.choice((0.5, 6))
    for number in range(choose.randrange(1, 5)):
        needs = "code" if number < 3 else "renewal"
        expires = at(shown_s + 20)
        code = RecordQr(at=at(shown_s), attempt=A, fingerprint=f"c{number}", expires_at=expires)
        lines.append(Line(code, needs))
        fetched = RecordQrFetch(
            at=at(shown_s + choose.choice((1, 12))), attempt=A, fingerprint=f"c{number}"
        )
        if choose.random() < 0.7:
            lines.append(Line(fetched, "client"))
        if number == 2:
            out = RecordCodesExhausted(at=at(shown_s + 19), attempt=A)
            lines.append(Line(out, "code"))
        shown_s += 20
    if choose.random() < 0.7:
        lines += _answered(choose, now_s + choose.choice((8, 14, 33, 52)))
    if choose.random() < 0.2:
        lines.append(Line(CancelLink(at=at(choose.choice((6, 30, 70)))), "client"))
    if choose.random() < 0.2:
        crash = RecordProblem(
            at=at(choose.choice((9, 40, 90))), attempt=A, reason=Reason.BROWSER_CRASHED
        )
        lines.append(Line(crash))
    return sorted(lines, key=lambda line: line.command.at)


def _answered(choose: Random, scanned_s: float) -> list[Line]:
    """A person scans what a client shows, and logs out one day."""
    ready_s = scanned_s + choose.choice((2, 7, 30))
    synced = RecordSyncProgress(at=at(scanned_s + 1), attempt=A, percent=50)
    lines = [
        Line(RecordScan(at=at(scanned_s), attempt=A), "fetch"),
        Line(synced, "scan"),
        Line(scenes.ready(ready_s), "scan"),
    ]
    if choose.random() < 0.4:
        lines.append(Line(RequestLogout(at=at(ready_s + 50)), "client"))
        gone = RecordLogout(at=at(ready_s + 50 + choose.choice((0.5, 9))), attempt=A, by="client")
        lines.append(Line(gone, "logout"))
    return lines


class World:
    """Lets the script happen to one account under one policy."""

    def __init__(self, lines: list[Line], policy: Policy) -> None:
        self.story = scenes.registered()
        self.story.tell(RequestLink(at=at(1), attempt=A, policy=policy), by=CLIENT)
        self.inputs: dict[int, int] = {}
        """Number of a line -> the id of its input."""
        self._lines = lines
        self._happened: set[int] = set()
        self._scanned = self._dead = False

    def run(self) -> "World":
        """Let everything happen in the order of time, then let what is awaited pass.

        A reconnect would be another attempt: what comes from there on is left out.
        """
        moments = [
            (line.command.at + timedelta(seconds=late_s), bool(late_s), number)
            for number, line in enumerate(self._lines)
            for late_s in {0.0, line.late_s}
        ]
        for moment, late, number in sorted(moments):
            while (due := self.account.deadline) is not None and due.at < moment:
                if due.awaited is Awaited.RECONNECT:
                    return self
                self._expire(due)
            self._let(number, late=late)
        while (due := self.account.deadline) is not None and self.account.status in OPEN:
            self._expire(due)
        return self

    @property
    def account(self) -> Account:
        return self.story.accounts["acc_1"]

    def attempt(self) -> AccountLog:
        (only,) = log_of(self.story).attempts()
        return only

    def _let(self, number: int, *, late: bool) -> None:
        line = self._lines[number]
        if not late and line.needs != "client" and self._can(line):
            self._happened.add(number)
            self._scanned = self._scanned or line.needs == "fetch"
            self._dead = self._dead or isinstance(line.command, RecordProblem)
        happens = line.needs == "client" or number in self._happened
        if happens and not line.lost and late is bool(line.late_s):
            told_at = line.command.at + timedelta(seconds=line.late_s)
            self.story.tell(replace(line.command, at=told_at))
            self.inputs[number] = self.story.inputs[-1].input_id

    def _can(self, line: Line) -> bool:
        if self.account.status not in OPEN or self._dead:
            return False
        topics = {one.topic for one in self.story.events}
        needed = {
            "page": True,
            "code": not self._scanned,
            "renewal": "CodesExhausted" in topics and not self._scanned,
            "fetch": "QrFetched" in topics,
            "scan": self._scanned,
            "logout": "LogoutRequested" in topics,
        }
        return needed[line.needs]

    def _expire(self, due: Deadline) -> None:
        passed = ExpireDeadline(at=due.at, awaited=due.awaited, due=due.at, attempt="att_2")
        self.story.tell(passed, by=CLOCK)


def changed(choose: Random, world: World, lines: list[Line]) -> tuple[list[Line], list[Edit]]:
    """Take away or delay some of what was told."""
    lines, edits = [*lines], list[Edit]()
    for number in choose.sample(sorted(world.inputs), min(len(world.inputs), 2)):
        input_id = world.inputs[number]
        match choose.choice(("nothing", "drop", "delay")):
            case "drop":
                lines[number] = replace(lines[number], lost=True)
                edits.append(Drop(input_id))
            case "delay":
                late_s = choose.choice((0.7, 4.3, 33.3))
                lines[number] = replace(lines[number], late_s=late_s)
                edits.append(Delay(input_id, late_s))
            case _:
                pass
    return lines, edits


def test_what_is_decided_is_what_would_have_happened() -> None:
    verdicts: Counter[Verdict] = Counter()
    for seed in range(WORLDS):
        choose = Random(seed)  # noqa: S311  it must be repeatable, not secret
        lines = script(choose)
        then, now = ({name: choose.choice(LIMITS[name]) for name in LIMITS} for _ in range(2))
        recorded = World(lines, Policy(**then)).run()
        others, edits = changed(choose, recorded, lines)
        if choose.random() < 0.4:
            now = then

        told = what_if(recorded.attempt(), Changes(policy=now, edits=tuple(edits)))
        verdicts[told.verdict] += 1
        if told.verdict is not Verdict.UNDECIDABLE:
            truth = World(others, Policy(**now)).run().attempt()
            assert told.events == tuple(one.event for one in truth.events), (seed, edits)

    assert min(verdicts[verdict] for verdict in Verdict if verdict is not Verdict.FIXED) > 10
