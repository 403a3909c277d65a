"""What a cell says of itself to Python: the answers of ``Cell.status()`` and ``Cell.jobs()``."""

from __future__ import annotations

from collections.abc import Mapping

from .lighter import record


@record(frozen=True)
class CellStatus:
    """Figures of a running cell.

    Attributes:
        pid: process id of the qmaster.
        now: the cell's clock, epoch seconds.
        jobs: jobs that the qmaster knows.
        running: running or starting tasks.
        pending: pending tasks, held ones and those in the error state included.
        zombies: ended jobs that ``qstat -s z`` lists.
        next_job_number: number of the next job.
        faults: faults in force.
        problem: why something that is due cannot be done, such as a full disk or an error of the fake itself,
            of which the cell's log has more; "" when all is well.
    """

    pid: int
    now: float
    jobs: int
    running: int
    pending: int
    zombies: int
    next_job_number: int
    faults: int
    problem: str = ""


@record(frozen=True)
class TaskGroup:
    """The tasks of a job that are in the same state: one line of ``qstat``.

    Attributes:
        job: job number.
        tasks: task numbers; ``(1,)`` for a job without -t.
        name: job name.
        owner: the submitting user.
        array: whether -t was given.
        submission_time: epoch seconds.
        state: the letters of ``qstat``; "" for a task that has ended and leaves with the next scheduler run.
        start_time: epoch seconds, 0 for tasks that were never started.
        queue: queue instance, "" when not in one.
        slots: granted slots.
        errors: texts of failed starts.
        restarts: how often the task was started again.
        exit_status: of a task that has ended, None otherwise; 128 + the signal that ended it.
        failed: the accounting code of a task that has ended, None otherwise.
    """

    job: int
    tasks: tuple[int, ...]
    name: str
    owner: str
    array: bool
    submission_time: float
    state: str
    start_time: float = 0.0
    queue: str = ""
    slots: int = 0
    errors: tuple[str, ...] = ()
    restarts: int = 0
    exit_status: int | None = None
    failed: int | None = None


@record(frozen=True)
class HostStatus:
    """An execution host of a fake cell.

    Attributes:
        name: its name.
        up: whether it can be reached.
        unheard: whether the qmaster knows that it cannot (``u``).
        slots: of all its queues.
        used: of those.
        queues: the letters of ``qstat -f`` by queue instance.
        load: what the qmaster knows of its load, as texts.
    """

    name: str
    up: bool
    unheard: bool
    slots: int
    used: int
    queues: Mapping[str, str]
    load: Mapping[str, str]
