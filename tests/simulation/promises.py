"""What must hold after every step: of the log, of each decision in it, and of every answer."""

from collections.abc import Sequence

import msgspec

from adapters.event_log.interface import Claim
from adapters.event_log.memory import MemoryEventLog
from app.dispatch import Answer
from app.held import Held
from domain.account import Account
from domain.commands import AnyCommand
from domain.decide import decide
from domain.decision import Ignored
from domain.events import AccountEvent
from domain.facts import AccountErased
from domain.log import RecordedEvent, RecordedInput
from domain.refusals import Refused
from domain.workspace import AccountNews, decide_workspace
from tests.lifecycle.promises import check_account, check_step
from tests.simulation.database import at_once
from tests.simulation.stories import Stories
from tests.simulation.trace import Trace
from tests.simulation.workspace_promises import WorkspacePromises

ANY_NUMBER = 1_000_000
PERSONAL = ("62811555", "Ayu", "Front desk")
"""What the played pages and clients tell of a person: see `page.py` and `clients.py`."""


class Request(msgspec.Struct, frozen=True):
    """A command on its way, perhaps for the second time under the same claim."""

    account: str
    command: AnyCommand
    actor: str
    correlation_id: str
    after_input: int
    """The newest input that anybody had been told of when it was sent first."""
    claim: Claim | None = None
    again: bool = False


class Promises:
    """Reads the log beside the service, and holds the service to it."""

    def __init__(self, store: MemoryEventLog, trace: Trace) -> None:
        self.stories = Stories()
        self._workspaces = WorkspacePromises()
        self._store = store
        self._trace = trace
        self._acknowledged = 0
        self._asked: dict[str, str] = {}
        """Correlation id -> who asked."""
        self._written: dict[str, RecordedInput] = {}
        """Correlation id -> the input that this request led to."""

    # The log

    def check_log(self) -> None:
        """Check what the log has got since the last look: numbers, decisions, rows."""
        stories, store = self.stories, self._store
        inputs = at_once(store.read_inputs(None, len(stories.inputs), ANY_NUMBER))
        if not inputs:
            assert at_once(store.head()) == len(stories.events), "events without input, or lost"
            self._check_kept()
            return
        events = at_once(store.read(len(stories.events), ANY_NUMBER))
        for given in inputs:
            caused = [event for event in events if event.input_id == given.input_id]
            self._check_numbers(given, caused)
            self._check_decision(given, caused)
            self._check_row(given.stream, caused)
            if any(isinstance(event.event, AccountErased) for event in caused):
                self._check_erased(given.stream)
        assert at_once(store.head()) == len(stories.events), "an event without its input"

    def _check_kept(self) -> None:
        last = len(self.stories.inputs)
        kept = at_once(self._store.read_inputs(None, max(0, last - 1), 2))
        assert [given.input_id for given in kept] == ([last] if last else []), (
            f"input {last} was written and is gone"
        )

    def _check_numbers(self, given: RecordedInput, caused: Sequence[RecordedEvent]) -> None:
        stories = self.stories
        assert given.input_id == len(stories.inputs) + 1, "inputs are numbered with a hole"
        version = stories.version(given.stream)
        assert given.stream_version == version, "decided on a version that was not the newest"
        for nth, event in enumerate(caused, start=1):
            assert event.position == len(stories.events) + nth, "positions have a hole"
            assert event.version == version + nth, "versions have a hole"
            assert event.stream == given.stream
            assert event.origin == given.origin
        stories.inputs.append(given)
        self._note(given, caused)
        # What follows by itself carries the correlation of its cause, under another actor.
        if given.origin.actor == self._asked.get(given.origin.correlation_id):
            first = self._written.setdefault(given.origin.correlation_id, given)
            assert first is given, f"inputs {first.input_id} and {given.input_id} are one request"

    def _note(self, given: RecordedInput, caused: Sequence[RecordedEvent]) -> None:
        what = " ".join(event.topic for event in caused) or f"{given.outcome}: {given.rule}"
        self._trace.note(
            "log: {} input {} {} by {} -> {}",
            given.stream,
            given.input_id,
            given.kind,
            given.origin.actor,
            what,
        )

    def _check_decision(self, given: RecordedInput, caused: Sequence[RecordedEvent]) -> None:
        """The events are what the domain decides on the version before, and they keep faith."""
        assert (given.outcome == "accepted") == bool(caused), "ignored or refused, yet it moved"
        command, stories = given.command, self.stories
        if isinstance(command, AccountNews):
            decided = decide_workspace(stories.workspace(given.stream), command)
            assert decided == [event.event for event in caused]
            self._add(caused)
            return
        assert command is not None
        before = stories.told(given.stream).account
        events = [event.event for event in caused if isinstance(event.event, AccountEvent)]
        assert _decided(before, command) == (events or given.rule), "the domain decides otherwise"
        self._add(caused)
        if given.outcome != "refused":
            after = stories.told(given.stream).account
            check_step(before, command, events or Ignored(given.rule), after)
            check_account(after)

    def _add(self, caused: Sequence[RecordedEvent]) -> None:
        for event in caused:
            self.stories.add(event)
            self._workspaces.add(event)

    def _check_row(self, stream: str, caused: Sequence[RecordedEvent]) -> None:
        if caused and isinstance(caused[0].event, AccountEvent):
            self.stories.check_account_row(stream, at_once(self._store.account_row(stream)))

    def _check_erased(self, stream: str) -> None:
        """Nothing that is read from now on tells of a person, and the story stays the same."""
        store = self._store
        events = at_once(store.load(stream))
        inputs = at_once(store.read_inputs(stream, 0, ANY_NUMBER))
        rows = [at_once(store.account_row(stream)), *at_once(store.attempt_rows(stream))]
        text = repr((events, inputs, rows))
        assert not any(word in text for word in PERSONAL), f"{stream} was erased and still tells"
        self.stories.forget(stream, events, inputs)

    # The answers

    def asked(
        self, account: str, command: AnyCommand, actor: str, *, claims: bool = False
    ) -> Request:
        """Note that somebody sends a command; with a claim it may be sent again."""
        name = f"req_{len(self._asked) + 1}"
        self._asked[name] = actor
        claim = Claim(owner=actor, key=name, request=name) if claims else None
        return Request(account, command, actor, name, self._acknowledged, claim)

    def answered(self, request: Request, answer: Answer) -> None:
        """What is acknowledged is in the log, once, behind all acknowledged before it was sent."""
        given = self._written.get(request.correlation_id)
        assert given is not None, f"{request.correlation_id} was acknowledged and is not there"
        assert (given.input_id, given.outcome, given.rule) == (
            answer.input_id,
            answer.outcome,
            answer.rule,
        )
        assert given.stream == request.account
        # What a late report tells of a person is left out once the account is erased.
        erased = self.stories.told(given.stream).account.erased
        assert erased or given.command == request.command
        self._check_order(request, given)
        if answer.position:
            event = self.stories.events[answer.position - 1]
            assert (event.input_id, event.stream) == (given.input_id, given.stream)
            assert event.version == answer.held.version
        assert (answer.position > 0) == (answer.outcome == "accepted")
        self.check_held(request.account, answer.held)

    def refused(self, request: Request, refusal: Refused) -> None:
        """A refusal is in the log before anybody hears of it, unless there is no such account."""
        given = self._written.get(request.correlation_id)
        if given is None:
            assert refusal.rule == "not_registered", f"{refusal.rule} is not in the log"
            return
        assert (given.outcome, given.rule) == ("refused", refusal.rule)
        self._check_order(request, given)

    def nothing_written(self, request: Request) -> None:
        """Whoever is told that nothing was changed may rely on it."""
        # Of one that was sent before the first may still have arrived in the meantime.
        assert request.again or request.correlation_id not in self._written

    def already_written(self, request: Request) -> None:
        """A claim is only taken by the same request, sent earlier."""
        assert request.again
        assert request.correlation_id in self._written

    def check_held(self, account: str, held: Held) -> None:
        """An account that a process holds is a fresh fold of its story, and so are its rows."""
        told = self.stories.told(account, held.version)
        assert held.account == told.account, f"{account}: held otherwise than the log tells"
        assert (held.row, held.attempt_row) == (told.row, told.attempt_row)

    def check_read(self, account: str, held: Held, version_before: int) -> None:
        """Whoever loads an account sees at least what was there when it asked."""
        assert held.version >= version_before, f"{account}: an old version was read"
        self.check_held(account, held)

    def _check_order(self, request: Request, given: RecordedInput) -> None:
        assert given.input_id > request.after_input, "acknowledged out of order"
        self._acknowledged = max(self._acknowledged, given.input_id)

    # The end

    def check_whole_log(self) -> None:
        """All that was ever written is still there and reads the same, to the last row."""
        stories, store = self.stories, self._store
        assert at_once(store.read(0, ANY_NUMBER)) == stories.events
        assert at_once(store.read_inputs(None, 0, ANY_NUMBER)) == stories.inputs
        for stream in stories.accounts:
            stories.check_account_row(stream, at_once(store.account_row(stream)))
            stories.check_attempt_rows(stream, at_once(store.attempt_rows(stream)))
            check_ends(stories, stream)


def check_ends(stories: Stories, stream: str) -> None:
    """Every attempt but the newest is over, and one that is over has a reason."""
    rows = stories.attempts.get(stream, {})
    for number, row in rows.items():
        assert row.ended_at is not None or number == max(rows), f"attempt {number} never ended"
        if row.ended_at is None:
            assert row.outcome in ("running", "ready")
        else:
            # A client that destroys the account gives the reason itself.
            assert (row.reason is None) == (row.outcome == "destroyed")


def _decided(account: Account, command: AnyCommand) -> list[AccountEvent] | str:
    """Give the events that the domain decides on, or the rule why there are none."""
    try:
        decision = decide(account, command)
    except Refused as refused:
        return refused.rule
    return decision.because if isinstance(decision, Ignored) else decision
