"""How far some jobs have come: counted from what has ended, and from the last listing."""

from __future__ import annotations

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.jobs.progress import Progress, Tally
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import NO_TASK, TrackedJob
from tests.core import evidence

GOOD, BAD = End(Outcome.EXITED, 0, ""), End(Outcome.EXITED, 3, "")


def numbers(job: TrackedJob, *tasks: int) -> TaskNumbers:
    return TaskNumbers.of(job.all_tasks, tasks)


def test_tasks_are_counted_once_and_when_they_have_ended() -> None:
    array = evidence.known(7, TaskRange(1, 4))
    tally = Tally({array: numbers(array, 1, 2, 3)})
    assert tally.progress(1.5) == Progress(3, seconds=1.5)
    tally.note(array, numbers(array, 1), GOOD)
    assert tally.left == 3, "it is still waited for"
    array.waiting.discard(1)
    tally.note(array, numbers(array, 1), GOOD)
    tally.note(array, numbers(array, 1), GOOD)
    array.waiting.discard(4)
    tally.note(array, numbers(array, 4), GOOD)  # of no interest
    assert (tally.left, tally.progress(0)) == (2, Progress(3, ended=1, succeeded=1))
    for task in (2, 3):
        array.waiting.discard(task)
    tally.note(array, numbers(array, 2), BAD)
    tally.note(array, numbers(array, 3), None)  # nobody here knows how
    assert (tally.left, tally.progress(0)) == (0, Progress(3, ended=3, succeeded=1, failed=1))


def test_what_has_ended_before_is_counted_at_once() -> None:
    job = evidence.known(8)
    job.waiting.discard(NO_TASK)
    job.ended.put(NO_TASK, BAD)
    assert Tally({job: numbers(job, NO_TASK)}).progress(0) == Progress(1, ended=1, failed=1)


def test_the_last_listing_tells_what_runs_and_what_waits() -> None:
    array, job = evidence.known(7, TaskRange(1, 9)), evidence.known(8)
    tally = Tally({array: numbers(array, 1, 2, 3, 4, 9), job: numbers(job, NO_TASK)})
    array.rows = (
        evidence.row("r", evidence.task_set(1), 7),
        evidence.row("s", evidence.task_set(2, 5), 7),
        evidence.row("hqw", evidence.task_set(3, 4, 6), 7),
    )
    job.rows = (evidence.row("qw", job=8),)
    found = tally.progress(0)
    assert (found.running, found.pending) == (2, 3)
    assert str(found) == "0 of 6 jobs ended, 2 running, 3 pending"
