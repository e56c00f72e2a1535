"""The grammar of the examples: given(*events).when(command).then(*events).

    given(*LINKED).when(RequestLogout(at=at(100))).then(LOGOUT_REQUESTED)
    given(REGISTERED).when(CancelLink(at=at(1))).then_refused("nothing_to_cancel")
    given(*STARTED).when(scan).overtaken_by(cancel).then_refused("illegal_step")

Accounts and workspaces are told apart by the command. Every ending also asserts that the stream
holds what was given and what was decided, and nothing else.
"""

from __future__ import annotations

from domain.account import Account, Attempt
from domain.deadlines import Deadline
from domain.decision import Ignored
from domain.log import AnyEvent, AnyInput
from domain.refusals import Refused
from domain.workspace import Workspace
from tests.memory_log import MemoryLog

STREAM = "acc_1"


def given(*events: AnyEvent) -> Given:
    """Begin an example with what has happened so far."""
    return Given(events)


class Given:
    """A story so far."""

    def __init__(self, events: tuple[AnyEvent, ...]) -> None:
        self._events = events

    def when(self, command: AnyInput) -> When:
        """Name the command that reaches the account or workspace."""
        return When(self._events, command)


class Then:
    """What an accepted command leaves."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    @property
    def account(self) -> Account:
        """Fold the stream as an account's."""
        return self._log.account(STREAM)

    @property
    def attempt(self) -> Attempt:
        """Give the account's attempt; there must be one."""
        attempt = self.account.attempt
        assert attempt is not None
        return attempt

    @property
    def deadline(self) -> Deadline:
        """Give the account's deadline; there must be one."""
        deadline = self.account.deadline
        assert deadline is not None
        return deadline

    @property
    def workspace(self) -> Workspace:
        """Fold the stream as a workspace's."""
        return self._log.workspace(STREAM)


class When:
    """A command that has reached a story."""

    def __init__(self, events: tuple[AnyEvent, ...], command: AnyInput) -> None:
        self._command = command
        self._faster: tuple[AnyInput, ...] = ()
        self._before = events
        self._log = MemoryLog()
        self._log.append(STREAM, 0, *events)

    def overtaken_by(self, *commands: AnyInput) -> When:
        """Let others be faster: the command conflicts and is decided on the newer story."""
        self._faster = commands
        for command in commands:
            # What the others decide is known, so that the endings can assert everything.
            rehearsal = MemoryLog()
            rehearsal.append(STREAM, 0, *self._before)
            decided = rehearsal.submit(STREAM, command)
            assert isinstance(decided, list), f"{command} is not faster, it is {decided}"
            self._before = (*self._before, *decided)
        return self

    def then(self, *events: AnyEvent) -> Then:
        """Assert exactly these events; returns what they leave, for a closer look."""
        decided = self._submit()
        assert decided == list(events)
        assert self._log.events(STREAM) == [*self._before, *events]
        return Then(self._log)

    def then_ignored(self, because: str) -> None:
        """Assert that nothing happens, for this reason, and that nothing has moved."""
        assert self._submit() == Ignored(because)
        self._assert_nothing_moved()

    def then_refused(self, rule: str) -> None:
        """Assert that this rule forbids the command, and that nothing has moved."""
        refused = self._submit()
        assert isinstance(refused, Refused), f"expected a refusal, not {refused}"
        assert refused.rule == rule
        assert str(refused).strip()
        self._assert_nothing_moved()

    def _submit(self) -> list[AnyEvent] | Ignored | Refused:
        return self._log.submit(STREAM, self._command, overtaken_by=self._faster)

    def _assert_nothing_moved(self) -> None:
        assert self._log.events(STREAM) == list(self._before)
