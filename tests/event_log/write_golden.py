"""Adds a golden line for every event and command that has none yet; changes no line that is there.

Run as `python -m tests.event_log.write_golden` from the project's folder.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.event_log.codec import KINDS, TOPICS, Envelope, encode_text
from domain.log import Origin
from tests.event_log.values import GOLDEN_TIME, golden

FOLDER = Path(__file__).parent / "golden"


def main() -> None:
    """Write both files."""
    _add("events.shape_1.json", {topic: _state(event) for topic, event in TOPICS.items()})
    _add("inputs.shape_1.json", {kind: _json(golden(command)) for kind, command in KINDS.items()})


def _state(event: type[Any]) -> object:
    return _json(Envelope(input=7, recorded=GOLDEN_TIME, origin=golden(Origin), body=golden(event)))


def _json(value: object) -> object:
    return json.loads(encode_text(value))


def _add(name: str, lines: Mapping[str, object]) -> None:
    file = FOLDER / name
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
    whole = dict(sorted({**lines, **kept}.items()))
    file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
