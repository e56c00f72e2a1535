"""The streams that this process used last, folded: bounded in number and, roughly, in bytes."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Folded(Protocol):
    """A folded stream."""

    @property
    def version(self) -> int:
        """Version of the last event that was folded; 0 when there is none."""
        ...


FoldedT = TypeVar("FoldedT", bound=Folded)


class FoldedCache(Generic[FoldedT]):
    """Lets go of whatever was used longest ago. What is lost costs a read, nothing else.

    What weighs nothing is not kept at all.
    """

    def __init__(self, *, most: int, most_bytes: int, weigh: Callable[[FoldedT], int]) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self.weigh = weigh
        self._kept: OrderedDict[str, tuple[FoldedT, int]] = OrderedDict()
        self.bytes = 0
        """Roughly."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, stream: str) -> FoldedT | None:
        """Give what is kept."""
        kept = self._kept.get(stream)
        return kept[0] if kept else None

    def keep(self, stream: str, folded: FoldedT) -> None:
        """Keep it, unless something newer of the stream is kept already."""
        known, known_weight = self._kept.get(stream, (None, 0))
        if known is None or known.version <= folded.version:
            weight = self.weigh(folded)
            self.bytes += weight - known_weight
            self._kept[stream] = (folded, weight)
            if not weight:
                self.forget(stream)
                return
        self._kept.move_to_end(stream)
        while len(self._kept) > self._most or (self.bytes > self._most_bytes and self._kept):
            _, (_, weight) = self._kept.popitem(last=False)
            self.bytes -= weight

    def forget(self, stream: str) -> None:
        """Let go of a stream that nothing comes to any more."""
        _, weight = self._kept.pop(stream, (None, 0))
        self.bytes -= weight
