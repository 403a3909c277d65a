"""Waiting for ends: for one job, for any, for all; and taking them out of the session."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import (
    INVALID_JOB_TEXT,
    TIMEOUT_TEXT,
    DrmaaException,
    ExitTimeoutException,
    InvalidJobException,
    error,
)
from drmaa_cli.gridengine.records import JobId, TaskRange
from drmaa_cli.gridengine.states import is_error
from drmaa_cli.jobs.job_end import JobInfo, Outcome
from drmaa_cli.jobs.job_ids import ALL, JobIdLike, parse_job_id
from drmaa_cli.jobs.lifecycle import covers
from drmaa_cli.jobs.progress import Progress
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import TrackedJob
from drmaa_cli.session import status
from drmaa_cli.session.entries import Reaped
from drmaa_cli.session.monitor import Monitor
from drmaa_cli.session.observer import Observer, Report
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.turns import Step, Waiter
from drmaa_cli.session.waiters import Waiters
from drmaa_cli.system.cell import IDS_PER_COMMAND, Cluster
from drmaa_cli.system.host import AccountingLog
from drmaa_cli.system.locks import Claim, Lock
from drmaa_cli.system.log import log
from drmaa_cli.system.trouble import TROUBLE
from drmaa_cli.typed import Callable, TypeVar

T = TypeVar("T")


class Waiting:
    """How threads wait: for the end of jobs, or for an answer about a state.

    Each takes its turn: under the lock it takes in what was answered and is told what to do next; without the
    lock it does that.

    Args:
        cluster: where jobs that could not start are removed.
        session_jobs: the session's jobs.
        monitor: what is asked.
        waiters: who waits.
        accounting: the accounting file.
        lock: guards them all.
    """

    def __init__(
        self,
        cluster: Cluster,
        session_jobs: SessionJobs,
        monitor: Monitor,
        waiters: Waiters,
        accounting: AccountingLog,
        lock: Lock,
    ) -> None:
        self._cluster, self._session_jobs, self._monitor = cluster, session_jobs, monitor
        self._waiters, self._accounting, self._lock = waiters, accounting, lock
        self._table = session_jobs.table

    def until(self, ready: Callable[[], T | None], waiter: Waiter) -> T | None:
        """Wait until something is ready, which is asked with the lock held; None when the time is over first.

        Raises:
            ExitTimeoutException: the session ended.
            DrmCommunicationException: Grid Engine, or accounting, could not be asked for too long.
        """
        with self._lock:
            self._monitor.enter(waiter, Claim(sys._getframe()))
        try:
            while True:
                with self._lock:
                    self._take_in()
                    found = ready()
                    if found is not None:
                        return found
                    step = self._monitor.next_step(waiter)
                if step is None:
                    return None
                self._do(step, waiter)
        finally:
            self._monitor.leave(waiter)

    def catch_up(self) -> None:
        """Take in what other processes did in this session; called with the lock held.

        Raises:
            InternalException: the session's file cannot be read.
        """
        self._waiters.added(self._session_jobs.catch_up())

    def _take_in(self) -> None:
        changes = self._monitor.take()
        if changes is None:
            return
        if changes.ends:
            self._session_jobs.ended(changes.ends)
        for known, tasks in changes.deleting:
            self._session_jobs.deleted(known, tasks, pending=False)
        if self._table.lost():  # another process may know why a job is gone
            self._waiters.added(self._session_jobs.look_around())

    def _do(self, step: Step, waiter: Waiter) -> None:
        clock = self._cluster.clock
        if step.begin is not None:
            step.begin.start()
        if step.asking:
            clock.wait_for_answer(waiter.signal, step.seconds)
        elif step.look and self._accounting.changed():
            with self._lock:
                self._monitor.noticed()
        else:
            clock.wait(waiter.signal, step.seconds)

    def waiter(self, deadline: float) -> Waiter:
        """Who waits for jobs until the deadline."""
        now, not_before = self._cluster.clock.monotonic(), self._monitor.fresh_enough
        return Waiter(now, not_before, deadline, self._cluster.config.outage_limit)

    def for_one(self, wanted: JobId | None, deadline: float) -> JobInfo | None:
        """Wait for a job, or for any (None), and reap it: how it ended; None for a job without usage.

        An interrupt until then gives it back: what the program is not told must not be lost.

        Raises:
            ExitTimeoutException, InvalidJobException, DrmCommunicationException: as
                :meth:`drmaa_cli.session.job_session.JobSession.wait`.
        """
        taken: list[Reaped] = []
        try:
            if not self.until(lambda: self._reap_one(wanted, taken), self.waiter(deadline)):
                raise error(ExitTimeoutException, TIMEOUT_TEXT)
            self.remove_from_error_state(taken)
            return _info(taken[0])
        except BaseException:
            self.give_back(taken)
            raise

    def for_all(
        self,
        job_ids: Sequence[JobIdLike],
        deadline: float,
        *,
        dispose: bool,
        report: tuple[Report, float] | None = None,
    ) -> bool:
        """Wait until all these have ended; False when the deadline comes first. See synchronize()."""
        with self._lock:
            self._monitor.check_open()
            self.catch_up()
            everything, chosen = self._chosen(job_ids)
        observer = None if report is None else self.observer(chosen, *report)
        unfinished = [(known, part) for known, tasks in chosen.items() for part in tasks.parts()]
        done = self._all_ended(unfinished[::-1], deadline, observer)
        aborted: list[Reaped] = []
        with self._lock:
            self._monitor.check_open()
            if dispose and not (everything and not done):
                if everything:
                    chosen = {known: _used(known, tasks) for known, tasks in chosen.items()}
                aborted += self._session_jobs.dispose(chosen)
        self.remove_from_error_state(aborted)
        return done

    def _all_ended(
        self, unfinished: list[tuple[TrackedJob, TaskRange]], deadline: float, observer: Observer | None
    ) -> bool:
        """Wait until all have ended, and tell how far they have come, the last time when they have."""

        def ready() -> Progress | bool | None:
            counts = None if observer is None else observer.due(self.now())
            return _none_left(unfinished) if counts is None else counts

        while True:
            found = self.until(ready, self.waiter(deadline))
            if observer is None or not isinstance(found, Progress):
                return found is not None
            observer.tell(found)

    def observer(self, chosen: Mapping[TrackedJob, TaskNumbers], report: Report, tick: float) -> Observer:
        """Who tells how far some tasks have come."""
        with self._lock:
            return Observer(report, self._table, self._monitor, chosen, self.now(), tick)

    def due(self, observer: Observer) -> Progress | None:
        """What it has to tell now, if anything."""
        with self._lock:
            return observer.due(self.now())

    def now(self) -> float:
        """The monotonic clock."""
        return self._cluster.clock.monotonic()

    def give_back(self, taken: Sequence[Reaped]) -> None:
        """Reaped tasks did not reach the program: they can be waited for again."""
        with self._lock:
            self._session_jobs.give_back(taken)

    def state(self, job: JobId, *, strict: bool) -> str | None:
        """The state of a job of the session, or of another job of the user that is listed; else None.

        Raises:
            InvalidJobException, DrmCommunicationException: as
                :meth:`drmaa_cli.session.job_session.JobSession.jobStatus`.
        """
        monitor, now = self._monitor, self._cluster.clock.monotonic()
        not_before = monitor.fresh_enough

        def state() -> tuple[str | None] | None:
            known = self._table.get(job.job)
            if known is not None:
                found = status.of_tracked_job(monitor, known, job, not_before, strict=strict)
                return None if found is None else (found,)
            rows = monitor.foreign_rows(job.job)
            if rows is None or not monitor.has_listing_since(waiter.not_before):
                return None
            if not status.show(rows, job):
                return (None,)
            found = status.of_rows(monitor, rows, job)
            return None if found is None else (found,)

        with self._lock:
            known = self._table.get(job.job)
            if known is not None:
                since = max(not_before, known.since) if known.waiting else not_before
            elif monitor.foreign_rows(job.job) is None:
                since = now
            else:
                since = max(not_before, monitor.last_event)
        waiter = Waiter(now, since, limit=self._cluster.config.retry_for, impatient=True)
        found = self.until(state, waiter)
        return None if found is None else found[0]

    def _reap_one(self, wanted: JobId | None, taken: list[Reaped]) -> bool | None:
        """Reap what has ended; None when nothing has."""
        found = self._ended(wanted)
        while found is not None:
            self._session_jobs.reap([found], taken)
            if taken:
                return True
            found = self._ended(wanted)  # another process was faster
        return None

    def _ended(self, wanted: JobId | None) -> tuple[TrackedJob, int] | None:
        if wanted is None:
            first = self._table.first_ended()
            if first is None and not len(self._table):
                self.catch_up()
                if not len(self._table):
                    raise error(InvalidJobException, INVALID_JOB_TEXT)
            return first
        pair = self._table.find(wanted)
        if pair is None:
            self.catch_up()
            pair = self._table.find(wanted)
        if pair is None:
            raise error(InvalidJobException, INVALID_JOB_TEXT)
        return pair if pair[1] in pair[0].ended else None

    def _chosen(self, job_ids: Sequence[JobIdLike]) -> tuple[bool, dict[TrackedJob, TaskNumbers]]:
        found: dict[TrackedJob, list[int]] = {}
        for job_id in job_ids:
            text = os.fsdecode(job_id) if isinstance(job_id, bytes) else str(job_id)
            if text == ALL:
                return True, {known: known.held() for known in self._table}
            try:
                pair = self._table.find(parse_job_id(text))
            except InvalidJobException:
                continue  # it looks like an id, and no job can have it
            if pair is not None:
                found.setdefault(pair[0], []).append(pair[1])
        return False, {known: TaskNumbers.of(known.all_tasks, tasks) for known, tasks in found.items()}

    def remove_from_error_state(self, taken: Sequence[Reaped]) -> None:
        """Libdrmaa's jobs leave the qmaster when they cannot start; ours must be told to."""
        aborted = [(job, task) for job, task, end in taken if end.outcome is Outcome.ABORTED]
        try:
            unseen = {known.number for known, _ in aborted if not known.rows}  # ended before we knew of them
            rows = self._cluster.listing(self._cluster.user, unseen).rows if unseen else ()
            stuck = [
                known.id(task)
                for known, task in aborted
                if any(
                    covers(row, task) and is_error(row.state)
                    for row in (*known.rows, *rows)
                    if row.job == known.number
                )
            ]
            if stuck:
                self._delete(stuck)
        except (DrmaaException, *TROUBLE) as err:  # the end is known and must reach the caller
            log.warning("jobs in the error state could not be removed: %s", err)

    def _delete(self, jobs: Sequence[JobId]) -> None:
        try:
            for start in range(0, len(jobs), IDS_PER_COMMAND):
                self._cluster.control(JobControlAction.TERMINATE, jobs[start : start + IDS_PER_COMMAND])
        finally:
            with self._lock:
                self._monitor.controlled()  # the last listing still has them


def _used(known: TrackedJob, tasks: TaskNumbers) -> TaskNumbers:
    """Those of some tasks that left usage information, or have not ended."""
    for some, end in known.ended.values_of(tasks):
        if end.outcome is Outcome.NO_USAGE:
            tasks = tasks.without(some)
    return tasks


def _none_left(unfinished: list[tuple[TrackedJob, TaskRange]]) -> bool | None:
    """Drop the ended ones from the end of the list; True when none is left."""
    while unfinished and not unfinished[-1][0].waiting.has_any(unfinished[-1][1]):
        unfinished.pop()
    return None if unfinished else True


def _info(found: Reaped) -> JobInfo | None:
    known, task, end = found
    return None if end.outcome is Outcome.NO_USAGE else end.job_info(known.id(task))
