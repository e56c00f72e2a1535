"""A labelled log: what happened to one account, and the causes that a person would give.

Labels come from how a log was made (the fault that was put in, what the people did), never from
the rules that are held against them.
"""

from typing import Literal

import msgspec

from projections.replay.account_log import AccountLog

Source = Literal["scene", "simulated", "told"]
LINKED = ""
"""The label of an attempt that became READY and was not lost: it has no cause."""


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """One account's whole log."""

    source: Source
    name: str
    log: AccountLog
    labels: dict[int, str]
    """Number of the attempt -> the cause of its first ending, or LINKED."""
    now: str | None = None
    """The cause that explains the account where the log ends; None: the last label.

    Of the simulator's logs it is not asked: their last attempt need not have a label."""

    @property
    def cause_now(self) -> str:
        """Give the cause that explains the account where the log ends."""
        return self.labels[max(self.labels)] if self.now is None else self.now
