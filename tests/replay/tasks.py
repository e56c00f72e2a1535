"""Work for the processes of tests/replay/test_worker_processes.py, which import it by this name."""

import os
from collections.abc import Iterator


def squares(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    for number in numbers:
        yield os.getpid(), number * number


def tells_of_trouble(numbers: Iterator[int]) -> Iterator[int | LookupError]:
    for number in numbers:
        yield LookupError(f"no {number}")


def ends_at_once(numbers: Iterator[int]) -> Iterator[int]:
    for _ in numbers:
        os._exit(3)
    yield 0
