"""Large sessions: memory, commands, and look-ups that do not go through everything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine.records import JobRow, TaskRange, TaskSet
from drmaa_cli.jobs.lifecycle import covered, covers, sight
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import RowIndex, TrackedJob
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_MEMORY = 100_000  # kB

PROGRAM = """
import sys
from pathlib import Path
from drmaa_cli.session.job_session import JobSession
from tests.core.world import FakeClock, Qmaster, ScriptedRunner

clock = FakeClock()
qmaster = Qmaster(clock, Path(sys.argv[1], "sge"))
session = JobSession(runner=ScriptedRunner(qmaster), clock=clock, state_dir=str(Path(sys.argv[1], "state")))
template = session.createJobTemplate(remoteCommand="/bin/true")
ids = session.runBulkJobs(template, 1, 10_000, 1)
make = session.createJobTemplate
ids += session.runJobs(make(remoteCommand="/bin/true", args=[str(n)]) for n in range(10_000))
number = int(ids[0].split(".")[0])
for task in range(1, 1001):
    qmaster.set(number, "r", task)
assert [session.jobStatus(job) for job in ids] == ["running"] * 1000 + ["queued_active"] * 19_000
assert len(session.jobs()) == 20_000
for task in range(1, 101):
    qmaster.end(number, task % 100, task)
session.synchronize(ids[:100])
assert [session.wait(job).exitStatus for job in ids[:100]] == [task % 100 for task in range(1, 101)]
assert session.commands["qsub"] == 2
assert session.commands["qstat"] <= 12, session.commands
session.exit()
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


@pytest.mark.slow
def test_a_session_of_20_000_tasks(tmp_path: Path) -> None:
    env = {**os.environ, "SGE_ROOT": str(tmp_path / "sge"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], env=env, cwd=ROOT, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MOST_MEMORY


def row(tasks: TaskSet | None, state: str = "r") -> JobRow:
    return JobRow(1, tasks, state, "running", "n", "u", "t", "", 1)


@st.composite
def listings(draw: st.DrawFn) -> tuple[JobRow, ...]:
    """Rows of disjoint tasks, some of several ranges."""
    rows = []
    first = 1
    for parts in draw(st.lists(st.integers(1, 4), max_size=8)):
        ranges = []
        for _ in range(parts):
            length, step = draw(st.integers(1, 5)), draw(st.integers(1, 3))
            last = first + (length - 1) * step
            ranges.append(TaskRange(first, last, step))
            first = last + draw(st.integers(1, 3))
        rows.append(row(TaskSet(ranges), draw(st.sampled_from(["r", "qw", "Eqw"]))))
    return tuple(rows)


@given(listings(), st.sets(st.integers(1, 60)))
def test_rows_are_found_by_task(rows: tuple[JobRow, ...], waiting: set[int]) -> None:
    index = RowIndex(rows)
    for task in range(70):
        assert index.find(task) == next((found for found in rows if covers(found, task)), None)
    known = TrackedJob(1, 1, TaskRange(1, 60), 0.0)
    for task in set(range(1, 61)) - waiting:
        known.waiting.discard(task)
    seen = sight(known, rows)
    assert set(seen.absent) == {task for task in waiting if index.find(task) is None}
    assert seen.faulty == {task for task in waiting if (found := index.find(task)) and found.state == "Eqw"}
    numbers = TaskNumbers.of(TaskRange(1, 60), waiting)
    for found in rows:
        assert covered(found, numbers) == {task for task in waiting if covers(found, task)}


def test_a_job_that_is_no_array() -> None:
    assert RowIndex((row(None),)).find(0) == row(None)
    assert RowIndex((row(None),)).find(1) is None
    assert RowIndex(()).find(0) is None


def test_ranges_beyond_all_measure_cost_nothing() -> None:
    endless = row(TaskSet([TaskRange(1, 2**32 - 1)]))
    assert covered(endless, TaskNumbers.of(TaskRange(1, 9), (5, 7))) == {5, 7}
    assert RowIndex((endless,)).find(2**31) == endless
