"""The flight recorder: the last things that the page said of itself, without secrets."""

import re
from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

MOST_RECORDS = 500
"""20 to 50 kB per failed attempt (browser-findings 6)."""
MOST_LINES = 100
"""Lines of the page's console among them: a page that complains all the time hides nothing else."""
MOST_BYTES = 64 * 1024
"""As much as is kept of one failure (evidence_store.py); what is older goes first."""
LEAST_LETTERS = 2
"""A name of one letter would take every such letter out of the records."""


class Recorder:
    """A ring of redacted records. Whoever adds one has taken its secrets out."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._ring: deque[dict[str, Any]] = deque(maxlen=MOST_RECORDS)
        self._lines: deque[dict[str, Any]] = deque(maxlen=MOST_LINES)

    def add(self, now_s: float, kind: str, facts: dict[str, Any] | None = None) -> None:
        """Keep a record; its age is told from the start of the session."""
        record = {"after_s": round(now_s - self._started_s, 3), "kind": kind}
        self._ring.append(record | (facts or {}))

    def add_line(self, now_s: float, kind: str, text: str) -> None:
        """Keep a line of the page's console."""
        record = {"after_s": round(now_s - self._started_s, 3), "kind": kind, "text": text}
        self._lines.append(record)

    def to_json(self, private: Iterable[str] = ()) -> bytes:
        """Encode all of it as a JSON array, oldest first, without these texts."""
        hidden = [re.escape(text) for text in private if len(text) >= LEAST_LETTERS]
        pattern = re.compile("|".join(hidden)) if hidden else None
        records = sorted((*self._ring, *self._lines), key=lambda record: record["after_s"])
        encoded = [msgspec.json.encode(_without(record, pattern)) for record in records]
        size = sum(len(one) + 1 for one in encoded) + 1
        oldest = 0
        while size > MOST_BYTES:
            size -= len(encoded[oldest]) + 1
            oldest += 1
        return b"[" + b",".join(encoded[oldest:]) + b"]"


def _without(record: dict[str, Any], pattern: re.Pattern[str] | None) -> dict[str, Any]:
    if pattern is None or "text" not in record:
        return record
    return record | {"text": pattern.sub("…", record["text"])}
