"""Tells from the log what was answered to an input, however far its account has come since.

The answer to a repeated request is made by the code that made the first one, of the account as it
was right after the first one's input. Nothing in it depends on when it is told.
"""

from collections.abc import Awaitable, Callable

import msgspec

from adapters.event_log.interface import EventLog
from app.held import Held
from domain.commands import AnyCommand
from domain.decide import decide
from domain.log import Outcome, RecordedInput
from domain.refusals import Refused

MOST_CAUSED = 64
"""Events that are looked for behind an input; the longest decision has five."""

AsOf = Callable[[str, int], Awaitable[Held]]
"""Loads an account as it was at a version of its stream."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command, and the account right after it."""

    account_id: str
    command: AnyCommand | None
    """None when this build does not know it (a newer one wrote it)."""
    outcome: Outcome
    rule: str
    """Why it was ignored or refused; empty when accepted."""
    sentence: str = ""
    """The refusal in words."""
    held: Held
    position: int
    """What is told of the account is true at least up to here."""


async def retell(log: EventLog, as_of: AsOf, account_id: str, input_id: int) -> Told:
    """Tell of a recorded input what its client was told."""
    [recorded] = await log.read_inputs(account_id, input_id - 1, 1)
    before = recorded.stream_version
    around = await log.load(account_id, max(0, before - 1), limit=MOST_CAUSED)
    told = [one for one in around if one.version <= before or one.input_id == input_id]
    held = await as_of(account_id, told[-1].version)
    return Told(
        account_id=account_id,
        command=_command(recorded),
        outcome=recorded.outcome,
        rule=recorded.rule,
        sentence=_refusal(recorded, held) if recorded.outcome == "refused" else "",
        held=held,
        position=told[-1].position,
    )


async def retell_at(log: EventLog, as_of: AsOf, told: Told, version: int) -> Told:
    """Tell the same of the account as it was at a version: the answer waited for it."""
    [last] = await log.load(told.account_id, version - 1, until_version=version)
    held = await as_of(told.account_id, version)
    return msgspec.structs.replace(told, held=held, position=last.position)


def _command(recorded: RecordedInput) -> AnyCommand | None:
    return recorded.command if isinstance(recorded.command, AnyCommand) else None


def _refusal(recorded: RecordedInput, held: Held) -> str:
    """Refuse it again: the log holds the rule, and the sentence follows from the account."""
    command = _command(recorded)
    try:
        if command is not None:
            decide(held.account, command)
    except Refused as refused:
        if refused.rule == recorded.rule:
            return refused.sentence
    return f"It was refused by the rule {recorded.rule}"
