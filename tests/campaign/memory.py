"""What those who sent commands remember of them: that is what the log must hold afterwards."""

from collections import Counter

import msgspec

from domain.log import Outcome


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One command that was answered with its outcome, in the order of its sender."""

    sender: str
    """Sends one command after the other."""
    correlation_id: str
    account_id: str
    outcome: Outcome
    position: int
    """Of its last event; over HTTP, a position that the log has reached with it."""
    input_id: int | None = None
    """Known to the second process only; its position is then the exact one."""


class Memory:
    """Everything that was answered, and how often something else came back."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answers: Counter[str] = Counter()
        """Sender -> commands answered with their outcome."""
        self.put_off: Counter[str] = Counter()
        """Sender -> answers that said: send it again later. Their outcome is open."""
        self.unanswered = 0
        """The connection ended first: the service was killed. The outcome is open."""
        self.wrong: list[str] = []
        """Answers that must not be, in words."""

    def tell(self, told: Told) -> None:
        """Remember what was answered."""
        self.told.append(told)
        self.answers[told.sender] += 1
