"""What a session holds: as programs are shown it, and as its parts tell each other of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.lifecycle import NO_TASK, TrackedJob
from drmaa_cli.store.session_store import StoredJob
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


def entries_of(job: StoredJob, number: int) -> Iterator[Entry]:
    """A submission that was accepted under a number, task by task."""
    intent = job.intent
    stored = {task.task: task for task in job.tasks}
    for task in [NO_TASK] if intent.tasks is None else intent.tasks.numbers():
        found = stored.get(task)
        yield Entry(
            JobId(number, None if intent.tasks is None else task),
            intent.key,
            intent.name,
            found.end if found else None,
            found.reaped if found else False,
        )
