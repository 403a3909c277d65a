"""A session's jobs: the table in memory and the store on disk, kept in step.

What is submitted, deleted, ended and reaped goes through here. Another process may work on the same session:
its jobs and reaps are taken in before anything is said about "all jobs" or "no such job".
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence

from drmaa_cli.errors import InternalException, error
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import Rules, TrackedJob
from drmaa_cli.session.entries import (
    Entry,
    NewJob,
    Reaped,
    entries_of,
    note_deletion,
    numbers_of,
    take_up,
)
from drmaa_cli.session.session_file import SessionFile
from drmaa_cli.store.places import answer_files, answers_beside, remove_answer
from drmaa_cli.store.session_store import (
    DELETED_PENDING,
    DELETED_RUNNING,
    DELETION_ASKED,
    NOT_DELETED,
    Intent,
    Removed,
    Store,
    StoredJob,
    StoreError,
)
from drmaa_cli.system.log import log
from drmaa_cli.typed import TYPE_CHECKING, Callable, TypeVar

if TYPE_CHECKING:
    from drmaa_cli.jobs.lifecycle import EndedTasks
    from drmaa_cli.system.clock import Clock
    from drmaa_cli.system.host import AccountingLog

T = TypeVar("T")

NO_VERSION = (0, -1)


class SessionJobs:
    """The jobs of one session; the only one that writes its store.

    The store is in memory until the first submission, and stays there where no file can be kept.

    Args:
        file: the session's file.
        clock: the time.
        rules: the cell's delays and the user's settings.
    """

    def __init__(self, file: SessionFile, clock: Clock, rules: Rules) -> None:
        self.table, self.path = JobTable(rules), file.path
        self._file, self._clock = file, clock
        self._seen = 0  # up to this position all submissions are resolved and taken into the table
        self._version = NO_VERSION

    @property
    def _store(self) -> Store:
        return self._file.store

    @property
    def must_last(self) -> bool:
        """Whether the session is meant to be taken up again, and useless without its file."""
        return self._file.must_last

    @property
    def lasts(self) -> bool:
        """Whether the session has a file."""
        return self._file.lasts

    def begin(self) -> bool:
        """Have the session's file, if that is possible; True when it was made just now.

        Raises:
            StoreError: it cannot be used, and the session is useless without it.
        """
        return self._file.begin().is_new

    def close(self) -> None:
        """Close the file; an unnamed session that has nothing left to tell leaves none behind."""
        with self._storing("the end of the session"):
            try:
                self._take_in()
                store = self._store
                if not self.must_last and not len(self.table) and not store.is_of_use():
                    store.remove()
            finally:
                self.let_go()

    def let_go(self) -> None:
        """Close the file as it is.

        Raises:
            StoreError: something could not be written before, and still cannot.
        """
        self._file.close()

    def take_up(self, accounting: AccountingLog) -> list[NewJob]:
        """Go on with a session that was begun before: place the accounting reader, fill the table.

        Raises:
            StoreError: the file cannot be used.
        """
        self._file.look()
        self._version = self._store.version() if self.lasts else NO_VERSION  # before it is read
        answers = answers_beside(self.path)
        jobs = self._store.jobs()  # read after: an intent is there before its answer
        for token in answers - {job.intent.token for job in jobs if job.number is None}:
            remove_answer(answer_files(self.path, token))
        if rest := [job.intent for job in jobs if job.over < job.size]:
            blind = any(intent.mark is None for intent in rest)  # the file could not be read then
            accounting.open(None if blind else rest[0].mark, min(intent.submitted for intent in rest))
        else:
            accounting.open()
        for job in itertools.takewhile(lambda job: job.number is not None, jobs):
            self._seen = job.position
        return [new for job in jobs for new in self._enter(job)]

    def record_intent(self, intent: Intent) -> int:
        """Write down that this submission is about to be made; its position in the order of submission.

        Raises:
            KeyTaken: there is a submission with this key.
            StoreError: it cannot be written down.
        """
        while True:
            store = self._file.begin().store
            try:
                return store.record_intent(intent)
            except Removed:
                if not store.is_void():
                    raise

    def accepted(self, position: int, number: int) -> bool:
        """Grid Engine accepted a submission under this number; False when that could not be written down."""
        try:
            self._store.accepted(position, number)
        except StoreError as err:  # its token is on record: it is found again
            log.warning("job %d was submitted, but could not be written down: %s", number, err)
            return False
        return True

    def refused(self, position: int) -> None:
        """A submission was certainly not accepted."""
        with self._storing("a refused submission"):  # its token will not be found, and it is forgotten then
            self._store.refused(position)

    def disown(self, position: int) -> None:
        """This process has given up on a submission without knowing what became of it: anybody may look."""
        with self._storing("a submission whose answer was lost"):  # looked for when this process has ended
            self._store.disown(position)

    def in_doubt(self) -> list[StoredJob]:
        """Submissions of which it is not known whether Grid Engine accepted them.

        Raises:
            StoreError: the file cannot be used.
        """
        return self._store.in_doubt()

    def resolve(self, job: StoredJob, number: int | None) -> list[NewJob]:
        """It has become known under which number a submission was accepted; None: it was not.

        Raises:
            StoreError: the file cannot be used.
        """
        new = []
        if number is None:
            self._store.refused(job.position)
            log.info("the submission of %s did not reach Grid Engine", job.intent.name)
        else:
            self._store.accepted(job.position, number)
            log.info("job %d was submitted by this session, though the answer was lost", number)
            new = self._enter(job._replace(number=number))
        remove_answer(answer_files(self.path, job.intent.token))
        return new

    def catch_up(self) -> list[NewJob]:
        """Take in what other processes did in this session; the jobs that are new here.

        Raises:
            InternalException: the session's file cannot be read.
        """
        try:
            return self._take_in()
        except StoreError as err:
            raise error(InternalException, str(err)) from err

    def look_around(self) -> list[NewJob]:
        """The same, for whoever can go on without it."""
        new: list[NewJob] = []
        with self._storing("what other processes did"):
            new.extend(self._take_in())
        return new

    def _take_in(self) -> list[NewJob]:
        self._file.look()
        store = self._store
        version = store.version()
        if version == self._version:
            return []
        new = []
        everything_resolved = True
        for job in store.jobs(after=self._seen):
            new += self._enter(job)
            everything_resolved = everything_resolved and job.number is not None
            if everything_resolved:
                self._seen = job.position
        known_at = {known.order: known for known in self.table}
        for position, tasks in store.news(list(known_at)).items():
            known = known_at[position]
            for task in tasks:
                if task.deleted:
                    note_deletion(self.table, known, task)
                if task.reaped:
                    self.table.drop(known.number, numbers_of(known, task))
        self._version = version
        return new

    def submitted(
        self, number: int, intent: Intent, position: int, *, never_ran: bool = False
    ) -> list[NewJob]:
        """A submission of this process was accepted; never_ran: and is gone already (``-now y``)."""
        new = self._enter(StoredJob(position, intent, number, ()))
        known = self.table.get(number)
        if never_ran and known is not None:
            self.deleted(known, known.waiting.copy(), pending=True)
        return new

    def by_key(self, key: str) -> StoredJob | None:
        """The submission that was made, or begun, under a key.

        Raises:
            StoreError: the file cannot be used.
        """
        return self._file.begin().store.by_key(key)

    def reopen(self, job: StoredJob) -> list[NewJob]:
        """The program asks for a submission that it has made before: its ends can be waited for again.

        Raises:
            StoreError: the file cannot be used.
        """
        reaped = [task for task in job.tasks if task.reaped]
        if reaped or self._store.owes_claim(job.position):
            self._store.unclaim(job.position)
            job = next(iter(self._store.jobs(after=job.position - 1)), job)
        assert job.number is not None
        known = self.table.get(job.number)
        if known is None or known.order != job.position:
            again = job._replace(tasks=tuple(task._replace(reaped=False) for task in job.tasks))
            return take_up(self.table, again, job.number, self._clock.monotonic())
        for task in reaped:
            if task.end is not None:
                self.table.restored(known, numbers_of(known, task), task.end)
        return []

    def ended(self, facts: Sequence[EndedTasks]) -> None:
        """Tasks have ended; the table knows already."""
        found = ((self.table.get(job), tasks, end) for job, tasks, end in facts)
        ends = [(job.order, part, end) for job, tasks, end in found if job for part in tasks.parts()]
        with self._storing("the end of a job"):
            self._store.ended(ends)

    def deleted(self, known: TrackedJob, tasks: TaskNumbers, *, pending: bool) -> None:
        """The qmaster took our request to delete these tasks."""
        self.table.deleted(known.number, tasks, pending=pending)
        with self._storing("the deletion of a job"):
            self._store.deleted(known.order, tasks.parts(), DELETED_PENDING if pending else DELETED_RUNNING)

    def deletion_asked(self, known: TrackedJob, tasks: TaskNumbers) -> None:
        """We are about to ask for the deletion of these tasks."""
        self.table.deletion_asked(known.number, tasks)
        with self._storing("a deletion that is asked for"):
            self._store.deleted(known.order, tasks.parts(), DELETION_ASKED)

    def deletion_refused(self, known: TrackedJob, tasks: TaskNumbers) -> None:
        """Our request to delete these tasks was refused, or never reached the qmaster."""
        self.table.deletion_refused(known.number, tasks)
        with self._storing("a refused deletion"):
            self._store.deleted(known.order, tasks.parts(), NOT_DELETED)

    def reap(self, pairs: Sequence[tuple[TrackedJob, int]], taken: list[Reaped]) -> None:
        """Take ended tasks out of the session; what another process took before is left out.

        Args:
            pairs: the tasks.
            taken: they are added here before they are taken out, so that a caller that is interrupted can
                give them back.
        """
        for known, task in pairs:
            end = known.ended.get(task)
            if end is not None:
                taken.append(Reaped(known, task, end))
                self.table.reap(known, task)
        with self._storing("a reaped job"):
            ours = sorted({(known.order, task) for known, task, _ in taken})
            won = self._store.claim((order, TaskRange(task, task)) for order, task in ours)
            numbers = {(order, part.first) for order, part in won}
            taken[:] = [found for found in taken if (found.job.order, found.task) in numbers]

    def dispose(self, chosen: Mapping[TrackedJob, TaskNumbers]) -> list[Reaped]:
        """Take ended tasks out of the session without telling anybody; those that could not be started."""
        from drmaa_cli.jobs.job_end import Outcome  # noqa: PLC0415  # once a job has ended

        aborted, claims = [], []
        for known, tasks in chosen.items():
            for some, end in known.ended.values_of(tasks):
                aborted += [Reaped(known, task, end) for task in some if end.outcome is Outcome.ABORTED]
            ended = known.ended.tasks().among(tasks)
            claims += [(known.order, part) for part in ended.parts()]
            self.table.drop(known.number, ended)
        with self._storing("reaped jobs"):
            self._store.claim(claims)
        return aborted

    def read(self, ask: Callable[[Store], T]) -> T:
        """What the session's file says.

        Raises:
            InternalException: it cannot be read.
        """
        try:
            return ask(self._store)
        except StoreError as err:
            raise error(InternalException, str(err)) from err

    def give_back(self, taken: Sequence[Reaped]) -> None:
        """Reaped tasks did not reach the program: they can be waited for again."""
        for job, task, end in taken:
            self.table.give_back(job, task, end)
            with self._storing("a job given back"):
                self._store.give_back(job.order, task)

    def entries(self) -> Iterator[Entry]:
        """Every job and task of the session, in the order of submission, reaped ones included."""
        for job in self.read(Store.jobs):
            if job.number is not None:
                yield from entries_of(job, job.number)

    def claimed(self) -> dict[int, float]:
        """The job numbers that belong to submissions of this session, and when each was submitted.

        In epoch seconds: numbers are given out again after a while, or when a qmaster was killed.

        Raises:
            StoreError: the session's file cannot be read.
        """
        return self._store.numbers()

    def _enter(self, job: StoredJob) -> list[NewJob]:
        """Put a submission that is on record into the table, unless all of it was given away."""
        if job.number is not None and job.reaped < job.size:
            held = self.table.get(job.number)
            if held is None or held.order < job.position:
                return take_up(self.table, job, job.number, self._clock.monotonic())
        return []

    @contextlib.contextmanager
    def _storing(self, what: str) -> Iterator[None]:
        """Go on where the file cannot be used: what is known for sure is written down later."""
        try:
            yield
        except StoreError as err:
            log.warning("%s: trouble with the session's file: %s", what, err)
