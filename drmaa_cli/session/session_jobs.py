"""A session's books: the table in memory and the store on disk, kept in step.

What is submitted, deleted, ended and reaped goes through here. Another process may work on the same session:
its jobs and reaps are taken in before anything is said about "all jobs" or "no such job".
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Callable, NamedTuple

from drmaa_cli.errors import InternalException, error
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.lifecycle import NO_TASK, Ended, TrackedJob
from drmaa_cli.store import expiry
from drmaa_cli.store.database import answer_files, answers_beside, remove_answer
from drmaa_cli.store.session_store import (
    DELETED_PENDING,
    DELETED_RUNNING,
    NOT_DELETED,
    Intent,
    Store,
    StoredJob,
    StoredTask,
    StoreError,
)
from drmaa_cli.system.accounting_log import AccountingFile, Mark
from drmaa_cli.system.clock import Clock

log = logging.getLogger("drmaa_cli")


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


class SessionJobs:
    """The jobs of one session.

    Args:
        path: the session's file.
        contact: its contact string.
        must_last: whether the session is useless without its file (it was asked for by name, or has keys).
        clock: the time.
        host: name of this host, for the record.
    """

    def __init__(self, path: Path, contact: str, must_last: bool, clock: Clock, host: str) -> None:
        self.table = JobTable()
        self.path = path
        self.on_made: Callable[[], None] = lambda: None
        self.on_known: Callable[[TrackedJob, Mark | None], None] = lambda _known, _mark: None
        self._contact, self._must_last, self._clock, self._host = contact, must_last, clock, host
        self._store: Store | None = None
        self._given_up = False
        self._opening = threading.Lock()
        self._seen = 0  # up to this position all submissions are settled and taken into the table
        self._version = -1

    def open(self) -> Store | None:
        """The session's file, made when there is none; None where nothing can be kept.

        Raises:
            StoreError: it cannot be used, and the session is useless without it.
        """
        with self._opening:
            if self._store is None and not self._given_up:
                is_new = not self.path.exists()
                try:
                    self._store = Store.open(self.path, self._contact, self._clock.time(), self._host)
                except StoreError as err:
                    if self._must_last:
                        raise
                    self._given_up = True
                    log.warning("this session will not outlive this process: %s", err)
                else:
                    if is_new:
                        self.on_made()
            return self._store

    def _at_hand(self) -> Store | None:
        """The file if there is one, perhaps made by another process meanwhile."""
        if self._store is None and self.path.exists():
            return self.open()
        return self._store

    def close(self) -> None:
        """Close the file; an unnamed session that has nothing left to tell leaves none behind."""
        with self._storing("the end of the session") as store:
            if store is not None:
                try:
                    self._take_in()
                    if not self._must_last and not len(self.table) and not store.is_of_use():
                        store.remove()
                finally:
                    store.close()

    def take_up(self, accounting: AccountingFile) -> None:
        """Go on with a session that was begun before: place the accounting reader, fill the table.

        Raises:
            StoreError: the file cannot be used.
        """
        store = self.open() if self.path.exists() else None
        answers = answers_beside(self.path)
        jobs = [] if store is None else store.jobs()  # read after: an intent is there before its answer
        for token in answers - {job.intent.token for job in jobs if job.number is None}:
            remove_answer(answer_files(self.path, token))
        rest = [job.intent for job in jobs if job.over < job.size]
        if rest:
            blind = any(intent.mark is None for intent in rest)  # the file could not be read then
            accounting.open(None if blind else rest[0].mark, min(intent.submitted for intent in rest))
        else:
            accounting.open()
        for job in jobs:
            self._enter(job, read_past=False)

    def in_doubt(self) -> list[StoredJob]:
        """Submissions of which it is not known whether Grid Engine accepted them."""
        return [] if self._store is None else self._store.in_doubt()

    def settle(self, job: StoredJob, number: int | None) -> None:
        """It has become known under which number a submission was accepted; None: it was not."""
        assert self._store is not None
        if number is None:
            self._store.refused(job.position)
            log.info("the submission of %s did not reach Grid Engine", job.intent.name)
        else:
            self._store.accepted(job.position, number)
            log.info("job %d was submitted by this session, though the answer was lost", number)
            self._enter(job._replace(number=number))
        remove_answer(answer_files(self.path, job.intent.token))

    def catch_up(self) -> None:
        """Take in what other processes did in this session.

        Raises:
            InternalException: the session's file cannot be read.
        """
        try:
            self._take_in()
        except StoreError as err:
            raise error(InternalException, str(err)) from err

    def look_around(self) -> None:
        """The same, for whoever can go on without it."""
        with self._storing("what other processes did"):
            self._take_in()

    def _take_in(self) -> None:
        store = self._at_hand()
        if store is None:
            return
        version = store.version()
        if version == self._version:
            return
        everything_settled = True
        for job in store.jobs(after=self._seen):
            self._enter(job)
            everything_settled = everything_settled and job.number is not None
            if everything_settled:
                self._seen = job.position
        known_at = {known.order: known for known in self.table}
        for position, tasks in store.news(list(known_at)).items():
            for task in tasks:
                if task.deleted:
                    self._note_deletion(known_at[position].number, task)
                if task.reaped:
                    self.table.drop(known_at[position].number, task.task)
        self._version = version

    def submitted(self, number: int, intent: Intent, position: int, now: float) -> TrackedJob:
        """A submission of this process was accepted."""
        held = self.table.get(number)
        if held is not None and held.order == position:
            return held  # another thread has just read it from the file
        order = position or self.table.next_order()
        return self.table.add(
            TrackedJob(
                number, order, intent.tasks, intent.submitted, now, intent.start_time, intent.key, intent.name
            )
        )

    def by_key(self, key: str) -> StoredJob | None:
        """The submission that was made, or begun, under a key."""
        store = self.open()
        return None if store is None else store.by_key(key)

    def reopen(self, job: StoredJob) -> TrackedJob:
        """The program asks for a submission that it has made before: its ends can be waited for again."""
        assert self._store is not None
        assert job.number is not None
        reaped = [task for task in job.tasks if task.reaped]
        if reaped:
            self._store.unclaim(job.position)
        known = self.table.get(job.number)
        if known is None or known.order != job.position:
            return self._add(job._replace(tasks=tuple(task._replace(reaped=False) for task in job.tasks)))
        for task in reaped:
            if task.end is not None:
                self.table.restored(known, task.task, task.end)
        return known

    def ended(self, facts: Sequence[Ended]) -> None:
        """Tasks have ended; the table knows already."""
        with self._storing("the end of a job") as store:
            if store is not None:
                ends = []
                for fact in facts:
                    known = self.table.get(fact.job)
                    if known is not None:
                        ends.append((known.order, fact.task, fact.end))
                store.ended(ends)

    def deleted(self, known: TrackedJob, tasks: Sequence[int], *, pending: bool) -> None:
        """The qmaster took our wish to delete these tasks."""
        self.table.deleted(known.number, tasks, pending=pending)
        with self._storing("the deletion of a job") as store:
            if store is not None:
                store.deleted(known.order, tasks, DELETED_PENDING if pending else DELETED_RUNNING)

    def deletion_refused(self, known: TrackedJob, tasks: Sequence[int]) -> None:
        """Our wish to delete these tasks was refused, or never reached the qmaster."""
        self.table.deletion_refused(known.number, tasks)
        with self._storing("a refused deletion") as store:
            if store is not None:
                store.deleted(known.order, tasks, NOT_DELETED)

    def reap(self, pairs: Sequence[tuple[TrackedJob, int]]) -> dict[tuple[TrackedJob, int], End]:
        """Take ended tasks out of the session; what another process took before is left out."""
        won = {(known.order, task) for known, task in pairs}
        with self._storing("a reaped job") as store:
            if store is not None:
                won = store.claim(sorted(won))
        ends = {}
        for known, task in pairs:
            end = self.table.reap(known, task)
            if end is not None and (known.order, task) in won:
                ends[known, task] = end
        return ends

    def entries(self) -> Iterator[Entry]:
        """Every job and task of the session, in the order of submission, reaped ones included."""
        try:
            store = self._at_hand()
            jobs = [] if store is None else store.jobs()
        except StoreError as err:
            raise error(InternalException, str(err)) from err
        if store is None:
            for known in self.table:
                for task in sorted({*known.waiting, *known.ended}):
                    yield Entry(known.id(task), known.key, known.name, known.ended.get(task), False)
            return
        for job in jobs:
            if job.number is not None:
                yield from _entries_of(job, job.number)

    def claimed(self) -> dict[int, float]:
        """The job numbers that belong to known submissions, of this session and of the user's others.

        With each, when it was submitted (epoch seconds): numbers wrap, and others may be of another cell.

        Raises:
            StoreError: the session's file cannot be read.
        """
        found = expiry.numbers(self.path.parent, but=self.path)
        if self._store is None:
            return {**found, **{known.number: known.submitted for known in self.table}}
        return {**found, **self._store.numbers()}

    def _enter(self, job: StoredJob, *, read_past: bool = True) -> None:
        """Put a submission that is on record into the table, unless all of it was given away."""
        if job.number is not None and sum(task.reaped for task in job.tasks) < job.size:
            held = self.table.get(job.number)
            if held is None or held.order < job.position:
                self._add(job, read_past=read_past)

    def _add(self, job: StoredJob, *, read_past: bool = True) -> TrackedJob:
        """Put it there; with read_past, its accounting record may have been read and passed over."""
        assert job.number is not None
        intent = job.intent
        known = self.table.add(
            TrackedJob(
                job.number,
                job.position,
                intent.tasks,
                intent.submitted,
                self._clock.monotonic(),
                intent.start_time,
                intent.key,
                intent.name,
            )
        )
        for task in job.tasks:
            if task.deleted:
                self._note_deletion(job.number, task)
            if task.reaped:
                self.table.drop(job.number, task.task)
            elif task.end is not None:
                self.table.restored(known, task.task, task.end)
        if read_past and known.waiting:
            self.on_known(known, intent.mark)
        return known

    def _note_deletion(self, number: int, task: StoredTask) -> None:
        self.table.deleted(number, [task.task], pending=task.deleted == DELETED_PENDING)

    @contextlib.contextmanager
    def _storing(self, what: str) -> Iterator[Store | None]:
        try:
            yield self._store
        except StoreError as err:
            log.warning("%s: trouble with the session's file: %s", what, err)


def _entries_of(job: StoredJob, number: int) -> Iterator[Entry]:
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
