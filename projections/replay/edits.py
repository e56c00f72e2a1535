"""What may be changed before a log is decided again: the policy, and the inputs one by one.

An input is named by its `input_id`. What the clock fired cannot be edited: in a what-if the new
machine's own deadlines fire.
"""

from datetime import datetime, timedelta
from typing import Any, get_args

import msgspec
from msgspec.structs import replace

from domain.commands import AnyCommand, ExpireDeadline
from domain.log import RecordedInput
from domain.policy import Policy
from projections.replay.account_log import BEGINNINGS, AccountLog

KINDS: dict[str, type[AnyCommand]] = {kind.__name__: kind for kind in get_args(AnyCommand)}
"""Kind of an input, as the log names it -> its command."""
OF_THE_PAGE = "health_look_s"
"""Not a limit that is decided by: it says how often a page is asked, and so what it tells."""
INSERTABLE = tuple(sorted(KINDS.keys() - {ExpireDeadline.__name__}))
MOST_EDITS = 100
LONGEST_DELAY_S = 86_400.0 * 365


class Drop(msgspec.Struct, frozen=True, tag_field="edit", tag="drop", forbid_unknown_fields=True):
    """The input did not reach the account."""

    input: int


class Delay(msgspec.Struct, frozen=True, tag_field="edit", tag="delay", forbid_unknown_fields=True):
    """The input came later, behind the others that came until then."""

    input: int
    by_s: float


class Insert(
    msgspec.Struct, frozen=True, tag_field="edit", tag="insert", forbid_unknown_fields=True
):
    """One more input came right before this one; without `before`, after the last."""

    kind: str
    """The command's class name, as the log has it."""
    before: int | None = None
    body: dict[str, Any] = {}
    """The command's fields. `at` defaults to the time of the input that it comes before, and
    `attempt` to the one that was running."""


Edit = Drop | Delay | Insert


class Changes(msgspec.Struct, frozen=True):
    """What is to be otherwise; nothing by default."""

    policy: dict[str, float] = {}
    """Field of the policy -> its value, wherever the account met a policy."""
    edits: tuple[Edit, ...] = ()


class BadChange(Exception):
    """A change that cannot be made; `rule` is stable, the sentence names what is wrong."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence


class Step(msgspec.Struct, frozen=True, gc=False):
    """One place in the inputs as they are to be decided."""

    command: AnyCommand | None
    """None where an input was taken away, and for a kind that this build does not know."""
    recorded: RecordedInput | None
    """The input that was recorded in this place; None for one that came from elsewhere."""
    inserted: bool = False
    late: AnyCommand | None = None
    """What this place held, if it comes later."""


def steps(log: AccountLog, changes: Changes) -> list[Step]:
    """Lay out the inputs with the edits made; raises BadChange."""
    made = [Step(_command(given), given) for given in log.inputs]
    if len(changes.edits) > MOST_EDITS:
        raise BadChange("too_many_edits", f"At most {MOST_EDITS} inputs can be edited at once.")
    for edit in changes.edits:
        if isinstance(edit, Insert):
            _insert(made, edit, log)
        else:
            _take_away(made, edit)
    return made


def new_policy(policy: Policy, changed: dict[str, float]) -> Policy:
    """Give the policy with these fields changed; raises BadChange."""
    fields: dict[str, float] = {}
    for name, value in changed.items():
        if name not in Policy.__struct_fields__:
            known = ", ".join(Policy.__struct_fields__)
            raise BadChange("unknown_policy_field", f"A policy has no {name}; it has {known}.")
        if name == OF_THE_PAGE:
            sentence = f"policy.{name} says how often a page is asked; what it would have told at"
            raise BadChange("not_decided_by", f"{sentence} other times is in no log.")
        whole = name == "reconnect_budget"
        if whole and not float(value).is_integer():
            raise BadChange("bad_policy", f"policy.{name} must be a whole number, not {value!r}.")
        fields[name] = int(value) if whole else value
    try:
        return replace(policy, **fields)
    except ValueError as error:
        raise BadChange("bad_policy", f"{error}.") from error


def _command(given: RecordedInput) -> AnyCommand | None:
    return given.command if isinstance(given.command, AnyCommand) else None


def _take_away(made: list[Step], edit: Drop | Delay) -> None:
    """Empty the input's place; a late one goes behind what came until its new time."""
    place = _place(made, edit.input)
    command = made[place].command
    if isinstance(command, ExpireDeadline):
        sentence = f"Input {edit.input} is the clock's: deadlines fire by themselves when due."
        raise BadChange("clock_input", sentence)
    if command is None:
        sentence = f"Input {edit.input} was edited before, or this build does not know its kind."
        raise BadChange("not_editable", sentence)
    if isinstance(edit, Drop):
        made[place] = replace(made[place], command=None)
        return
    if not 0 < edit.by_s <= LONGEST_DELAY_S:
        sentence = f"by_s must lie between 0 and a year, not {edit.by_s!r}."
        raise BadChange("bad_delay", sentence)
    made[place] = replace(made[place], command=None, late=command)
    late = replace(command, at=command.at + timedelta(seconds=edit.by_s))
    behind = place + 1
    while behind < len(made) and _at(made[behind], late.at) <= late.at:
        behind += 1
    made.insert(behind, Step(late, None, late=command))


def _insert(made: list[Step], edit: Insert, log: AccountLog) -> None:
    """Put the command in its place; what its body leaves out follows from the place."""
    if edit.kind not in INSERTABLE:
        known = ", ".join(INSERTABLE)
        sentence = f"{edit.kind!r} cannot be inserted. There are: {known}."
        raise BadChange("unknown_kind", sentence)
    place = len(made) if edit.before is None else _place(made, edit.before)
    beside = made[min(place, len(made) - 1)].recorded if made else None
    body: dict[str, Any] = dict(edit.body)
    if beside is not None:
        body.setdefault("at", beside.at)
    kind = KINDS[edit.kind]
    if "attempt" in kind.__struct_fields__:
        body.setdefault("attempt", _running(log, beside))
    try:
        command = msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise BadChange("bad_command", f"{edit.kind}: {error}.") from error
    _check_values(command, beside)
    made.insert(place, Step(command, None, inserted=True))


def _check_values(command: AnyCommand, beside: RecordedInput | None) -> None:
    """Refuse values that no adapter would bring."""
    kind = type(command).__name__
    for name in command.__struct_fields__:
        value = getattr(command, name)
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise BadChange("bad_command", f"{kind}: `{name}` needs a time zone.")
            around = beside.at if beside is not None else value
            if abs((value - around).total_seconds()) > LONGEST_DELAY_S:
                raise BadChange("bad_command", f"{kind}: `{name}` is more than a year away.")
        elif name == "jitter" and not 0 <= value < 1:
            raise BadChange("bad_command", f"{kind}: `jitter` must lie in [0, 1).")


def _running(log: AccountLog, beside: RecordedInput | None) -> str:
    """Name the attempt that was running where this input was recorded."""
    running = log.before.account.attempt.id if log.before.account.attempt else ""
    for recorded in log.events:
        if beside is not None and recorded.input_id > beside.input_id:
            break
        if isinstance(recorded.event, BEGINNINGS):
            running = recorded.event.attempt
    return running


def _place(made: list[Step], input_id: int) -> int:
    for place, step in enumerate(made):
        if step.recorded is not None and step.recorded.input_id == input_id:
            return place
    raise BadChange("no_such_input", f"There is no input {input_id} in this part of the log.")


def _at(step: Step, otherwise: datetime) -> datetime:
    if step.command is not None:
        return step.command.at
    return step.recorded.at if step.recorded is not None else otherwise
