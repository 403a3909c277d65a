"""The jobs of one session: what was seen of each, which have ended, which may still be reaped.

:meth:`JobTable.apply` takes in what Grid Engine said (a listing, `qstat -j`, accounting records) and returns
what changed. Memory only, no locks, no clock: the session serialises access and writes the changes down.
"""

from __future__ import annotations

import heapq
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Union

from drmaa_cli.gridengine.output_files import OutputFiles
from drmaa_cli.gridengine.records import AccountingRecord, Details, JobId, JobRow, Snapshot
from drmaa_cli.gridengine.states import is_pending
from drmaa_cli.gridengine.units import parse_time
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.lifecycle import (
    NO_TASK,
    Ended,
    Rules,
    Sighting,
    TrackedJob,
    back_again,
    covered,
    endings,
    fits,
    reasons_of,
    sight,
)

FEW = 64  # so many reaped tasks are not worth tidying up


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
        lively: whether a job runs, or is not to be seen yet (of a listing; True otherwise).
        deleting: tasks that are being deleted, at whose wish ever: their accounting record will not tell.
    """

    ends: tuple[Ended, ...] = ()
    moved: bool = False
    lively: bool = True
    deleting: tuple[tuple[TrackedJob, tuple[int, ...]], ...] = ()


class News:
    """Tasks that have ended, or were taken out (without an end, then), in the order in which they have."""

    def __init__(self) -> None:
        self.tasks: deque[tuple[TrackedJob, int, End | None]] = deque()

    def taken(self) -> Iterator[tuple[TrackedJob, int, End | None]]:
        """Those that nobody has taken yet."""
        while self.tasks:
            yield self.tasks.popleft()


class JobTable:
    """Every job of a session that has not been reaped, in the order of submission.

    Args:
        rules: the cell's delays and the user's wishes.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._jobs: dict[int, TrackedJob] = {}
        # heap of (order, task, number): ended, perhaps reaped since
        self._ready: list[tuple[int, int, int]] = []
        self._outdated = 0  # how many of them were reaped, at least
        self._records: dict[int, dict[int, AccountingRecord]] = {}  # of tasks whose end is not known yet
        self._read_until = float("-inf")  # the records that were written until then are known
        self._followers: list[weakref.ref[News]] = []
        self._silent_since: float | None = None
        self._clock_offset: float | None = None

    def __iter__(self) -> Iterator[TrackedJob]:
        return iter(list(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, number: object) -> bool:
        return number in self._jobs

    def get(self, number: int) -> TrackedJob | None:
        """What is known of a job number that has anything left to reap."""
        return self._jobs.get(number)

    def add(
        self, known: TrackedJob, *, marked: bool = False, files: Sequence[OutputFiles] = ()
    ) -> TrackedJob:
        """A job was submitted. A reused number replaces a job of the same number that ended long ago.

        Args:
            known: the job.
            marked: whether it is known where the accounting file ended at its submission.
            files: where its output goes; one for each task where they differ.
        """
        known.marked, known.files = marked, files
        known.clock_offset = self._clock_offset
        self._records.pop(known.number, None)  # those of an earlier job of the same number
        self._jobs[known.number] = known
        return known

    def find(self, job: JobId) -> tuple[TrackedJob, int] | None:
        """The job and task number an id stands for, if neither reaped nor unknown.

        A bare array id stands for its first task that is left, ``N.1`` of a job that is no array for the job
        (libdrmaa's wait(), observed).
        """
        known = self._jobs.get(job.job)
        if known is None:
            return None
        if known.tasks is None:
            task = NO_TASK if job.task in (None, 1) else None
        elif job.task is None:
            task = known.tasks.first
        else:
            task = job.task
        if task is None or not (task in known.waiting or task in known.ended):
            return None
        return known, task

    def follow(self) -> News:
        """The tasks of which something becomes known from now on: they ended, or were taken out.

        It is told as long as somebody has it.
        """
        news = News()
        followers = [follower for follower in self._followers if follower() is not None]
        self._followers = [*followers, weakref.ref(news)]
        return news

    def waiting(self) -> list[TrackedJob]:
        """The jobs that have a task whose end is not known."""
        return [known for known in self._jobs.values() if known.waiting]

    def lost(self) -> list[TrackedJob]:
        """The jobs of which `qstat -j` is to be asked.

        Those with a task of which nobody knows yet whether the qmaster still has it, and those with one in
        the error state: the reason is told as long as the job is there.
        """
        return [
            known
            for known in self.waiting()
            if known.missing.keys() - known.confirmed
            or (self.rules.error_state_is_end and known.faulty.keys() - known.reasons.keys())
        ]

    def unrecorded(self) -> list[TrackedJob]:
        """The jobs that have a task whose accounting record is waited for."""
        return [known for known in self.waiting() if known.missing or known.faulty]

    def has_records(self) -> bool:
        """Whether there are records of tasks that may still be in the qmaster."""
        return bool(self._records)

    def apply(self, found: Evidence, now: float) -> Changes:
        """Take in what Grid Engine said.

        Args:
            found: a complete listing, the details of the :meth:`lost` jobs, or accounting records.
            now: when it was asked, by the monotonic clock; of records: up to when they are complete.
        """
        if isinstance(found, Snapshot):
            return self._apply_listing(found, now)
        if isinstance(found, Details):
            return self._apply_details(found, now)
        self._read_until = max(self._read_until, now)
        for record in found.records:
            self._note(record, found)
        return self._conclude()

    def silent(self, since: float) -> None:
        """Nobody answers since then: a task is not given up that could not be looked for."""
        self._silent_since = since

    def answering(self, now: float) -> None:
        """Grid Engine answers: the time in which it did not does not count against missing tasks."""
        if self._silent_since is not None:
            seconds = now - self._silent_since
            for known in self._jobs.values():
                for notes in (known.missing, known.faulty):
                    notes.update({task: min(since + seconds, now) for task, since in notes.items()})
        self._silent_since = None

    def _apply_listing(self, listing: Snapshot, now: float) -> Changes:
        by_job = rows_by_job(listing)
        moved = lively = False
        deleting: list[tuple[TrackedJob, tuple[int, ...]]] = []
        for known in self.waiting():
            rows = by_job.get(known.number, ())
            lively = lively or not all(is_pending(row.state) for row in rows)
            moved = moved or rows != known.rows
            if known.since <= now:  # else the listing may be older than the job, or than our change of it
                self._learn_clock(known, rows)
                sighting = sight(known, rows)
                if new := sighting.deleting - known.deleted:
                    deleting.append((known, tuple(sorted(new))))
                self._sighted(known, sighting, now)
        changes = self._conclude()
        return Changes(changes.ends, moved or changes.moved, lively, tuple(deleting))

    def _sighted(self, known: TrackedJob, sighting: Sighting, now: float) -> None:
        """What is absent now becomes missing, what is present no longer is."""
        self.deleted(known.number, sighting.deleting, pending=False)
        new = sighting.absent - known.missing.keys()
        for row in known.rows if new else ():
            known.last_seen.update(dict.fromkeys(covered(row, new), row))
        known.rows = sighting.rows
        known.missing = {task: known.missing.get(task, now) for task in sighting.absent}
        known.faulty = {task: known.faulty.get(task, now) for task in sighting.faulty}
        known.reasons = {task: why for task, why in known.reasons.items() if task in known.waiting}
        known.confirmed &= set(known.missing)
        known.last_seen = {task: row for task, row in known.last_seen.items() if task in known.missing}

    def _apply_details(self, details: Details, now: float) -> Changes:
        asked = details.unknown.union(job.job for job in details.jobs)
        for known in [self._jobs[number] for number in asked if number in self._jobs]:
            for task in back_again(known, details):
                del known.missing[task]
            known.confirmed = {task for task, since in known.missing.items() if since <= now}
            known.reasons.update(reasons_of(known, details))
        for job in details.jobs:
            if job.job in self._jobs:
                self._jobs[job.job].submission_time = job.submission_time
        return self._conclude(details)._replace(moved=True)

    def _learn_clock(self, known: TrackedJob, rows: tuple[JobRow, ...]) -> None:
        """Compare our clock with the times in a listing, where a job is shown for the first time."""
        if known.rows or not rows:
            return
        try:
            told = parse_time(rows[0].time)
        except ValueError:
            return  # a form that is not known: nothing depends on it
        if told and is_pending(rows[0].state):
            known.submission_time = told
        if told and (self._clock_offset is None or told - known.submitted < self._clock_offset):
            self._clock_offset = told - known.submitted
            for job in self._jobs.values():
                job.clock_offset = self._clock_offset

    def _note(self, record: AccountingRecord, found: Records) -> None:
        known = self._jobs.get(record.job)
        if known is not None and fits(record, known, appended=found.appended and known.marked):
            task = NO_TASK if known.tasks is None else record.task
            self._records.setdefault(record.job, {})[task] = record

    def _conclude(self, details: Details | None = None) -> Changes:
        """Which tasks have ended, as far as is known now."""
        now = self._read_until if self._silent_since is None else min(self._read_until, self._silent_since)
        ends: list[Ended] = []
        for known in self.waiting():
            if known.missing or known.faulty or known.number in self._records:
                new = list(endings(known, self._records, now, self.rules, details))
                ends += [fact for fact in new if self.ended(fact)]
        for number in [number for number in self._records if self._needs_no_record(number)]:
            del self._records[number]
        return Changes(tuple(ends), bool(ends))

    def _needs_no_record(self, number: int) -> bool:
        known = self._jobs.get(number)
        return known is None or not known.waiting.intersection(self._records[number])

    def deletion_asked(self, number: int, tasks: Iterable[int]) -> None:
        """These tasks are to be deleted, and what the qmaster makes of it is not known."""
        known = self._jobs.get(number)
        if known is not None:
            chosen = known.waiting.intersection(tasks)
            known.asked |= chosen
            known.wished |= chosen

    def deleted(self, number: int, tasks: Iterable[int], *, pending: bool) -> None:
        """The qmaster deletes these tasks: pending ones, or ones that had started."""
        known = self._jobs.get(number)
        if known is not None:
            chosen = known.waiting.intersection(tasks)
            known.asked -= chosen
            known.deleted |= chosen
            if pending:
                known.never_ran |= chosen

    def deletion_refused(self, number: int, tasks: Iterable[int]) -> None:
        """The qmaster does not delete these tasks at this wish; at an earlier one it may."""
        known = self._jobs.get(number)
        if known is not None:
            known.asked.difference_update(tasks)
            known.wished.difference_update(tasks)

    def ended(self, fact: Ended) -> bool:
        """A task has ended; False when that was known already or it has been reaped."""
        known = self._jobs.get(fact.job)
        if known is None or fact.task not in known.waiting:
            return False
        self.restored(known, fact.task, fact.end)
        return True

    def restored(self, known: TrackedJob, task: int, end: End) -> None:
        """The end of a task is known: take it from those that are waited for."""
        known.ended[task] = end  # first: an interrupt between these lines must not lose the task
        heapq.heappush(self._ready, (known.order, task, known.number))
        self._forget(known, task, end)

    def first_ended(self) -> tuple[TrackedJob, int] | None:
        """The earliest submitted task that has ended and is not reaped."""
        while self._ready:
            order, task, number = self._ready[0]
            known = self._jobs.get(number)
            if known is not None and known.order == order and task in known.ended:
                return known, task
            heapq.heappop(self._ready)
        return None

    def reap(self, known: TrackedJob, task: int) -> End | None:
        """Take a task's end out of the session; None when somebody else has it already."""
        self._forget(known, task)
        end = known.ended.pop(task, None)
        self._tidy_up(known)
        return end

    def give_back(self, known: TrackedJob, task: int, end: End) -> None:
        """A task that was reaped did not reach the program after all."""
        if self._jobs.setdefault(known.number, known) is known:
            self.restored(known, task, end)

    def drop(self, number: int, task: int) -> None:
        """Another process reaped the task."""
        known = self._jobs.get(number)
        if known is not None:
            self._forget(known, task)
            known.ended.pop(task, None)
            self._tidy_up(known)

    def _forget(self, known: TrackedJob, task: int, end: End | None = None) -> None:
        """Forget all about a task but its end, and let those who follow know."""
        _forget_notes(known, task)
        for follower in self._followers:
            news = follower()
            if news is not None:
                news.tasks.append((known, task, end))

    def _tidy_up(self, known: TrackedJob) -> None:
        if not known.waiting and not known.ended and self._jobs.get(known.number) is known:
            del self._jobs[known.number]
        self._outdated += 1
        if self._outdated > max(FEW, len(self._ready) // 2):
            self._ready = [entry for entry in self._ready if self._is_ready(*entry)]
            heapq.heapify(self._ready)
            self._outdated = 0

    def _is_ready(self, order: int, task: int, number: int) -> bool:
        known = self._jobs.get(number)
        return known is not None and known.order == order and task in known.ended


def rows_by_job(listing: Snapshot) -> dict[int, tuple[JobRow, ...]]:
    """A listing's rows by job number."""
    found: dict[int, list[JobRow]] = {}
    for row in listing.rows:
        found.setdefault(row.job, []).append(row)
    return {number: tuple(group) for number, group in found.items()}


def _forget_notes(known: TrackedJob, task: int) -> None:
    known.waiting.discard(task)
    for notes in (known.missing, known.faulty, known.reasons, known.last_seen):
        notes.pop(task, None)
    for marks in (known.confirmed, known.asked, known.deleted, known.wished, known.never_ran):
        marks.discard(task)
