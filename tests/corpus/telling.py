"""Tells an account's story forwards: what page, people and machines do, and how long each takes.

Every step goes through the real `decide`. Chance gives the times, so one tale is many logs.
"""

from random import Random
from typing import get_args

from domain import observations as o
from domain.account import NEW, Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.deadlines import Awaited
from domain.events import LoggedOutBy, Phase
from domain.log import Origin
from domain.reasons import Reason
from domain.wishes import RegisterAccount, RequestLink, RequestReconnect
from tests.read_models.stories import CLIENT, CLOCK, WORKER, WORKSPACE, Story, at

PHASES: tuple[Phase, ...] = get_args(Phase)[1:]
ACCOUNT = "acc_1"


class Telling:
    """One account, from its registration on."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.story = Story()
        self.now_s = 0.0
        self.codes = 0
        self.labels: dict[int, str] = {}
        self.explained_by: str | None = None
        """What explains the account at the end, where that is not why its last attempt ended."""
        self.tell(RegisterAccount(at=at(0), workspace="ws_1", site="sandbox"), by=CLIENT)

    @property
    def account(self) -> Account:
        """The account as it is now."""
        return self.story.accounts.get(ACCOUNT, NEW)

    @property
    def attempt(self) -> str:
        """The newest attempt's id."""
        return f"att_{self.account.attempts}"

    def tell(self, command: AnyCommand, *, by: Origin = WORKER) -> "Telling":
        """Let a command arrive now."""
        self.story.tell(command, by=by)
        return self

    def wait(self, low_s: float, high_s: float) -> "Telling":
        """Let time pass."""
        self.now_s += self.chance.uniform(low_s, high_s)
        return self

    def link(self, *, by_code: bool = False) -> "Telling":
        """Ask for a link by QR code, or by pairing code."""
        self.wait(1, 30)
        wish = RequestLink(
            at=at(self.now_s),
            attempt=f"att_{self.account.attempts + 1}",
            method="pairing_code" if by_code else "qr",
            pairing_phone="4915100000" if by_code else None,
        )
        return self.tell(wish, by=CLIENT)

    def reconnect(self) -> "Telling":
        """Let the appointed reconnect begin, or ask for one where none is appointed."""
        if self.account.deadline is not None:
            return self.expire(Awaited.RECONNECT)
        self.wait(1, 30)
        name = f"att_{self.account.attempts + 1}"
        return self.tell(RequestReconnect(at=at(self.now_s), attempt=name), by=CLIENT)

    def open(self, *, up_to: Phase = "bridge_started") -> "Telling":
        """Let browser, page and bridge start, up to one of them."""
        for phase in PHASES[: PHASES.index(up_to) + 1]:
            self.wait(0.1, 3)
            self.tell(o.RecordPage(at=at(self.now_s), attempt=self.attempt, phase=phase))
        return self

    def queue(self) -> "Telling":
        """Let the browser wait for its turn."""
        self.wait(0.01, 0.2)
        page = o.RecordPage(at=at(self.now_s), attempt=self.attempt, phase="queued", start="w1")
        return self.tell(page)

    def show(self, lives_s: float) -> "Telling":
        """Let the page show the next code."""
        self.codes += 1
        method = self.account.attempt.method if self.account.attempt else "qr"
        kind = o.RecordPairingCode if method == "pairing_code" else o.RecordQr
        code = kind(
            at=at(self.now_s),
            attempt=self.attempt,
            fingerprint=f"code-{self.codes}",
            expires_at=at(self.now_s + lives_s),
        )
        return self.tell(code)

    def fetch(self, code: int | None = None) -> "Telling":
        """Let a client fetch a code, by default the newest."""
        wanted = f"code-{code or self.codes}"
        fetched = o.RecordQrFetch(at=at(self.now_s), attempt=self.attempt, fingerprint=wanted)
        return self.tell(fetched, by=CLIENT)

    def scan(self) -> "Telling":
        """Let the page say that a phone has used the code."""
        return self.tell(o.RecordScan(at=at(self.now_s), attempt=self.attempt))

    def find_session(self) -> "Telling":
        """Let the page say that it has a kept session."""
        self.wait(0.2, 2)
        return self.tell(o.RecordSession(at=at(self.now_s), attempt=self.attempt))

    def sync(self, *percents: int) -> "Telling":
        """Let the first sync go on."""
        for percent in percents:
            self.wait(0.5, 20)
            progress = o.RecordSyncProgress(
                at=at(self.now_s), attempt=self.attempt, percent=percent
            )
            self.tell(progress)
        return self

    def become_ready(self) -> "Telling":
        """Let the page be usable and tell its number."""
        self.wait(0.2, 5)
        ready = o.RecordReady(
            at=at(self.now_s),
            attempt=self.attempt,
            phone="4915100000",
            phone_fingerprint="number-1",
        )
        return self.tell(ready)

    def linked(self) -> "Telling":
        """Link without trouble, after one to three codes."""
        self.link().open()
        for _ in range(self.chance.randint(1, 3)):
            self.wait(0.1, 1).show(20).wait(0.1, 3).fetch().wait(3, 14)
        return self.scan().sync(20, 80).become_ready()

    def problem(self, reason: Reason, detail: str = "") -> "Telling":
        """Let page, browser or worker be in trouble."""
        self.wait(0.1, 5)
        trouble = o.RecordProblem(
            at=at(self.now_s),
            attempt=self.attempt,
            reason=reason,
            detail=detail,
            jitter=self.chance.random(),
        )
        return self.tell(trouble)

    def logout(self, by: LoggedOutBy, detail: str = "") -> "Telling":
        """Let the page say that the link is gone."""
        self.wait(0.1, 400)
        gone = o.RecordLogout(at=at(self.now_s), attempt=self.attempt, by=by, detail=detail)
        return self.tell(gone)

    def supersede(self) -> "Telling":
        """Let another account of the workspace have linked the number."""
        moved = o.RecordSuperseded(at=at(self.now_s), by="acc_9", phone_fingerprint="number-1")
        return self.tell(moved, by=WORKSPACE)

    def fall_silent(self, webhook: str = "whk_1") -> "Telling":
        """Let two tries to tell a webhook fail."""
        since_s = self.now_s
        self.wait(1, 8)
        silent = o.RecordWebhookSilent(
            at=at(self.now_s),
            attempt=self.attempt,
            endpoint=webhook,
            since=at(since_s),
            error="connect_failed",
        )
        return self.tell(silent)

    def be_heard(self, webhook: str = "whk_1") -> "Telling":
        """Let a webhook take what it is told again."""
        return self.tell(o.RecordWebhookHeard(at=at(self.now_s), endpoint=webhook))

    def expire(self, awaited: Awaited, *, away_s: float = 0.0) -> "Telling":
        """Let the clock act on the deadline, a little late as it does, or once it runs again."""
        deadline = self.account.deadline
        assert deadline is not None, f"nothing is awaited, not {awaited}"
        assert deadline.awaited is awaited
        self.now_s = (deadline.at - at(0)).total_seconds() + away_s
        self.wait(0.0, 0.9)
        passed = ExpireDeadline(
            at=at(self.now_s),
            awaited=awaited,
            due=deadline.at,
            attempt=f"att_{self.account.attempts + 1}",
            jitter=self.chance.random(),
        )
        return self.tell(passed, by=CLOCK)

    def because(self, label: str) -> "Telling":
        """Say why the attempt ended, once it has."""
        self.labels[self.account.attempts] = label
        return self

    def disturb(self) -> "Telling":
        """Let something happen that changes nothing: a second start, a report from yesterday."""
        if self.chance.random() < 0.5:
            self.tell(RequestLink(at=at(self.now_s), attempt="att_x"), by=CLIENT)
        if self.chance.random() < 0.5:
            self.tell(o.RecordScan(at=at(self.now_s), attempt="att_of_yesterday"))
        return self
