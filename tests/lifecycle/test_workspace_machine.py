"""A workspace with four accounts, two numbers, and a reactor that is late and repeats itself."""

from collections import Counter
from datetime import timedelta
from typing import ClassVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain import events as e
from domain import observations as o
from domain import workspace_events as w
from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline
from domain.log import RecordedEvent, workspace_stream
from domain.reactions import reactions
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import (
    DestroyAccount,
    RegisterAccount,
    RequestLink,
    RequestLogout,
    RequestReconnect,
)
from tests.examples import OTHER_PHONE, OTHER_PHONE_KEYED, PHONE, PHONE_KEYED, START
from tests.memory_log import MemoryLog

ACCOUNTS = ("acc_1", "acc_2", "acc_3", "acc_4")
PHONES = ((PHONE, PHONE_KEYED), (OTHER_PHONE, OTHER_PHONE_KEYED))
WORKSPACE = workspace_stream("shop")

an_account = st.sampled_from(ACCOUNTS)
a_phone = st.sampled_from(PHONES)


class OneWorkspace(RuleBasedStateMachine):
    """Rules are who does what; when the reactor has caught up, the workspace's rules hold."""

    met: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.log = MemoryLog()
        self.cursor = 0
        self.straggler = 0
        self.now = START
        self.number = 0

    def tell(self, account: str, command: AnyCommand) -> None:
        """Submit a command to an account."""
        self.log.submit(account, command)

    def tick(self) -> None:
        """Let a second pass."""
        self.now += timedelta(seconds=1)

    def new(self) -> str:
        """Name a new attempt."""
        self.number += 1
        return f"attempt-{self.number}"

    def deliver(self, recorded: RecordedEvent) -> None:
        """Submit what follows from one event, as the app's reactor does."""
        for reaction in reactions(recorded, lambda _: "shop"):
            self.log.submit(reaction.stream, reaction.command)

    @initialize()
    def accounts_are_registered(self) -> None:
        for account in ACCOUNTS:
            self.tell(account, RegisterAccount(at=self.now, workspace="shop"))

    # Accounts come and go

    @rule(account=an_account, phone=a_phone)
    def a_phone_links(self, account: str, phone: tuple[str, str]) -> None:
        self.tick()
        self.tell(account, RequestLink(at=self.now, attempt=self.new()))
        if self.log.account(account).status is Status.INITIALIZING:
            self.becomes_ready(account, phone)

    @rule(links=st.lists(st.tuples(an_account, a_phone), min_size=2, max_size=5))
    def several_phones_link(self, links: list[tuple[str, tuple[str, str]]]) -> None:
        """Before the reactor hears of the first of them."""
        for account, phone in links:
            self.a_phone_links(account, phone)

    def becomes_ready(self, account: str, phone: tuple[str, str]) -> None:
        """Let the page of the running attempt report that it is usable."""
        attempt = self.log.account(account).attempt
        if attempt is not None:
            ready = o.RecordReady(
                at=self.now, attempt=attempt.id, phone=phone[0], phone_fingerprint=phone[1]
            )
            self.tell(account, ready)

    @rule(account=an_account, phone=a_phone)
    def the_number_of_a_ready_account_changes(self, account: str, phone: tuple[str, str]) -> None:
        self.tick()
        if self.log.account(account).status is Status.READY:
            self.becomes_ready(account, phone)

    @rule(account=an_account)
    def the_connection_is_lost(self, account: str) -> None:
        self.tick()
        attempt = self.log.account(account).attempt
        if attempt is not None:
            problem = o.RecordProblem(at=self.now, attempt=attempt.id, reason=Reason.NETWORK_LOST)
            self.tell(account, problem)

    @rule(account=an_account, comes_back=st.booleans())
    def the_clock_starts_a_reconnect(self, account: str, comes_back: bool) -> None:  # noqa: FBT001
        folded = self.log.account(account)
        if folded.deadline is None or folded.status is not Status.DISCONNECTED:
            return
        self.now = max(self.now, folded.deadline.at)
        timer = ExpireDeadline(
            at=self.now,
            awaited=folded.deadline.awaited,
            due=folded.deadline.at,
            attempt=self.new(),
        )
        self.tell(account, timer)
        if comes_back:
            self.returns(account)

    @rule(account=an_account)
    def a_client_brings_the_link_back(self, account: str) -> None:
        self.tick()
        self.tell(account, RequestReconnect(at=self.now, attempt=self.new()))
        if self.log.account(account).status is Status.INITIALIZING:
            self.returns(account)

    def returns(self, account: str) -> None:
        """Let a reconnect succeed: with the number that it had."""
        folded = self.log.account(account)
        if folded.phone is not None and folded.phone_fingerprint is not None:
            self.tick()
            self.becomes_ready(account, (folded.phone, folded.phone_fingerprint))

    @rule(account=an_account, confirmed=st.booleans())
    def a_client_logs_out(self, account: str, confirmed: bool) -> None:  # noqa: FBT001
        self.tick()
        self.tell(account, RequestLogout(at=self.now))
        attempt = self.log.account(account).attempt
        if confirmed and attempt is not None:
            self.tell(account, o.RecordLogout(at=self.now, attempt=attempt.id, by="client"))

    @rule(data=st.data(), primary=st.booleans())
    def a_client_destroys(self, data: st.DataObject, primary: bool) -> None:  # noqa: FBT001
        self.tick()
        account = data.draw(an_account)
        if primary:
            account = self.log.workspace(WORKSPACE).primary or account
        self.tell(account, DestroyAccount(at=self.now))

    # The reactor

    @rule(count=st.integers(1, 4))
    def the_reactor_goes_on(self, count: int) -> None:
        for recorded in self.log.recorded[self.cursor : self.cursor + count]:
            self.deliver(recorded)
            self.cursor += 1

    @rule(back=st.integers(1, 30))
    def the_reactor_restarts_at_an_earlier_position(self, back: int) -> None:
        self.cursor = max(0, self.cursor - back)

    @rule(count=st.integers(1, 6))
    @precondition(lambda self: self.straggler < self.cursor)
    def a_second_reactor_repeats_old_news(self, count: int) -> None:
        for recorded in self.log.recorded[self.straggler : self.straggler + count]:
            if self.straggler < self.cursor:
                self.deliver(recorded)
                self.straggler += 1

    @rule()
    def the_reactor_catches_up(self) -> None:
        while self.cursor < len(self.log.recorded):
            self.the_reactor_goes_on(1)
        self.check_caught_up()

    @rule()
    def everything_is_delivered_again(self) -> None:
        """What was delivered before changes nothing when it comes once more."""
        self.the_reactor_catches_up()
        held = len(self.log.recorded)
        for recorded in list(self.log.recorded):
            self.deliver(recorded)
        assert self.log.recorded[held:] == []

    # The promises

    def check_caught_up(self) -> None:
        """One live holder for a number, one primary, and the same story on both sides."""
        workspace = self.log.workspace(WORKSPACE)
        accounts = {name: self.log.account(name) for name in ACCOUNTS}
        ready = {name: a for name, a in accounts.items() if a.status is Status.READY}
        holding = [account.phone_fingerprint for account in ready.values()]
        assert len(holding) == len(set(holding)), "two live holders of one number"
        for name, account in ready.items():
            assert workspace.holders[str(account.phone_fingerprint)] == name
        assert set(workspace.ready_since) == set(ready)
        self.check_primary(accounts, workspace.primary)
        self.met.update(
            {f"ready {len(ready)}", *(type(r.event).__name__ for r in self.log.recorded)}
        )

    def check_primary(self, accounts: dict[str, Account], primary: str | None) -> None:
        """The accounts know their primary, and there is one whenever one is READY."""
        chosen = [name for name, account in accounts.items() if account.primary]
        assert chosen == ([] if primary is None else [primary])
        if any(account.status is Status.READY for account in accounts.values()):
            assert primary is not None

    @invariant()
    def only_a_newer_link_takes_a_number_away(self) -> None:
        """Late and repeated news never cost the account that linked last its number."""
        claims: list[tuple[tuple[str, str, str], int]] = []
        for recorded in self.log.recorded:
            match recorded.event:
                case e.LinkCompleted(link=link, phone_fingerprint=number):
                    claim = (recorded.stream, link, number)
                    if claim not in dict(claims):  # a reconnect is no new claim
                        claims.append((claim, recorded.position))
                case e.PhoneIdentified(link=link, fingerprint=number) if link:
                    claims.append(((recorded.stream, link, number), recorded.position))
                case w.PhoneClaimMoved() as moved:
                    heard = dict(claim for claim in claims if claim[1] <= moved.heard)
                    lost = heard[moved.account, moved.link, moved.phone_fingerprint]
                    won = heard[moved.to, moved.to_link, moved.phone_fingerprint]
                    assert lost < won, "an older link took the number from a newer one"
                case _:
                    pass

    @invariant()
    def a_number_has_one_holder_and_the_primary_is_followed_in_order(self) -> None:
        """Read from the workspace's events alone, not from its fold."""
        primary: str | None = None
        for event in self.log.events(WORKSPACE):
            match event:
                case w.PrimaryAssigned():
                    assert event.earlier == primary
                    assert event.account != primary
                    assert (event.because == "longest_ready") == (primary is not None)
                    primary = event.account
                case w.PrimaryVacated():
                    assert event.account == primary
                    primary = None
                case _:
                    pass

    def teardown(self) -> None:
        """However the run ended: let the reactor catch up, and then hear everything again."""
        self.everything_is_delivered_again()


def test_the_rules_of_a_workspace_hold_however_late_its_reactor_is() -> None:
    OneWorkspace.met.clear()
    run_state_machine_as_test(
        OneWorkspace,
        settings=settings(
            max_examples=150,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            # Making a failing program shorter took five minutes here; as found it is readable.
            phases=[Phase.explicit, Phase.generate],
            report_multiple_bugs=False,
        ),
    )
    for name in ("PhoneClaimMoved", "AccountSuperseded", "PrimaryAssigned", "PrimaryVacated"):
        assert OneWorkspace.met[name] > 30, OneWorkspace.met
    assert OneWorkspace.met["ready 2"] > 10, OneWorkspace.met
