"""`decide` answers a command with the events it causes, with Ignored, or by raising Refused.

The fourth outcome of a command, a conflict, belongs to the log: somebody else was faster, and the
command is decided again on the newer account.
"""

from collections.abc import Sequence

from domain import facts_decided, messages, page, silence, timers, wished
from domain.account import Account
from domain.commands import AnyCommand, ExpireDeadline, Kept, OfMessages, RegisterAccount, Wish
from domain.decision import Decision, Ignored
from domain.events import AccountEvent
from domain.lifecycle import STEPS
from domain.observations import (
    Observation,
    RecordPrimary,
    RecordSuperseded,
    RecordUnmaskedRead,
    RecordWebhookHeard,
    RecordWebhookSilent,
)
from domain.refusals import IllegalStep, Refused
from domain.status import Status


def decide(account: Account, command: AnyCommand) -> Decision:
    """Decide one command on one account; nothing else happens.

    Returns the events in order, or Ignored with why. Raises Refused naming the rule.
    """
    if not account.registered and not isinstance(command, RegisterAccount):
        raise Refused("not_registered", "No such account is registered")
    if isinstance(command, Observation) and not _is_current(account, command):
        return Ignored("foreign_attempt")
    decision = _choose(account, command)
    if not isinstance(decision, Ignored):
        if account.messages.queued:
            decision = messages.with_failures(account, decision)
        check_steps(account.status, decision)
    return decision


def _is_current(account: Account, command: Observation) -> bool:
    return account.attempt is not None and account.attempt.id == command.attempt


def _choose(account: Account, command: AnyCommand) -> Decision:
    match command:
        case ExpireDeadline():
            return timers.expire(account, command)
        case RecordSuperseded() | RecordPrimary():
            return facts_decided.from_workspace(account, command)
        case RecordWebhookSilent() | RecordWebhookHeard():
            return silence.recorded(account, command)
        case RecordUnmaskedRead():
            return []  # the input itself is the record: nothing has happened to the account
        case _:
            pass
    if isinstance(command, Wish):
        return wished.decide(account, command)
    if isinstance(command, Kept):
        return facts_decided.kept(account, command)
    if isinstance(command, OfMessages):
        return messages.recorded(account, command)
    return page.decide(account, command)


def check_steps(status: Status, events: Sequence[AccountEvent]) -> None:
    """Ask the lifecycle table whether each event may follow; IllegalStep if not."""
    for event in events:
        name = type(event).__name__
        after = STEPS.get((status, name))
        if after is None:
            raise IllegalStep(name, status)
        status = after
