"""What every rule of the machine over an account does: tell the account something, and check."""

from datetime import timedelta

from hypothesis.stateful import RuleBasedStateMachine

from domain import events as e
from domain import observations as o
from domain.account import NEW, Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.decide import decide
from domain.decision import Decision
from domain.evolve import evolve
from domain.policy import Policy
from domain.reasons import Reason
from domain.refusals import Refused
from tests.examples import START
from tests.lifecycle.promises import check_step

POLICY = Policy(reconnect_budget=3)


class ToldAccount(RuleBasedStateMachine):
    """One account, its log, and all that was ever said to it."""

    def __init__(self) -> None:
        super().__init__()
        self.account: Account = NEW
        self.log: list[e.AccountEvent] = []
        self.snapshots: list[Account] = []
        self.now = START
        self.number = 0
        self.callbacks: list[o.Observation] = []
        self.timers: list[ExpireDeadline] = []
        self.attempts: list[str] = []
        self.returns_in_a_row = 0
        self.begun = False
        self.ready_at = START

    def tell(self, command: AnyCommand) -> Decision | Refused:
        """Decide, check, append and fold, one event at a time."""
        before = self.account
        try:
            decision = decide(before, command)
        except Refused as refused:
            assert self.account == before
            return refused
        if isinstance(decision, list):
            for event in decision:
                self.log.append(event)
                self.account = evolve(self.account, event)
                self.snapshots.append(self.account)
                self._count(event)
        check_step(before, command, decision, self.account)
        return decision

    def _count(self, event: e.AccountEvent) -> None:
        """Count reconnects by policy a worker has begun, since the last wish or long READY."""
        match event:
            case e.ReconnectStarted():
                self.begun = False
                if event.by == "client":
                    self.returns_in_a_row = 0
                elif event.by == "policy":
                    self.returns_in_a_row += 1
                    assert self.returns_in_a_row <= POLICY.reconnect_budget
            case e.PageReached():
                self.begun = True
            case e.ReconnectFailed(reason=Reason.INITIALIZE_TIMED_OUT) if not self.begun:
                half = POLICY.reconnect_budget // 2
                self.returns_in_a_row = min(self.returns_in_a_row, half)
            case e.LinkRequested() | e.LoggedOut():
                self.returns_in_a_row = 0
            case e.LinkCompleted():
                self.ready_at = event.at
            case e.ConnectionLost():
                stayed = event.at - self.ready_at
                if stayed >= timedelta(seconds=POLICY.reconnect_reset_after_s):
                    self.returns_in_a_row = 0
            case _:
                pass

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def new(self, what: str) -> str:
        """Name something that was never there before."""
        self.number += 1
        return f"{what}-{self.number}"

    def attempt(self) -> str:
        """Name the attempt that a callback of now would belong to."""
        return self.account.attempt.id if self.account.attempt else "attempt-0"

    def call(self, callback: o.Observation) -> Decision | Refused:
        """Let the page report something, and keep it to be reported again."""
        self.callbacks.append(callback)
        return self.tell(callback)  # type: ignore[arg-type]  every observation is a command
