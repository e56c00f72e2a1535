"""What happened in a run, as lines that a person reads: cheap to note, formatted when asked for."""

import asyncio


class Trace:
    """The steps of one run in order, each with its virtual time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._steps: list[tuple[float, str, tuple[object, ...]]] = []

    def note(self, template: str, *values: object) -> None:
        """Note a step; `template` has a `{}` for each value."""
        self._steps.append((self._loop.time(), template, values))

    def __len__(self) -> int:
        return len(self._steps)

    def lines(self, last: int | None = None) -> list[str]:
        """Give the steps as text, or only the last few."""
        steps = self._steps if last is None else self._steps[-last:]
        return [f"{at:9.3f}  {template.format(*values)}" for at, template, values in steps]
