"""What a session holds: as programs are shown it, and as its parts tell each other of it."""

from __future__ import annotations

from collections.abc import Iterator

from drmaa_cli.gridengine.records import JobId, JobRow, TaskRange
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import TrackedJob
from drmaa_cli.store.session_store import DELETED_PENDING, DELETION_ASKED, StoredJob, StoredTask
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_end import End
    from drmaa_cli.jobs.job_table import JobTable
    from drmaa_cli.system.accounting_log import Mark


class SessionJob(NamedTuple):
    """One job or task of a session.

    Attributes:
        id: its DRMAA id.
        key: the key it was submitted with, or None.
        name: its job name.
        state: its JobState.
        reaped: whether its end was given away by wait() or synchronize().
    """

    id: str
    key: str | None
    name: str
    state: str
    reaped: bool


class Listing(NamedTuple):
    """What `qstat` lists of the user's jobs.

    Attributes:
        rows: the jobs, and tasks of arrays that share a state.
        began, finished: when it was asked for and answered, by the monotonic clock of this host.
    """

    rows: tuple[JobRow, ...]
    began: float
    finished: float


class Entry(NamedTuple):
    """One job or task that a session holds.

    Attributes:
        id: its DRMAA id.
        key: the key it was submitted with, or None.
        name: its name.
        end: how it ended, or None.
        reaped: whether wait() or synchronize() has given it away.
    """

    id: JobId
    key: str | None
    name: str
    end: End | None
    reaped: bool


class NewJob(NamedTuple):
    """A job that the table learned of: its record may have been read and passed over before that.

    Attributes:
        job: the job.
        mark: where the accounting file ended when it was submitted.
    """

    job: TrackedJob
    mark: Mark | None


class Reaped(NamedTuple):
    """A task whose end was taken out of the session, for the program."""

    job: TrackedJob
    task: int
    end: End


def tracked_job(job: StoredJob, number: int, since: float) -> TrackedJob:
    """What a submission is in the table, when it becomes known there."""
    intent = job.intent
    return TrackedJob(
        number,
        job.position,
        intent.tasks,
        intent.submitted,
        since,
        intent.start_time,
        intent.key,
        intent.name,
    )


def take_up(table: JobTable, job: StoredJob, number: int, since: float) -> list[NewJob]:
    """Put what is on record of a submission into a table; the job, if anything of it is to come."""
    known = tracked_job(job, number, since)
    table.add(known, marked=job.intent.mark is not None, files=job.intent.files)
    for task in job.tasks:
        if task.deleted:
            note_deletion(table, known, task)
        if task.reaped:
            table.drop(number, numbers_of(known, task))
        elif task.end is not None:
            table.restored(known, numbers_of(known, task), task.end)
    return [NewJob(known, job.intent.mark)] if known.waiting else []


def note_deletion(table: JobTable, known: TrackedJob, task: StoredTask) -> None:
    """Put what is on record of a deletion into a table."""
    tasks = numbers_of(known, task)
    if task.requested or task.deleted == DELETION_ASKED:
        table.deletion_asked(known.number, tasks)
    if task.deleted != DELETION_ASKED:
        table.deleted(known.number, tasks, pending=task.deleted == DELETED_PENDING)


def numbers_of(known: TrackedJob, task: StoredTask) -> TaskNumbers:
    """The tasks that a row is about."""
    last = task.task if task.last is None else task.last
    return TaskNumbers(known.all_tasks).among(TaskRange(task.task, last, known.all_tasks.step))


def entries_of(job: StoredJob, number: int) -> Iterator[Entry]:
    """A submission that was accepted under a number, task by task."""
    intent = job.intent
    for task, found in job.task_by_task():
        yield Entry(
            JobId(number, None if intent.tasks is None else task),
            intent.key,
            intent.name,
            found.end if found else None,
            found.reaped if found else False,
        )
