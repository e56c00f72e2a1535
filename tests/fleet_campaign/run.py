"""Runs a campaign on a stage: strike, wait until all is well again, judge, and again."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec

from adapters import clock
from adapters.browser.shared import IDLE_S
from adapters.browser.shared_program import END_LIMIT_S
from adapters.browser.spec import Limits
from domain.policy import Policy
from domain.reasons import Reason
from tests.fleet_campaign.faults import SLOW, Fault
from tests.fleet_campaign.judge import Verdict
from tests.fleet_campaign.leftovers import leftovers, two_at_once
from tests.fleet_campaign.stage import PAUSE_S, POLICY, Stage
from tests.waiting import eventually, let_pass

_LIMITS = Limits()
_POLICY = msgspec.json.decode(POLICY, type=Policy)
RECOVERY_S = (
    2 * _LIMITS.hang_after_s  # a page that is silent, and silent again after it was replaced
    + _LIMITS.evaluate_s + 2 * _LIMITS.goto_s  # its new tab, and the page after the next start
    + _LIMITS.screenshot_s + _LIMITS.close_s + _LIMITS.kill_s + _LIMITS.put_away_s
    + 2 * _POLICY.reconnect_most_s
    + _LIMITS.launch_s
    + 2 * _POLICY.authentication_s  # of which one is never answered
)  # fmt: skip
"""Longest way from a fault to READY: every limit on it used up."""
TURN_S = 5.0
"""Each account that waits for its turn to start adds so much."""
TIDY_S = 30.0 + IDLE_S + END_LIMIT_S
"""Until what was told to end has ended: Limits.close_s and kill_s, on a busy machine. A shared
browser without accounts is ended after some time only."""
LATE_S = _LIMITS.close_s
"""A page that goes on after it stood still answers at once, and is closed within this time all the
same if its worker had already begun to replace it."""
LOOK_S = 0.5
TOGETHER = 3
"""Accounts that are struck at once, at most."""
LATER_S = 2.0
"""What strikes all of them may do so this much after what strikes one."""


_AWAY, _NOTHING = frozenset({Reason.PHONE_OFFLINE}), frozenset[Reason]()


PLACES = {"primary": "profiles", "standby": "standby"}
"""Whoever holds a link -> where its browsers have their profiles."""


class Shared(msgspec.Struct, frozen=True):
    """A fault of another account that strikes this one too, where they share a browser."""

    fault: Fault
    places: frozenset[str]


class Round(msgspec.Struct, frozen=True):
    """What is done at once."""

    of_one: Mapping[str, Fault]
    """Account -> what is done to it."""
    of_all: Fault | None = None
    after_s: float = 0.0
    of_company: Mapping[str, Sequence["Shared"]] = {}
    """Account -> what was done to browsers that it shares with others."""

    @property
    def faults(self) -> list[Fault]:
        """All of them."""
        return [*self.of_one.values(), *([self.of_all] if self.of_all else [])]

    @property
    def name(self) -> str:
        """All of them by name."""
        return ", ".join(fault.name for fault in self.faults)

    def may_tell(self, account: str) -> frozenset[Reason]:
        """Every reason that is true for the account now."""
        own, others = self.of_one.get(account), self.of_all
        company = self.of_company.get(account, ())
        reasons: frozenset[Reason] = frozenset()
        for fault in (*([own] if own else []), *(shared.fault for shared in company)):
            reasons |= fault.reasons | fault.opening
        if reasons and self.of_company:
            reasons |= {SLOW}
        if others is not None:
            reasons |= others.reasons
            if own is not None or company or others.reasons:
                reasons |= others.opening
        return reasons

    def ends_link(self, account: str, held_by: str) -> bool:
        """Tell whether the account's link, held by `primary` or `standby`, was certainly lost."""
        own = self.of_one.get(account)
        return any(
            fault is not None and fault.ends_link and fault.holder in ("", held_by)
            for fault in (own, self.of_all)
        ) or any(
            shared.fault.ends_link and PLACES.get(held_by) in shared.places
            for shared in self.of_company.get(account, ())
        )

    def with_company(self, company: Mapping[str, Mapping[str, Collection[str]]]) -> "Round":
        """Know also whom the faults of one account struck with it, and in which places."""
        found: dict[str, list[Shared]] = defaultdict(list)
        for account, others in company.items():
            for other, places in others.items():
                found[other].append(Shared(self.of_one[account], frozenset(places)))
        return msgspec.structs.replace(self, of_company=dict(found))


class Line(msgspec.Struct):
    """What the table says of one fault."""

    name: str
    struck: int = 0
    losses: int = 0
    """Links that were lost for a while in rounds with it."""
    longest_s: float = 0.0
    """From the strike until all was well again, in rounds with it alone."""


class Result(msgspec.Struct):
    """The end of a campaign; `broken` is empty when every promise was kept."""

    lines: list[Line]
    broken: list[str]
    faults: int = 0
    accounts: int = 0
    lost_links: int = 0
    leaks: int = 0
    untrue: int = 0
    not_back: int = 0


class Campaign:
    """All accounts of one stage."""

    def __init__(self, stage: Stage, tell: Callable[[str], object]) -> None:
        self._stage = stage
        self._tell = tell
        self._position = 0
        self._lines: dict[str, Line] = {}
        self._held_by: dict[str, str] = {}
        self.result = Result([], [])

    async def link(self, accounts: int) -> None:
        """Link so many accounts, some at once."""
        at_once = asyncio.Semaphore(TOGETHER)

        async def one() -> None:
            async with at_once:
                await self._stage.link()

        async with asyncio.TaskGroup() as tasks:
            for _ in range(accounts):
                tasks.create_task(one())
        self.result.accounts = accounts
        self._position = (await self._stage.events_after(0))[-1].position

    async def strike(self, this: Round) -> None:
        """Let things go wrong, and see that everything comes back and is true."""
        began_s = clock.monotonic_s()
        for account in self._stage.phones:
            self._held_by[account] = (await self._stage.show(account)).get("held_by", "")
        self._stage.company.clear()
        await self._strike(this)
        this = this.with_company(self._stage.company)
        recovery_s = RECOVERY_S + TURN_S * len(self._stage.phones)
        not_back = await self._all_settle(this, recovery_s)
        took_s = clock.monotonic_s() - began_s
        if not not_back and any(Reason.PAGE_HUNG in fault.reasons for fault in this.faults):
            await let_pass(LATE_S)
            not_back = await self._all_settle(this, recovery_s)
        self._note("not_back", this, not_back)
        await self._judge(this, took_s)
        await self._remedy(this)
        await self._tidy(this)

    async def _strike(self, this: Round) -> None:
        async def all_of_them() -> None:
            if this.of_all is not None:
                await let_pass(this.after_s)
                await this.of_all.strike(self._stage, "")

        single = (fault.strike(self._stage, account) for account, fault in this.of_one.items())
        await asyncio.gather(*single, all_of_them())

    async def _all_settle(self, this: Round, limit_s: float) -> list[str]:
        waiting = [self._settle(this, account, limit_s) for account in self._stage.phones]
        return [one for one in await asyncio.gather(*waiting) if one]

    async def _settle(self, this: Round, account: str, limit_s: float) -> str:
        """Wait until the account is as it must be; say what it is if it never is."""
        own = this.of_one.get(account)

        async def stays() -> bool:
            shown = await self._stage.show(account)
            assert own is not None
            assert own.stays is not None
            said = (shown.get("reason") or {}).get("code")
            return (shown.get("status"), said) == ("DISCONNECTED", own.stays.value)

        async def is_back() -> bool:
            if not await self._stage.has(account, "READY"):
                return False
            if this.ends_link(account, self._held_by.get(account, "")):
                verdict = Verdict(await self._stage.events_after(self._position))
                if not verdict.came_back(account):
                    return False
            return await self._stage.usable(account) and await self._stage.has(account, "READY")

        try:
            await eventually(stays if own and own.stays else is_back, limit_s, PAUSE_S)
        except AssertionError:
            shown = await self._stage.show(account)
            return f"{account} is not back after {limit_s:.0f} s: {shown}"
        return ""

    async def _judge(self, this: Round, took_s: float) -> None:
        events = await self._stage.events_after(self._position)
        self._position = events[-1].position if events else self._position
        verdict = Verdict(events)
        unlinked = [a for a, fault in this.of_one.items() if fault.remedy == "retry"]
        self._note("lost_links", this, verdict.lost_links(unlinked))
        kept_away, self._stage.kept_away = self._stage.kept_away, set()
        allowed = {
            account: this.may_tell(account) | (_AWAY if account in kept_away else _NOTHING)
            for account in self._stage.phones
        }
        self._note("untrue", this, verdict.untrue(allowed))
        for fault in this.faults:
            line = self._lines.setdefault(fault.name, Line(fault.name))
            line.struck += 1
            line.losses += verdict.losses()
            if len(this.faults) == 1:
                line.longest_s = max(line.longest_s, took_s)
        self.result.faults += len(this.faults)

    async def _remedy(self, this: Round) -> None:
        """Do what a client would, for accounts that stay as they are by right."""
        for account, fault in this.of_one.items():
            if fault.remedy == "retry":
                await self._stage.scan(account)
            elif fault.remedy:
                await self._stage.wish(account, fault.remedy)
                settled = await self._settle(Round({}), account, RECOVERY_S)
                self._note("not_back", this, [settled] if settled else [])
        if any(fault.remedy for fault in this.faults):
            events = await self._stage.events_after(self._position)
            self._position = events[-1].position
            scanned = [a for a, fault in this.of_one.items() if fault.remedy == "retry"]
            self._note("lost_links", this, Verdict(events).lost_links(scanned))

    async def _tidy(self, this: Round) -> None:
        found: list[str] = []

        async def is_tidy() -> bool:
            found[:] = leftovers(self._stage, self._stage.phones)
            return not found

        with suppress(AssertionError):
            await eventually(is_tidy, TIDY_S, PAUSE_S)
        self._note("leaks", this, found)

    def _note(self, kind: str, this: Round, found: Iterable[str]) -> None:
        for sentence in found:
            setattr(self.result, kind, getattr(self.result, kind) + 1)
            self.result.broken.append(f"{kind} after {this.name}: {sentence}")
            self._tell(self.result.broken[-1])

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """See inside the block that no account ever has two browsers."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            sight = self._stage.see()
            self._note("leaks", Round({}), two_at_once(sight, self._stage.installation.data))
            await let_pass(LOOK_S)

    def end(self) -> Result:
        """Give what was found."""
        self.result.lines = list(self._lines.values())
        return self.result


async def run(
    stage: Stage,
    accounts: int,
    rounds: Callable[[list[str]], Iterable[Round]],
    tell: Callable[[str], object] = str,
) -> Result:
    """Link accounts, strike round after round, and give what was found at the end."""
    campaign = Campaign(stage, tell)
    tell(f"linking {accounts} accounts")
    async with campaign.watched():
        await campaign.link(accounts)
        for this in rounds(list(stage.phones)):
            tell(f"{campaign.result.faults} faults so far; now: {this.name}")
            await campaign.strike(this)
    return campaign.end()
