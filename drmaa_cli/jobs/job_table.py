"""The jobs of one session: which are known, which have ended, which may still be reaped.

Memory only, no locks, no clock: the session serialises access and writes the same facts to its store.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.lifecycle import NO_TASK, Ended, Sighting, TrackedJob, covered

FEW = 64  # so many reaped tasks are not worth tidying up


class JobTable:
    """Every job of a session that has not been reaped, in the order of submission."""

    def __init__(self) -> None:
        self._jobs: dict[int, TrackedJob] = {}
        self._order = 0
        self._ready: list[
            tuple[int, int, int]
        ] = []  # heap of (order, task, number): ended, perhaps reaped since
        self._outdated = 0  # how many of them were reaped, at least

    def __iter__(self) -> Iterator[TrackedJob]:
        return iter(list(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, number: object) -> bool:
        return number in self._jobs

    def get(self, number: int) -> TrackedJob | None:
        """What is known of a job number that has anything left to reap."""
        return self._jobs.get(number)

    def next_order(self) -> int:
        """A position after all others, for a session that is not kept on disk."""
        self._order += 1
        return self._order

    def add(self, known: TrackedJob) -> TrackedJob:
        """A job was submitted. A reused number replaces a job of the same number that ended long ago."""
        known.waiting = {NO_TASK} if known.tasks is None else set(known.tasks.numbers())
        self._order = max(self._order, known.order)
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

    def waiting(self) -> list[TrackedJob]:
        """The jobs that have a task whose end is not known."""
        return [known for known in self._jobs.values() if known.waiting]

    def sighted(self, sighting: Sighting, now: float) -> None:
        """Take in a complete listing: what is absent now becomes missing, what is present no longer is."""
        known = self._jobs.get(sighting.job)
        if known is None:
            return
        new = sighting.absent - known.missing.keys()
        for row in known.rows if new else ():
            known.last_seen.update(dict.fromkeys(covered(row, new), row))
        known.rows = sighting.rows
        known.missing = {
            task: known.missing.get(task, now) for task in sighting.absent if task in known.waiting
        }
        known.faulty = {
            task: known.faulty.get(task, now) for task in sighting.faulty if task in known.waiting
        }
        known.confirmed &= set(known.missing)
        known.last_seen = {task: row for task, row in known.last_seen.items() if task in known.missing}

    def returned(self, number: int, tasks: set[int]) -> None:
        """Tasks that were missing are there after all."""
        known = self._jobs.get(number)
        if known is not None:
            for task in tasks:
                known.missing.pop(task, None)

    def confirmed_missing(self, number: int) -> None:
        """The qmaster itself does not have the missing tasks of this job."""
        known = self._jobs.get(number)
        if known is not None:
            known.confirmed = set(known.missing)

    def be_patient(self, seconds: float, now: float) -> None:
        """Nothing could be learned for so long: that time does not count against missing tasks."""
        for known in self._jobs.values():
            for notes in (known.missing, known.faulty):
                notes.update({task: min(since + seconds, now) for task, since in notes.items()})

    def deleted(self, number: int, tasks: Iterable[int], *, pending: bool) -> None:
        """The qmaster took our wish to delete these tasks: pending ones, or ones that had started."""
        known = self._jobs.get(number)
        if known is not None:
            chosen = known.waiting.intersection(tasks)
            known.deleted |= chosen
            if pending:
                known.never_ran |= chosen

    def deletion_refused(self, number: int, tasks: Iterable[int]) -> None:
        """These tasks are not deleted after all."""
        known = self._jobs.get(number)
        if known is not None:
            known.deleted.difference_update(tasks)

    def ended(self, fact: Ended) -> bool:
        """A task has ended; False when that was known already or it has been reaped."""
        known = self._jobs.get(fact.job)
        if known is None or fact.task not in known.waiting:
            return False
        self.restored(known, fact.task, fact.end)
        return True

    def restored(self, known: TrackedJob, task: int, end: End) -> None:
        """The end of a task is known: take it from those that are waited for."""
        _forget_notes(known, task)
        known.ended[task] = end
        heapq.heappush(self._ready, (known.order, task, known.number))

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
        end = known.ended.pop(task, None)
        self._tidy_up(known)
        return end

    def drop(self, number: int, task: int) -> None:
        """Another process reaped the task."""
        known = self._jobs.get(number)
        if known is not None:
            _forget_notes(known, task)
            known.ended.pop(task, None)
            self._tidy_up(known)

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


def _forget_notes(known: TrackedJob, task: int) -> None:
    known.waiting.discard(task)
    for notes in (known.missing, known.faulty, known.last_seen):
        notes.pop(task, None)
    for marks in (known.confirmed, known.deleted, known.never_ran):
        marks.discard(task)
