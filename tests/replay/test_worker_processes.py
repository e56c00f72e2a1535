"""Tasks go to processes of our own, as many as there are cores and never more."""

import multiprocessing
import os
from collections.abc import Iterator

import pytest

from app.worker_processes import WorkerEnded, on_all_cores
from tests.replay.tasks import ends_at_once, squares, tells_of_trouble


def test_every_task_is_done_once_in_other_processes_that_end_with_it() -> None:
    done = list(on_all_cores(squares, range(50), most=2))

    assert sorted(square for _, square in done) == [number * number for number in range(50)]
    processes = {process for process, _ in done}
    assert os.getpid() not in processes
    assert 1 <= len(processes) <= 2
    assert multiprocessing.active_children() == []


def test_tasks_are_taken_only_when_they_can_be_worked_on_and_left_when_nobody_asks_any_more() -> (
    None
):
    taken: list[int] = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    results = on_all_cores(squares, endless(), most=1)
    next(results)
    next(results)
    results.close()

    assert len(taken) <= 3
    assert multiprocessing.active_children() == []


def test_what_the_work_tells_of_is_raised_here() -> None:
    with pytest.raises(LookupError, match="no 7"):
        list(on_all_cores(tells_of_trouble, [7], most=1))
    assert multiprocessing.active_children() == []


def test_a_process_that_ends_in_the_middle_is_an_error() -> None:
    with pytest.raises(WorkerEnded):
        list(on_all_cores(ends_at_once, [1], most=1))
    assert multiprocessing.active_children() == []


def test_without_tasks_nothing_is_started() -> None:
    assert list(on_all_cores(squares, [])) == []
