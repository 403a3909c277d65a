"""Big cells are listed fast, and arrays are not expanded."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from typing import Any

from fake_sge.commands.qstat import main
from fake_sge.model import Granted, Job, JobSpec, JobType, Range, State, Status, Task, TaskSet
from fake_sge.model.requests import Reply, Request

from .cells import Cell, config_of
from .situations import Facts


def job(number: int, array: Range, running: bool) -> Job:
    kind = JobType.ARRAY if array.last > 1 else JobType.NONE
    spec = JobSpec(f"job{number}", "me", 1000, "g", 1000, "localhost", array=array, job_type=kind)
    full = TaskSet.full(array)
    none = full.empty()
    result = Job(number, spec, 1795420000.0 + number, none if running else full, none, none, none, none)
    if running:
        place = (Granted("all.q", "localhost", 1),)
        result.tasks[1] = Task(
            1, Status.RUNNING, State.NONE, start_time=1795420000.0, granted=place, priority=0.5
        )
    return result


def listing(cell: Any, root: Path, *options: str) -> Reply:
    (root / "default" / "common").mkdir(parents=True, exist_ok=True)
    env = {"SGE_ROOT": str(root), "TZ": "UTC"}
    return main(Request(["qstat", *options], env, "/", "me", 1000, "g", 1000), cell)


def test_ten_thousand_jobs_take_less_than_half_a_second(tmp_path: Path) -> None:
    cell = Cell(config_of(Facts()), [job(number, Range(1, 1), number % 3 == 0) for number in range(1, 10001)])
    times = []
    for _ in range(3):
        start = time.process_time()
        reply = listing(cell, tmp_path, "-xml")
        times.append(time.process_time() - start)
        assert reply.out.count(b"<job_list ") == 10000
    assert min(times) < 0.5


def test_memory_is_a_small_multiple_of_the_output(tmp_path: Path) -> None:
    cell = Cell(config_of(Facts()), [job(number, Range(1, 1), False) for number in range(1, 5001)])
    tracemalloc.start()
    reply = listing(cell, tmp_path, "-xml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * len(reply.out)


def test_an_array_of_seventy_five_thousand_tasks_is_one_line(tmp_path: Path) -> None:
    cell = Cell(config_of(Facts()), [job(1, Range(1, 75000), False)])
    start = time.process_time()
    reply = listing(cell, tmp_path)
    assert time.process_time() - start < 0.05
    assert reply.out.splitlines()[-1].endswith(b" 1-75000:1")
