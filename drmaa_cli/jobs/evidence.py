"""What Grid Engine said of a session's jobs, and what it changes in the table of them.

A listing, `qstat -j`, accounting records: each is evidence, and may come in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.gridengine.records import AccountingRecord, Details, JobRow, Snapshot
from drmaa_cli.gridengine.states import is_pending
from drmaa_cli.gridengine.units import parse_time
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.lifecycle import EndedTasks, Sighting, covered, endings, fits, sight
from drmaa_cli.jobs.missing_jobs import back_again, note_reasons
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import NO_TASK, TrackedJob
from drmaa_cli.typed import NamedTuple, Union


class Records(NamedTuple):
    """What accounting says.

    Attributes:
        records: in the order in which they were written.
        appended: whether they were written to the accounting file after the jobs were submitted (those of
            jobs of which it is known where the file ended then).
    """

    records: Sequence[AccountingRecord]
    appended: bool = False


Evidence = Union[Snapshot, Details, Records]


class Changes(NamedTuple):
    """What a piece of evidence changed.

    Attributes:
        ends: the tasks that have ended.
        moved: whether anything is different from before.
        active: whether a job runs, or is not to be seen yet (of a listing; True otherwise).
        deleting: tasks that are being deleted, at whose request ever: their accounting record will not tell.
    """

    ends: tuple[EndedTasks, ...] = ()
    moved: bool = False
    active: bool = True
    deleting: tuple[tuple[TrackedJob, TaskNumbers], ...] = ()


def apply(table: JobTable, found: Evidence, now: float) -> Changes:
    """Take in what Grid Engine said.

    Args:
        table: the jobs.
        found: a complete listing, the details of the :meth:`JobTable.lost` jobs, or accounting records.
        now: when it was asked, by the monotonic clock; of records: up to when they are complete.
    """
    if isinstance(found, Snapshot):
        return _apply_listing(table, found, now)
    if isinstance(found, Details):
        return _apply_details(table, found, now)
    table._read_until = max(table._read_until, now)
    for record in found.records:
        _note(table, record, found)
    return _conclude(table)


def _apply_listing(table: JobTable, listing: Snapshot, now: float) -> Changes:
    by_job = rows_by_job(listing)
    moved = active = False
    deleting: list[tuple[TrackedJob, TaskNumbers]] = []
    for known in table.waiting():
        rows = by_job.get(known.number, ())
        active = active or not all(is_pending(row.state) for row in rows)
        moved = moved or rows != known.rows
        if known.since <= now:  # else the listing may be older than the job, or than our change of it
            _learn_clock(table, known, rows)
            sighting = sight(known, rows)
            if new := sighting.deleting.without(known.deleted):
                deleting.append((known, new))
            _sighted(table, known, sighting, now)
    changes = _conclude(table)
    return Changes(changes.ends, moved or changes.moved, active, tuple(deleting))


def _sighted(table: JobTable, known: TrackedJob, sighting: Sighting, now: float) -> None:
    """What is absent now becomes missing, what is present no longer is."""
    if sighting.deleting:
        table.deleted(known.number, sighting.deleting, pending=False)
    absent = sighting.absent
    if absent:
        new = absent.without(known.missing.tasks())
        for row in known.rows if new else ():
            known.last_seen.put_all(covered(row, new), row)
    known.rows = sighting.rows
    for notes, tasks in ((known.missing, absent), (known.faulty, sighting.faulty)):
        if notes:
            notes.keep(tasks)
        if tasks:
            notes.put_all(tasks.without(notes.tasks()), now)
    if known.reasons:
        known.reasons.keep(known.waiting)
    if known.confirmed:
        known.confirmed = known.confirmed.among(absent)
    if known.last_seen:
        known.last_seen.keep(absent)


def _apply_details(table: JobTable, details: Details, now: float) -> Changes:
    asked = details.unknown.union(job.job for job in details.jobs)
    for known in [table._jobs[number] for number in asked if number in table._jobs]:
        for task in back_again(known, details):
            known.missing.discard(task)
        known.confirmed = known.missing.where(lambda since: since <= now)
        if known.faulty:
            note_reasons(known, details)
    for job in details.jobs:
        if job.job in table._jobs:
            table._jobs[job.job].submission_time = job.submission_time
    return _conclude(table, details)._replace(moved=True)


def _learn_clock(table: JobTable, known: TrackedJob, rows: tuple[JobRow, ...]) -> None:
    """Compare our clock with the times in a listing, where a job is shown for the first time."""
    if known.rows or not rows:
        return
    try:
        told = parse_time(rows[0].time)
    except ValueError:
        return  # a form that is not known: nothing depends on it
    if told and is_pending(rows[0].state):
        known.submission_time = told
    if told and (table._clock_offset is None or told - known.submitted < table._clock_offset):
        table._clock_offset = told - known.submitted
        for job in table._jobs.values():
            job.clock_offset = table._clock_offset


def _note(table: JobTable, record: AccountingRecord, found: Records) -> None:
    known = table._jobs.get(record.job)
    if known is not None and fits(record, known, appended=found.appended and known.marked):
        task = NO_TASK if known.tasks is None else record.task
        table._records.setdefault(record.job, {})[task] = record


def _conclude(table: JobTable, details: Details | None = None) -> Changes:
    """Which tasks have ended, as far as is known now."""
    now = table._read_until if table._silent_since is None else min(table._read_until, table._silent_since)
    ends: list[EndedTasks] = []
    for known in table.waiting():
        if known.missing or known.faulty or known.number in table._records:
            new = list(endings(known, table._records, now, table.rules, details))
            ends += [fact for fact in new if table.ended(fact)]
    for number in [number for number in table._records if _needs_no_record(table, number)]:
        del table._records[number]
    return Changes(tuple(ends), bool(ends))


def _needs_no_record(table: JobTable, number: int) -> bool:
    known = table._jobs.get(number)
    return known is None or not known.waiting.intersection(table._records[number])


def rows_by_job(listing: Snapshot) -> dict[int, tuple[JobRow, ...]]:
    """A listing's rows by job number."""
    found: dict[int, list[JobRow]] = {}
    for row in listing.rows:
        found.setdefault(row.job, []).append(row)
    return {number: tuple(group) for number, group in found.items()}
