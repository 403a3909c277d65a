"""What became of each job: a pure reducer from (what is known, what was seen, now) to changes.

A job has ended when it has left the qmaster *and* its accounting record is there. Absence from one listing
ends nothing; it only makes the task ``missing`` and starts the look-up. Records of reruns and of jobs in
error state are written while the job lives on, so a record counts once the job is gone, save one that says
the job ran to its end by itself (``failed 0``), which has no sequel. Nothing here asks, waits or changes
anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drmaa_cli.gridengine.accounting import is_final
from drmaa_cli.gridengine.failed import OK
from drmaa_cli.gridengine.ranges import format_task_set
from drmaa_cli.gridengine.records import AccountingRecord, Details, JobRow, TaskRange
from drmaa_cli.gridengine.signals import SIGNAL_BASE
from drmaa_cli.gridengine.states import is_deleting, is_error
from drmaa_cli.jobs.job_end import (
    NO_SLOT_AT_ONCE,
    Deletion,
    End,
    Outcome,
    end_of_record,
    end_of_usage,
    end_of_usage_alone,
    end_without_record,
    end_without_usage,
)
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import CLOCK_SKEW, NO_TASK, Rules, TrackedJob
from drmaa_cli.typed import NamedTuple

ROUNDING = 2.0  # seconds: accounting keeps whole ones, other flavours milliseconds
STATUS_FINISHED = 65536  # JAT_status (sge_job.h JFINISHED; capture state.finished_window.j_xml)
EXIT_APPLICATION_ERROR = 100  # the job goes to error state instead of ending
EXIT_RESCHEDULE = 99
FEW = 64  # so many tasks are looked at one by one

Records = Mapping[int, Mapping[int, AccountingRecord]]  # job number -> task -> its latest record


class Sighting(NamedTuple):
    """One job's place in a new listing: its waiting tasks that are absent, in error state, in deletion."""

    job: int
    rows: tuple[JobRow, ...]
    absent: TaskNumbers
    faulty: TaskNumbers
    deleting: TaskNumbers


class EndedTasks(NamedTuple):
    """Tasks of a job have ended, all in the same way."""

    job: int
    tasks: TaskNumbers
    end: End

    @property
    def name(self) -> str:
        """The job's number with the tasks: ``7``, ``7.3``, ``7.1-4:1``."""
        return str(self.job) if NO_TASK in self.tasks else f"{self.job}.{format_task_set(self.tasks.parts())}"


def covers(row: JobRow, task: int) -> bool:
    """Whether a row of a listing is about this task (NO_TASK: of a job that is no array)."""
    return row.tasks is None if task == NO_TASK else row.tasks is not None and row.tasks.has(task)


def covered(row: JobRow, tasks: TaskNumbers) -> TaskNumbers:
    """Those of some tasks that a row is about."""
    return tasks.within((TaskRange(NO_TASK, NO_TASK),) if row.tasks is None else row.tasks)


def sight(known: TrackedJob, rows: tuple[JobRow, ...]) -> Sighting:
    """Compare what is known of a job with its rows in a complete listing begun after its submission."""
    absent = known.waiting.copy()
    faulty, deleting = TaskNumbers.none(known.all_tasks), TaskNumbers.none(known.all_tasks)
    for row in rows:
        if is_error(row.state):
            faulty.add_all(covered(row, absent))
        if is_deleting(row.state):
            deleting.add_all(covered(row, absent))
        for part in (TaskRange(NO_TASK, NO_TASK),) if row.tasks is None else row.tasks:
            absent.discard_range(part)
    return Sighting(known.number, rows, absent, faulty, deleting)


def endings(
    known: TrackedJob, records: Records, now: float, rules: Rules, details: Details | None = None
) -> Iterator[EndedTasks]:
    """The tasks of a job whose end is now beyond doubt, and how they ended.

    Args:
        known: the job, with ``missing`` and ``faulty`` up to date.
        records: the latest accounting record of each task that :func:`fits`.
        now: up to when the records are known, by the clock that stamped ``missing`` and ``faulty``.
        rules: the cell's delays.
        details: `qstat -j` of the missing jobs, when it was just asked.
    """
    usages = {} if details is None else _finished(known, details)
    found = records.get(known.number, {})
    for tasks in _alike(known, found, usages):
        task = next(iter(tasks))
        end = _end(known, task, found.get(task), usages.get(task), now, rules)
        if end is None:
            continue
        if end.outcome is Outcome.NO_USAGE:
            yield EndedTasks(known.number, tasks, end)
            continue
        for each, only in _one_by_one(known, tasks):
            yield EndedTasks(known.number, only, _located(end, known, each, found.get(each)))


def _one_by_one(known: TrackedJob, tasks: TaskNumbers) -> Iterator[tuple[int, TaskNumbers]]:
    for task in tasks:
        yield task, tasks if known.tasks is None else TaskNumbers.of(known.all_tasks, (task,))


def _alike(
    known: TrackedJob, records: Mapping[int, AccountingRecord], usages: Mapping[int, Mapping[str, float]]
) -> Iterator[TaskNumbers]:
    """The tasks that may have ended, in sets of which the same is known."""
    if known.tasks is None:
        if known.waiting and (known.missing or known.faulty or records):
            yield known.waiting.copy()
        return
    own = TaskNumbers.of(known.all_tasks, (*records, *usages))
    candidates = TaskNumbers.of(known.all_tasks, records)
    for notes in (known.missing, known.faulty):
        candidates.add_all(notes.tasks())
    candidates = candidates.among(known.waiting)
    if len(candidates) > FEW:
        groups = [candidates.without(own)]
        for marks in (known.never_ran, known.confirmed, known.asked, known.deleted, known.requested):
            groups = [part for group in groups for part in (group.among(marks), group.without(marks))]
        for values in (known.missing, known.faulty, known.reasons, known.last_seen):
            groups = [part for group in groups for part in values.split(group)]
        yield from filter(None, groups)
        candidates = candidates.among(own)
    for task in candidates:
        yield TaskNumbers.of(known.all_tasks, (task,))


def _located(end: End, known: TrackedJob, task: int, record: AccountingRecord | None) -> End:
    """The end with the paths of the job's output; where no record tells of its host, a listing does."""
    facts = end.facts
    row = known.last_seen.get(task) or known.row(task)
    if record is None and row is not None and "@" in row.queue:
        queue, _, host = row.queue.partition("@")
        facts = facts._replace(queue=queue, host=host, slots=row.slots)
    name = known.name if record is None else record.job_name
    output, error = known.output_paths(task, name, facts.host)
    return end._replace(facts=facts._replace(output_path=output, error_path=error))


def fits(record: AccountingRecord, known: TrackedJob, *, appended: bool = False) -> bool:
    """Whether a record tells of the end of this job.

    Not of an earlier job of the same number (numbers wrap), of an attempt that was rescheduled, or of a
    parallel job's slave task. With appended, it was written to the accounting file after the submission.
    """
    if not is_final(record):
        return False
    return appended or record.submission_time >= earliest_submission(known)


def earliest_submission(known: TrackedJob) -> float:
    """The earliest time of submission that Grid Engine can have on record for this job, not for another.

    Our clock may be wrong by any amount: what the qmaster told is believed before it.
    """
    times = [known.submitted - CLOCK_SKEW]
    if known.submission_time is not None:
        times.append(known.submission_time - ROUNDING)
    if known.clock_offset is not None:
        times.append(known.submitted + known.clock_offset - CLOCK_SKEW)
    return min(times)


def _end(
    known: TrackedJob,
    task: int,
    record: AccountingRecord | None,
    usage: Mapping[str, float] | None,
    now: float,
    rules: Rules,
) -> End | None:
    deletion = known.deletion(task)
    if record is not None and record.failed == OK and record.start_time > 0:
        return end_of_record(record, deletion)
    if task in known.faulty:
        return _error_state_end(known, task, record, now, rules)
    if task not in known.missing:
        return None
    if task in known.never_ran:
        return _end_of_pending(known, task, record, rules)
    if task not in known.confirmed:
        return None
    if record is not None:
        return end_of_record(record, deletion, known.reasons.get(task, ""))
    if usage is not None and deletion is Deletion.NONE and _beyond_doubt(usage):
        return end_of_usage(usage)
    if not rules.accounting:  # nothing more will be known
        return end_without_usage(deletion) if usage is None else end_of_usage_alone(usage, deletion)
    return end_without_usage(deletion) if now - known.missing[task] > rules.grace else None


def _end_of_pending(known: TrackedJob, task: int, record: AccountingRecord | None, rules: Rules) -> End:
    """The end of a task that we had deleted while it was pending, perhaps in its error state."""
    row = known.last_seen.get(task)
    if rules.error_state_is_end and row is not None and is_error(row.state):
        reason = known.reasons.get(task, "")
        if record is not None:
            return end_of_record(record, known.deletion(task), reason)
        return end_without_record(known.submitted, reason)
    if task in known.requested:
        return end_without_usage(known.deletion(task), "deleted before it ran")
    return NO_SLOT_AT_ONCE


def _error_state_end(
    known: TrackedJob, task: int, record: AccountingRecord | None, now: float, rules: Rules
) -> End | None:
    if not rules.error_state_is_end or task not in known.reasons:
        return None
    if record is not None:
        return end_of_record(record, Deletion.CERTAIN, known.reasons[task])
    if now - known.faulty[task] > rules.grace:
        return end_without_record(known.submitted, known.reasons[task])
    return None


def _finished(known: TrackedJob, details: Details) -> dict[int, Mapping[str, float]]:
    return {
        (NO_TASK if known.tasks is None else task.task): task.usage
        for job in details.jobs
        if job.job == known.number
        for task in job.details
        if task.status == STATUS_FINISHED
    }


def _beyond_doubt(usage: Mapping[str, float]) -> bool:
    """Whether a usage list alone decides: it lacks ``failed``, so a signal, rerun or error does not."""
    status = usage.get("exit_status", -1)
    return (
        usage.get("signal") == 0
        and usage.get("end_time", 0) > 0
        and 0 <= status <= SIGNAL_BASE
        and status not in (EXIT_RESCHEDULE, EXIT_APPLICATION_ERROR)
    )
