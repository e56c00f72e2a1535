"""Adds golden lines for events and commands that have none of their shape, and what is stored.

It changes no line that is there, and does nothing at all while old texts would suffer.
Run as `python -m tests.event_log.write_golden` from the project's folder.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.event_log.codec import KINDS, TOPICS, Envelope, encode_text
from adapters.event_log.lifting import LIFTS, current_shape
from domain.log import Origin
from tests.event_log.stored_shapes import judge, stored_shapes
from tests.event_log.values import GOLDEN_TIME, golden

FOLDER = Path(__file__).parent / "golden"
SHAPES = "shapes.json"


def main() -> None:
    """Write every file that is not complete."""
    current = stored_shapes()
    problems = judge(_read(SHAPES), current)
    if problems:
        sys.exit("\n".join(problems))
    lines: dict[str, dict[str, object]] = defaultdict(dict)
    for topic, event in TOPICS.items():
        shape = current_shape(topic, LIFTS)
        lines[f"events.shape_{shape}.json"][topic] = _state(event, shape)
    for kind, command in KINDS.items():
        shape = current_shape(kind, LIFTS)
        lines[f"inputs.shape_{shape}.json"][kind] = _json(golden(command))
    for name, made in lines.items():
        _write(name, {**made, **_read(name)})
    _write(SHAPES, current)


def _state(event: type[Any], shape: int) -> object:
    return _json(
        Envelope(
            input=7, recorded=GOLDEN_TIME, origin=golden(Origin), shape=shape, body=golden(event)
        )
    )


def _json(value: object) -> object:
    return json.loads(encode_text(value))


def _read(name: str) -> dict[str, Any]:
    file = FOLDER / name
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def _write(name: str, lines: Mapping[str, object]) -> None:
    whole = dict(sorted(lines.items()))
    text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
