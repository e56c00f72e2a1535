"""One account's way to one endpoint."""

from collections import deque
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from adapters.webhook_outbox import Held


class Placed(Protocol):
    """An item of an account, with its position in the log."""

    @property
    def id(self) -> int:
        """Its position in the log."""
        ...

    @property
    def account_id(self) -> str:
        """Whose it is."""
        ...


ItemT = TypeVar("ItemT", bound=Placed)


class Lane(Generic[ItemT]):
    """What one endpoint still has to be told of one account."""

    __slots__ = ("busy", "held", "newest", "tried_at", "until", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[ItemT] = deque()
        """In memory; none while it is held."""
        self.newest: ItemT | None = None
        """The last one that was offered; None since a restart."""
        self.busy = False
        self.held: Held | None = None
        self.until = 0
        """While it is held: the last position that the endpoint wants of the account."""
        self.tried_at: datetime | None = None
