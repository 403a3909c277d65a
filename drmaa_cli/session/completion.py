"""as_completed(): the ends of some jobs, each as it comes; and how far they have come.

Whoever waits for many jobs does not look through them again and again: the table tells which tasks have
changed (:meth:`drmaa_cli.jobs.job_table.JobTable.follow`), and only these are looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice

from drmaa_cli.errors import (
    INVALID_JOB_TEXT,
    TIMEOUT_TEXT,
    DrmaaException,
    ExitTimeoutException,
    InvalidArgumentException,
    InvalidJobException,
    error,
)
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_end import End, JobInfo, Outcome
from drmaa_cli.jobs.job_ids import ALL, ANY, JobIdLike, parse_job_id, text_of
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.progress import Progress
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import TrackedJob
from drmaa_cli.session.ending import OpenOrClosed, waits
from drmaa_cli.session.entries import Reaped
from drmaa_cli.session.observer import Observer, ProgressLike, reporting
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.wait import Waiting
from drmaa_cli.system.cell import IDS_PER_COMMAND

NAMED = 10  # so many ids are named in an exception
Pair = tuple[TrackedJob, int]
Tasks = tuple[TrackedJob, TaskNumbers]


class Completions(Iterator[JobInfo]):
    """Some jobs of a session as they end: an iterator of their JobInfos.

    Each job comes once, however often it was named, as soon as its end is known, those that have ended
    already first. It is reaped in the moment in which it is handed out; one that somebody else has reaped
    meanwhile comes all the same. A job that left no usage information, for it was deleted while it was
    pending, comes, too: ``wasAborted``, with nothing in ``resourceUsage``.

    After ExitTimeoutException and DrmCommunicationException it may be asked again.
    """

    def __init__(
        self,
        session: OpenOrClosed,
        waiting: Waiting,
        session_jobs: SessionJobs,
        chosen: Sequence[Tasks],
        deadline: float,
    ) -> None:
        self._session, self._waiting, self._session_jobs = session, waiting, session_jobs
        self._left = by_job(chosen)
        self._news = session_jobs.table.follow()
        self._ready = deque((known, tasks.without(known.waiting)) for known, tasks in chosen)
        self._removed: set[Pair] = set()
        self._deadline = deadline
        self._observer: Observer | None = None
        self._display = ExitStack()

    def show(self, progress: ProgressLike) -> None:
        """Tell how far they have come.

        Raises:
            InvalidArgumentException: not a way of telling.
        """
        report = self._display.enter_context(reporting(progress))
        if report is not None:
            self._observer = self._waiting.observer(self._left, *report)

    @property
    def left(self) -> int:
        """How many jobs are still to come."""
        return sum(map(len, self._left.values()))

    def check(self) -> None:
        """Raise NoActiveSessionException when the session has ended."""
        self._session.check()

    @property
    def closed(self) -> bool:
        """Whether the session has ended."""
        return self._session.closed

    def close(self) -> None:
        """Wait for no more of them, and end the display of progress. They can still be waited for."""
        self._left.clear()
        self._display.close()

    def __enter__(self) -> Completions:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._display.close()

    def __next__(self) -> JobInfo:
        """The next job that has ended.

        Raises:
            StopIteration: all have come.
            ExitTimeoutException: the time is over, or the session has been ended meanwhile.
            NoActiveSessionException: the session was ended before.
            InvalidJobException: somebody else has reaped a job, and nobody knows any more how it ended.
            DrmCommunicationException: no qmaster answered for longer than the outage limit.
        """
        if self._left:
            return self._next()
        self.close()
        raise StopIteration

    @waits
    def _next(self) -> JobInfo:
        taken: list[Reaped] = []  # by us, and by others
        others: list[Reaped] = []
        try:
            while True:
                waiter = self._waiting.waiter(self._deadline)
                counts = self._waiting.until(lambda: self._look(taken, others), waiter)
                if counts is None:
                    raise error(ExitTimeoutException, TIMEOUT_TEXT)
                if isinstance(counts, Progress):
                    self._tell(counts)
                    continue
                (found,) = (*taken, *others)
                self._remove_from_error_state(found)
                if self._observer is not None and not self._left:
                    self._tell(self._waiting.due(self._observer))
                return found.end.job_info(found.job.id(found.task))
        except BaseException:  # ctrl-C: what the caller is not told must not be lost
            self._waiting.give_back(taken)
            for known, task, _ in (*taken, *others):
                again = TaskNumbers.of(known.all_tasks, (task,))
                self._left.setdefault(known, TaskNumbers.none(known.all_tasks)).add_all(again)
                self._ready.append((known, again))
            raise

    def _look(self, taken: list[Reaped], others: list[Reaped]) -> Progress | bool | None:
        """Take the next one, or say what there is to tell; None for neither. The lock is held."""
        for known, tasks, _ in self._news.sets():
            if known in self._left:
                self._ready.append((known, self._left[known].among(tasks)))
        while self._ready:
            known, tasks = self._ready[0]
            task = next(iter(tasks), None)
            if task is None:
                self._ready.popleft()
                continue
            if task not in self._left.get(known, ()) or task in known.waiting:
                tasks.discard(task)
                continue
            self._session_jobs.reap([(known, task)] if task in known.ended else [], taken)
            self._cross_out(known, task)
            if not taken:
                others.append(self._reaped_by_others(known, task))
            tasks.discard(task)  # last: what an interrupt leaves in both is looked at again
            return True
        return None if self._observer is None else self._observer.due(self._waiting.now())

    def _cross_out(self, known: TrackedJob, task: int) -> None:
        self._left[known].discard(task)
        if not self._left[known]:
            del self._left[known]

    def _reaped_by_others(self, known: TrackedJob, task: int) -> Reaped:
        end = self._session_jobs.read(lambda store: store.end_of(known.order, task))
        if end is None:
            raise lost(known.id(task))
        return Reaped(known, task, end)

    def _remove_from_error_state(self, found: Reaped) -> None:
        """With it all that are to come and could not start either: as few commands as possible."""
        if found.end.outcome is not Outcome.ABORTED or (found.job, found.task) in self._removed:
            return
        stuck = [found]
        coming = (
            Reaped(known, task, end) for known, tasks in self._ready for task, end in _aborted(known, tasks)
        )
        new = (reaped for reaped in coming if (reaped.job, reaped.task) not in self._removed)
        stuck += islice(new, IDS_PER_COMMAND - 1)
        self._removed.update((known, task) for known, task, _ in stuck)
        self._waiting.remove_from_error_state(stuck)

    def _tell(self, counts: Progress | None) -> None:
        if self._observer is not None and counts is not None:
            self._observer.tell(counts)


def _aborted(known: TrackedJob, tasks: TaskNumbers) -> Iterator[tuple[int, End]]:
    """Those of some tasks that could not be started."""
    for some, end in known.ended.values_of(tasks):
        if end.outcome is Outcome.ABORTED:
            yield from ((task, end) for task in some)


def choose(table: JobTable, job_ids: Iterable[JobIdLike]) -> list[Pair]:
    """The tasks that ids stand for, one by one; as :func:`choose_sets`."""
    return [(known, task) for known, tasks in choose_sets(table, job_ids) for task in tasks]


def choose_sets(table: JobTable, job_ids: Iterable[JobIdLike]) -> list[Tasks]:
    """The tasks that ids stand for, each once, in the order of the ids; the lock is held.

    JOB_IDS_SESSION_ALL stands for all jobs of the session, the number of an array for all its tasks.

    Raises:
        InvalidArgumentException: not a job id, or JOB_IDS_SESSION_ANY.
        InvalidJobException: no such job in this session, or it was reaped.
    """
    chosen: list[Tasks] = []
    before: dict[TrackedJob, TaskNumbers] = {}
    unknown = []

    def add(known: TrackedJob, tasks: TaskNumbers) -> None:
        named = before.setdefault(known, TaskNumbers.none(known.all_tasks))
        new = tasks.without(named)
        if new:
            named.add_all(new)
            chosen.append((known, new))

    for job_id in job_ids:
        text = text_of(job_id)
        if text == ANY:
            raise error(InvalidArgumentException, "JOB_IDS_SESSION_ANY is no list of jobs: name all of them")
        if text == ALL:
            for known in table:
                add(known, known.held())
            continue
        job = parse_job_id(text)
        array = table.get(job.job)
        if array is not None and array.tasks is not None and job.task is None:
            add(array, array.held())
            continue
        pair = table.find(job)
        if pair is None:
            unknown.append(text)
        else:
            add(pair[0], TaskNumbers.of(pair[0].all_tasks, (pair[1],)))
    if unknown:
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        raise error(InvalidJobException, f"{INVALID_JOB_TEXT} ({', '.join(unknown[:NAMED])}{more})")
    return chosen


def by_job(chosen: Iterable[Tasks]) -> dict[TrackedJob, TaskNumbers]:
    """Some tasks by their jobs."""
    found: dict[TrackedJob, TaskNumbers] = {}
    for known, tasks in chosen:
        found.setdefault(known, TaskNumbers.none(known.all_tasks)).add_all(tasks)
    return found


def lost(job: JobId) -> DrmaaException:
    """What is raised for a job that was reaped meanwhile, and whose end is not on record."""
    return error(InvalidJobException, f"{INVALID_JOB_TEXT} ({job} was reaped meanwhile)")


def listed(job_ids: object) -> list[JobIdLike]:
    """The ids that a caller names, as a list.

    Raises:
        InvalidArgumentException: one id, or what is no collection.
    """
    if isinstance(job_ids, (str, bytes)) or not isinstance(job_ids, Iterable):
        raise error(InvalidArgumentException, f"jobIds must be a list of job ids, not {job_ids!r}")
    return list(job_ids)
