"""Once nothing goes wrong any more, all comes to an end in bounded time, and fits together."""

from typing import TYPE_CHECKING

from app.reactor import CURSOR
from domain.account import Account
from domain.status import LINKING, Status
from projections.replay.account_log import AccountLog
from tests.decided_again import assert_log_decided_alike
from tests.simulation.database import at_once
from tests.simulation.virtual_time import after
from tests.simulation.workspace_promises import check_at_rest

if TYPE_CHECKING:
    from tests.simulation.world import World

WITHIN_S = 180.0
"""The clocks may be 80 s apart, a silent worker is noticed after 10 s, and the longest chain of
deadlines and reconnects of the short policy takes 40 s; the rest is room."""
STILL_S = 12.0
"""Nothing was written for this long: longer than a late callback, a retry, a look of the watch."""


class Rest:
    """Waits until a world is at rest; an account that hangs is a broken promise."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._stories = world.promises.stories

    @property
    def _unreadable(self) -> set[str]:
        """Name the accounts that only a newer build can read."""
        newer = self._world.database.newer
        return {self._stories.events[position - 1].stream for position in newer}

    async def come_and_check(self) -> None:
        """Let virtual time pass until nothing happens any more, then check what is left."""
        still_s, inputs, passed_s = 0.0, 0, 0.0
        while still_s < STILL_S:
            assert passed_s < WITHIN_S, self._what_goes_on()
            await after(2.0)
            written = len(self._stories.inputs)
            waits = any(account.deadline is not None for account in self._accounts().values())
            still_s = 0.0 if waits or written != inputs else still_s + 2.0
            inputs, passed_s = written, passed_s + 2.0
        self._check()

    def _check(self) -> None:
        world = self._world
        for name, account in self._accounts().items():
            assert account.status not in LINKING, f"{name} hangs: {account.status.value}"
            if account.status is Status.READY:
                self._check_page(name, account)
        last = self._last_readable()
        assert world.reader.seen == last, "the reader has not come to the end"
        self._check_parked()
        self._check_decided_again()
        heard = at_once(world.database.store.load_cursor(CURSOR))
        assert heard >= last, "the reactor has not come to the end"
        for workspace in ("shop", "branch"):
            check_at_rest(self._stories, workspace, self._unreadable)
        world.promises.check_whole_log()

    def _check_parked(self) -> None:
        """Nothing stands still but what only a newer build can read."""
        parked = at_once(self._world.database.store.parked(None))
        strangers = {one.stream: one.error for one in parked if one.stream not in self._unreadable}
        assert not strangers, f"parked for no good reason: {strangers}"

    def _check_decided_again(self) -> None:
        """After all crashes and races each account is what its inputs alone make of it."""
        for name in self._accounts():
            inputs = tuple(given for given in self._stories.inputs if given.stream == name)
            events = tuple(told for told in self._stories.events if told.stream == name)
            assert_log_decided_alike(AccountLog(account_id=name, inputs=inputs, events=events))

    def _check_page(self, name: str, account: Account) -> None:
        """No account says READY without a browser."""
        worker = self._world.worker
        host = worker.hosts.get(name) if worker else None
        assert host is not None, f"{name} is READY and no worker holds it"
        assert host.page is not None, f"{name} is READY without a page"
        assert account.attempt is not None
        assert host.page.attempt == account.attempt.id

    def _accounts(self) -> dict[str, Account]:
        """Give the accounts that this build can still read."""
        return {
            name: story[-1].account
            for name, story in self._stories.accounts.items()
            if name not in self._unreadable
        }

    def _last_readable(self) -> int:
        newer = self._world.database.newer
        readable = (r.position for r in self._stories.events if r.position not in newer)
        return max(readable, default=0)

    def _what_goes_on(self) -> str:
        hanging = [
            f"{name} is {account.status.value} and awaits {account.deadline}"
            for name, account in self._accounts().items()
            if account.deadline is not None
        ]
        return f"no rest within {WITHIN_S} s: {'; '.join(hanging) or 'there is no end of inputs'}"
