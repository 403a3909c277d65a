"""The jobs of one session: what was seen of each, which have ended, which may still be reaped.

:func:`drmaa_cli.jobs.evidence.apply` takes in what Grid Engine said (a listing, `qstat -j`, accounting
records) and returns what changed. Memory only, no locks, no clock: the session serialises access and writes
the changes down.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence

from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import NO_TASK, Rules, TrackedJob
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.gridengine.output_files import OutputFiles
    from drmaa_cli.gridengine.records import AccountingRecord, JobId
    from drmaa_cli.jobs.job_end import End
    from drmaa_cli.jobs.lifecycle import EndedTasks
    from drmaa_cli.jobs.news import News

MANY = 64  # so many outdated entries are tidied up


class JobTable:
    """Every job of a session that has not been reaped, in the order of submission.

    Args:
        rules: the cell's delays and the user's settings.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._jobs: dict[int, TrackedJob] = {}
        self._waiting: dict[int, TrackedJob] = {}  # all that have a task whose end is not known
        # heap of (order, number) of the jobs that have a task that has ended, perhaps all reaped since
        self._ready: list[tuple[int, int]] = []
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
        self._jobs[known.number] = self._waiting[known.number] = known
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
        from drmaa_cli.jobs.news import News  # noqa: PLC0415  # few programs need it

        news = News()
        followers = [follower for follower in self._followers if follower() is not None]
        self._followers = [*followers, weakref.ref(news)]
        return news

    def waiting(self) -> list[TrackedJob]:
        """The jobs that have a task whose end is not known."""
        return [known for known in self._waiting.values() if known.waiting]

    def lost(self) -> list[TrackedJob]:
        """The jobs of which `qstat -j` is to be asked.

        Those with a task of which nobody knows yet whether the qmaster still has it, and those with one in
        the error state: the reason is told as long as the job is there.
        """
        return [
            known
            for known in self.waiting()
            if (known.missing and len(known.confirmed) < len(known.missing))
            or (
                self.rules.error_state_is_end
                and known.faulty
                and known.faulty.tasks().without(known.reasons.tasks())
            )
        ]

    def unrecorded(self) -> list[TrackedJob]:
        """The jobs that have a task whose accounting record is waited for."""
        return [known for known in self.waiting() if known.missing or known.faulty]

    def has_records(self) -> bool:
        """Whether there are records of tasks that may still be in the qmaster."""
        return bool(self._records)

    def silent(self, since: float) -> None:
        """Nobody answers since then: a task is not given up that could not be looked for."""
        self._silent_since = since

    def answering(self, now: float) -> None:
        """Grid Engine answers: the time in which it did not does not count against missing tasks."""
        if self._silent_since is not None:
            seconds = now - self._silent_since
            for known in self._jobs.values():
                for notes in (known.missing, known.faulty):
                    notes.change(lambda since: min(since + seconds, now))
        self._silent_since = None

    def deletion_asked(self, number: int, tasks: Iterable[int]) -> None:
        """These tasks are to be deleted, and what the qmaster makes of it is not known."""
        known = self._jobs.get(number)
        if known is not None:
            chosen = _chosen(known, tasks)
            known.asked.add_all(chosen)
            known.requested.add_all(chosen)

    def deleted(self, number: int, tasks: Iterable[int], *, pending: bool) -> None:
        """The qmaster deletes these tasks: pending ones, or ones that had started."""
        known = self._jobs.get(number)
        if known is not None:
            chosen = _chosen(known, tasks)
            known.asked.discard_all(chosen)
            known.deleted.add_all(chosen)
            if pending:
                known.never_ran.add_all(chosen)

    def deletion_refused(self, number: int, tasks: Iterable[int]) -> None:
        """The qmaster does not delete these tasks at this request; at an earlier one it may."""
        known = self._jobs.get(number)
        if known is not None:
            chosen = _chosen(known, tasks)
            known.asked.discard_all(chosen)
            known.requested.discard_all(chosen)

    def ended(self, fact: EndedTasks) -> bool:
        """Tasks have ended; False when that was known already of all of them, or they have been reaped."""
        known = self._jobs.get(fact.job)
        if known is None or not (new := known.waiting.among(fact.tasks)):
            return False
        self.restored(known, new, fact.end)
        return True

    def restored(self, known: TrackedJob, tasks: TaskNumbers, end: End) -> None:
        """The end of some tasks is known: take them from those that are waited for."""
        from heapq import heappush  # noqa: PLC0415  # once a job has ended

        heappush(self._ready, (known.order, known.number))
        known.ended.put_all(tasks, end)  # first: an interrupt between these lines must not lose the tasks
        self._forget(known, tasks, end)
        self._tidy_up(known)

    def first_ended(self) -> tuple[TrackedJob, int] | None:
        """The earliest submitted task that has ended and is not reaped."""
        from heapq import heappop  # noqa: PLC0415

        while self._ready:
            order, number = self._ready[0]
            known = self._jobs.get(number)
            if known is not None and known.order == order:
                task = known.ended.first()
                if task is not None:
                    return known, task
            heappop(self._ready)
        return None

    def reap(self, known: TrackedJob, task: int) -> End | None:
        """Take a task's end out of the session; None when somebody else has it already."""
        end = known.ended.get(task)
        self._take_out(known, TaskNumbers.of(known.all_tasks, (task,)))
        return end

    def give_back(self, known: TrackedJob, task: int, end: End) -> None:
        """A task that was reaped did not reach the program after all."""
        if self._jobs.setdefault(known.number, known) is known:
            self.restored(known, TaskNumbers.of(known.all_tasks, (task,)), end)

    def drop(self, number: int, tasks: Iterable[int]) -> None:
        """These tasks were reaped, by this process or another."""
        known = self._jobs.get(number)
        if known is not None:
            self._take_out(known, _numbers(known, tasks))

    def _take_out(self, known: TrackedJob, tasks: TaskNumbers) -> None:
        self._forget(known, tasks)
        known.ended.discard_all(tasks)
        self._tidy_up(known)

    def _forget(self, known: TrackedJob, tasks: TaskNumbers, end: End | None = None) -> None:
        """Forget all about some tasks but their end, and let those who follow know."""
        known.waiting.discard_all(tasks)
        for notes in (known.missing, known.faulty, known.reasons, known.last_seen):
            if notes:
                notes.discard_all(tasks)
        for marks in (known.confirmed, known.asked, known.deleted, known.requested, known.never_ran):
            if marks:
                marks.discard_all(tasks)
        for follower in self._followers:
            news = follower()
            if news is not None:
                news.tell(known, tasks, end)

    def _tidy_up(self, known: TrackedJob) -> None:
        if not known.waiting and self._waiting.get(known.number) is known:
            del self._waiting[known.number]
        if not known.waiting and not known.ended and self._jobs.get(known.number) is known:
            del self._jobs[known.number]
        if len(self._ready) > MANY + 2 * len(self._jobs):
            self._ready = sorted((job.order, job.number) for job in self._jobs.values() if job.ended)


def _numbers(known: TrackedJob, tasks: Iterable[int]) -> TaskNumbers:
    return tasks if isinstance(tasks, TaskNumbers) else TaskNumbers.of(known.all_tasks, tasks)


def _chosen(known: TrackedJob, tasks: Iterable[int]) -> TaskNumbers:
    """Those of some tasks whose end is not known."""
    return known.waiting.among(_numbers(known, tasks))
