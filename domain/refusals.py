"""Why the domain says no.

Refused
├── IllegalStep            the lifecycle table has no such row
└── (other rules)          named by `rule`

A refusal is the caller's fault or a callback that came too late; nothing has moved.
"""

from domain.status import Status


class Refused(Exception):
    """A named rule forbids this command now. Nothing was changed.

    `rule` is stable and machine-readable; the message is one sentence for support.
    """

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence

    def __reduce__(self) -> tuple[type["Refused"], tuple[str, str]]:
        return (Refused, (self.rule, self.sentence))


class IllegalStep(Refused):
    """The lifecycle table has no row for this event in this status."""

    def __init__(self, event: str, status: Status) -> None:
        super().__init__(
            "illegal_step", f"{event} cannot happen to an account that is {status.value}"
        )
        self.event = event
        self.status = status
