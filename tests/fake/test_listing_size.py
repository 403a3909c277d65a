"""Big cells are listed with little work for each job, and arrays are not expanded."""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from fake_sge.commands.qstat import main
from fake_sge.model import Granted, Hold, Job, JobSpec, JobType, Range, State, Status, Task
from fake_sge.model.requests import Reply, Request
from fake_sge.model.task_lists import HoldLists
from fake_sge.options import CellOptions
from fake_sge.qmaster.view import CommandView

from .pure import PureQmaster, QuietClient


def job(number: int, array: Range, running: bool) -> Job:
    kind = JobType.ARRAY if array.last > 1 else JobType.NONE
    spec = JobSpec(f"job{number}", "me", 1000, "g", 1000, "localhost", array=array, job_type=kind)
    lists = HoldLists(array, {}) if running else HoldLists.full(array, Hold.NONE)
    result = Job(number, spec, 1795420000.0 + number, lists)
    if running:
        place = (Granted("all.q", "localhost", 1),)
        result.tasks[1] = Task(
            1, Status.RUNNING, State.NONE, start_time=1795420000.0, granted=place, priority=0.5
        )
    return result


def listing(cell: Any, root: Path, *options: str) -> Reply:
    (root / "default" / "common").mkdir(parents=True, exist_ok=True)
    env = {"SGE_ROOT": str(root), "TZ": "UTC"}
    # another user's option files would be read by a process
    return main(Request(["qstat", *options], env, "/", "me", os.getuid(), "g", os.getgid()), cell)


def calls(cell: Any, root: Path, *options: str) -> tuple[int, Reply]:
    """How many calls of functions a listing takes: a measure of work that no busy machine changes."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    gc.disable()  # its callbacks, such as hypothesis has, are calls as well
    sys.setprofile(profile)
    try:
        reply = listing(cell, root, *options)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count, reply


def cell_of(*found: Job) -> CommandView:
    qmaster = PureQmaster(CellOptions())
    qmaster.engine.state.jobs = {item.number: item for item in found}
    return CommandView(qmaster, [], QuietClient())  # type: ignore[arg-type]


def jobs(count: int) -> CommandView:
    return cell_of(*(job(number, Range(1, 1), number % 3 == 0) for number in range(1, count + 1)))


@pytest.mark.parametrize("options", [("-xml",), ()])
def test_each_job_of_a_listing_costs_a_few_calls(tmp_path: Path, options: tuple[str, ...]) -> None:
    listing(jobs(1), tmp_path, *options)  # imports and caches
    few, _ = calls(jobs(1000), tmp_path, *options)
    many, reply = calls(jobs(3000), tmp_path, *options)
    assert reply.out.count(b" me ") + reply.out.count(b"<JB_owner>me<") == 3000
    assert (many - few) / 2000 < 60


def test_memory_is_a_small_multiple_of_the_output(tmp_path: Path) -> None:
    cell = cell_of(*(job(number, Range(1, 1), False) for number in range(1, 5001)))
    tracemalloc.start()
    reply = listing(cell, tmp_path, "-xml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * len(reply.out)


def test_an_array_of_seventy_five_thousand_tasks_is_one_line(tmp_path: Path) -> None:
    listing(cell_of(job(1, Range(1, 10), False)), tmp_path)
    few, _ = calls(cell_of(job(1, Range(1, 750), False)), tmp_path)
    many, reply = calls(cell_of(job(1, Range(1, 75000), False)), tmp_path)
    assert many <= few + 10
    assert reply.out.splitlines()[-1].endswith(b" 1-75000:1")
