"""The flight recorder: the last things that the page said of itself, without secrets."""

from collections import deque
from typing import Any

import msgspec

MOST_RECORDS = 500
"""20 to 50 kB per failed attempt (browser-findings 6)."""


class Recorder:
    """A ring of redacted records. Whoever adds one has taken its secrets out."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._ring: deque[dict[str, Any]] = deque(maxlen=MOST_RECORDS)

    def add(self, now_s: float, kind: str, facts: dict[str, Any] | None = None) -> None:
        """Keep a record; its age is told from the start of the session."""
        record = {"after_s": round(now_s - self._started_s, 3), "kind": kind}
        self._ring.append(record | (facts or {}))

    def to_json(self) -> bytes:
        """Encode the ring as a JSON array, oldest first."""
        return msgspec.json.encode(list(self._ring))
