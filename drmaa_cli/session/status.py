"""jobStatus(): from a listing's rows, kinds of hold and what is known of a job to one DRMAA state."""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.constants import JobState
from drmaa_cli.errors import INVALID_JOB_TEXT, InvalidJobException, error
from drmaa_cli.gridengine.records import Hold, JobId, JobRow
from drmaa_cli.gridengine.states import is_pending, job_state, needs_hold_kinds
from drmaa_cli.jobs.lifecycle import covers
from drmaa_cli.jobs.tracked_job import NO_TASK, TrackedJob
from drmaa_cli.session.monitor import SYSTEM_HOLDS, Monitor
from drmaa_cli.system.cell import Cluster
from drmaa_cli.typed import Callable

PAUSE = 0.1  # seconds between two listings that should have shown a job and did not


def of_tracked_job(
    monitor: Monitor, known: TrackedJob, job: JobId, not_before: float, *, strict: bool
) -> str | None:
    """The state of one of the session's jobs; None while more has to be asked, which the monitor knows then.

    A task that left the listing and has no record yet keeps the state it was last seen in: nothing new is
    known of it. ``undetermined`` is one that was never seen, whose end accounting does not tell, or whose
    deletion was asked for and not answered.

    Raises:
        InvalidJobException: an array job without a task, a task of a job that is no array, a reaped task.
    """
    task = _task(job, known.tasks is not None)
    if task in known.waiting and not monitor.has_listing_since(max(known.since, not_before)):
        return None
    if task in known.ended:
        return known.ended[task].state(strict)
    if task not in known.waiting:
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    if task in known.missing and task in known.deleted:
        return JobState.FAILED
    row = known.row(task) or known.last_seen.get(task)
    unknown = task in known.asked or (task in known.confirmed and monitor.accounting_fails)
    if row is None or (unknown and task in known.missing):
        return JobState.UNDETERMINED
    if task in known.missing or not (
        needs_hold_kinds(row.state) or (known.start_time and is_pending(row.state))
    ):
        return job_state(row.state, Hold.NONE)
    return _held(monitor, row, known.number, task)


def of_rows(monitor: Monitor, rows: Sequence[JobRow], job: JobId) -> str | None:
    """The state of a job of the user that the session does not know; None while more has to be asked.

    Raises:
        InvalidJobException: as :func:`of_tracked_job`.
    """
    task = _task(job, rows[0].tasks is not None)
    row = _row(rows, task)
    if not (needs_hold_kinds(row.state) or is_pending(row.state)):
        return job_state(row.state, Hold.NONE)
    return _held(monitor, row, job.job, task)


def of_foreign_job(cluster: Cluster, job: JobId) -> str:
    """The state of a job of anybody; asks for its owner, then for that user's jobs.

    No single answer that leaves the job out proves anything: `qstat -j` and the listing must both have none
    of it, and two listings none of a task. While only one of them has the job, both are asked again, and the
    state is ``undetermined`` if that does not help.

    Raises:
        InvalidJobException: as :func:`of_tracked_job`, or no such job in the qmaster.
        DrmCommunicationException: Grid Engine could not be asked.
    """
    until = cluster.clock.monotonic() + cluster.config.retry_for
    left_out = False
    while True:
        details = cluster.retrying(lambda: cluster.details([job.job])).jobs
        owner = details[0].owner if details else None
        rows = cluster.retrying(lambda: cluster.listing(owner, {job.job})).rows  # noqa: B023  # at once
        if not (details or rows):
            raise error(InvalidJobException, INVALID_JOB_TEXT)
        if rows:
            task = _task(job, details[0].is_array if details else rows[0].tasks is not None)
            if left_out or _shows(rows, task):
                owner = owner or rows[0].owner
                return _state(rows, task, lambda: _kinds(cluster, owner, job.job, task))  # noqa: B023  # at once
            left_out = True
        else:
            _task(job, details[0].is_array)
        if cluster.clock.monotonic() >= until:
            return JobState.UNDETERMINED
        cluster.clock.sleep(PAUSE)


def _kinds(cluster: Cluster, owner: str | None, number: int, task: int) -> Hold:
    found = Hold.NONE
    for kind in (Hold.USER, *SYSTEM_HOLDS):
        held = cluster.retrying(lambda asked=kind: cluster.listing(owner, {number}, asked))  # type: ignore[misc]  # a default of a lambda
        if any(covers(row, task) for row in held.rows):
            found |= kind
    return found


def _held(monitor: Monitor, row: JobRow, number: int, task: int) -> str | None:
    """The state with the kinds of hold, of which only as many are asked for as the answer needs."""
    found = Hold.NONE
    for kind in (Hold.USER, *SYSTEM_HOLDS):
        held = monitor.has_hold(kind, number, task)
        if held is None:
            return None
        found |= kind if held else Hold.NONE
        if held and kind is not Hold.USER:
            break
    return job_state(row.state, found)


def _state(rows: Sequence[JobRow], task: int, holds: Callable[[], Hold]) -> str:
    row = _row(rows, task)
    asked = needs_hold_kinds(row.state) or is_pending(row.state)
    return job_state(row.state, holds() if asked else Hold.NONE)


def show(rows: Sequence[JobRow], job: JobId) -> bool:
    """Whether rows of a listing are about the job, or about its task if one is meant.

    A job without its task may be an array of which the listing left out a row.
    """
    return bool(rows) and (job.task is None or rows[0].tasks is None or _shows(rows, job.task))


def _shows(rows: Sequence[JobRow], task: int) -> bool:
    return any(covers(row, task) for row in rows)


def _row(rows: Sequence[JobRow], task: int) -> JobRow:
    for row in rows:
        if covers(row, task):
            return row
    raise error(InvalidJobException, INVALID_JOB_TEXT)


def _task(job: JobId, is_array: bool) -> int:
    if is_array != (job.task is not None):
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    return NO_TASK if job.task is None else job.task
