"""What cannot be inserted into a redacted log, because nobody could tell what it equals.

A decision asks of a phone, a name, a code or a session whether it is the one that it knows. In a
redacted log stand-ins are known, and a text from outside equals none of them, also where it would
have equalled what they stand for. A verdict on that would be made up.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from domain.account import Account
from projections.replay.account_log import AccountLog
from projections.replay.edits import KINDS, BadChange, Changes, Insert
from projections.replay.redaction import UNCHANGED, Level, Rule, rule_of

COMPARED = frozenset({Rule.ID, Rule.DIGEST, Rule.NAME})
"""What decisions compare. Phone numbers are compared by their fingerprint."""
FOLDED = {"digest": "session_digest"}
"""Field of a command -> field of the account that it is compared with, where they differ."""


def check_comparable(log: AccountLog, level: Level, changes: Changes) -> None:
    """Refuse an inserted text that a redacted one may stand for; raises BadChange."""
    if level == "none":
        return
    for edit in changes.edits:
        kind = KINDS.get(edit.kind) if isinstance(edit, Insert) else None
        if kind is not None and isinstance(edit, Insert):
            _check(log, level, edit, kind)


def _check(log: AccountLog, level: Level, edit: Insert, kind: type[msgspec.Struct]) -> None:
    for field in kind.__struct_fields__:
        rule = rule_of(kind, field)
        text = edit.body.get(field)
        if rule not in COMPARED - UNCHANGED[level] or not isinstance(text, str) or not text:
            continue
        known = set(_known(log, field))
        if known and text not in known:
            raise BadChange(
                "redacted",
                f"At `{level}` the bundle has stand-ins for every {field}: nobody can tell whether"
                f" the inserted {edit.kind} names one of them. Insert one that the bundle has, or"
                f" open a bundle at `{_shows(rule)}`.",
            )


def _known(log: AccountLog, field: str) -> Iterator[str]:
    """Give what the log has in this field, in its inputs and where it begins."""
    account: Account = log.before.account
    places: list[Any] = [given.command for given in log.inputs]
    values = [getattr(place, field, None) for place in places]
    values.append(getattr(account, FOLDED.get(field, field), None))
    return (value for value in values if isinstance(value, str) and value)


def _shows(rule: Rule) -> Level:
    """Name the level that hides most and still shows such a field: no stricter one does."""
    return "masked" if rule in UNCHANGED["masked"] else "none"
