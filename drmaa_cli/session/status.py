"""jobStatus(): from a listing's rows, kinds of hold and what is known of a job to one DRMAA state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from drmaa_cli.constants import JobState
from drmaa_cli.errors import INVALID_JOB_TEXT, InvalidJobException, error
from drmaa_cli.gridengine.records import Hold, JobId, JobRow
from drmaa_cli.gridengine.states import is_pending, job_state, needs_hold_kinds
from drmaa_cli.jobs.lifecycle import NO_TASK, TrackedJob, covers
from drmaa_cli.session.monitor import SYSTEM_HOLDS, Monitor
from drmaa_cli.system.cell import Cluster


def of_tracked_job(monitor: Monitor, known: TrackedJob, job: JobId, *, strict: bool) -> str:
    """The state of one of the session's jobs.

    A task that left the listing and has no record yet keeps the state it was last seen in: nothing new is
    known of it. ``undetermined`` is one that was never seen.

    Raises:
        InvalidJobException: an array job without a task, a task of a job that is no array, a reaped task.
        DrmCommunicationException: Grid Engine could not be asked.
    """
    task = _task(job, known.tasks is not None)
    if task in known.waiting:
        monitor.refresh(known)
    if task in known.ended:
        return known.ended[task].state(strict)
    if task not in known.waiting:
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    if task in known.missing and task in known.deleted:
        return JobState.FAILED
    row = known.row(task) or known.last_seen.get(task)
    if row is None:
        return JobState.UNDETERMINED
    holds = Hold.NONE
    if task not in known.missing and (
        needs_hold_kinds(row.state) or (known.start_time and is_pending(row.state))
    ):
        holds = monitor.holds(known.number, task)
    return job_state(row.state, holds)


def of_rows(monitor: Monitor, rows: Sequence[JobRow], job: JobId) -> str:
    """The state of a job of the user that the session does not know.

    Raises:
        InvalidJobException: as :func:`of_tracked_job`, or no such task in the qmaster.
        DrmCommunicationException: Grid Engine could not be asked.
    """
    task = _task(job, rows[0].tasks is not None)
    return _state(rows, task, lambda: monitor.holds(job.job, task))


def of_foreign_job(cluster: Cluster, job: JobId) -> str:
    """The state of a job of anybody; asks for its owner, then for that user's jobs.

    Raises:
        InvalidJobException: as :func:`of_tracked_job`, or no such job in the qmaster.
        DrmCommunicationException: Grid Engine could not be asked.
    """
    details = cluster.retrying(lambda: cluster.details([job.job]))
    if not details.jobs:
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    owner = details.jobs[0].owner
    rows = cluster.retrying(lambda: cluster.listing(owner, {job.job})).rows
    if not rows:
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    task = _task(job, rows[0].tasks is not None)

    def holds() -> Hold:
        found = Hold.NONE
        for kind in (Hold.USER, *SYSTEM_HOLDS):
            held = cluster.retrying(lambda asked=kind: cluster.listing(owner, {job.job}, asked))  # type: ignore[misc]  # a default of a lambda
            if any(covers(row, task) for row in held.rows):
                found |= kind
        return found

    return _state(rows, task, holds)


def _state(rows: Sequence[JobRow], task: int, holds: Callable[[], Hold]) -> str:
    row: JobRow | None = next((row for row in rows if covers(row, task)), None)
    if row is None:
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    asked = needs_hold_kinds(row.state) or is_pending(row.state)
    return job_state(row.state, holds() if asked else Hold.NONE)


def _task(job: JobId, is_array: bool) -> int:
    if is_array != (job.task is not None):
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    return NO_TASK if job.task is None else job.task
