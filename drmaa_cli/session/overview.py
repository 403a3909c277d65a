"""A session's jobs at a glance: all of them with their states and ends, and how many are in which state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.constants import JobState
from drmaa_cli.errors import INVALID_JOB_TEXT, InternalException, InvalidJobException, error
from drmaa_cli.gridengine.records import Hold, JobId, JobRow, TaskRange
from drmaa_cli.gridengine.states import job_state
from drmaa_cli.jobs.job_end import End, JobInfo
from drmaa_cli.jobs.job_ids import JobIdLike, parse_job_id
from drmaa_cli.jobs.tracked_job import NO_TASK, TrackedJob
from drmaa_cli.session import status
from drmaa_cli.session.entries import Entry, Listing, SessionJob
from drmaa_cli.session.monitor import Monitor
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.turns import Waiter
from drmaa_cli.session.wait import Waiting
from drmaa_cli.store.rows import KeptSubmission
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.locks import Lock
from drmaa_cli.template.attributes import Text


def _an_array(job: JobId) -> InvalidJobException:
    text = f"{INVALID_JOB_TEXT} ({job} is an array: name one of its tasks, as {job}.1)"
    return error(InvalidJobException, text)


class Overview:
    """What is said of many jobs at once, with one question for all of them."""

    def __init__(
        self, cluster: Cluster, session_jobs: SessionJobs, monitor: Monitor, waiting: Waiting, lock: Lock
    ) -> None:
        self._cluster, self._session_jobs, self._monitor = cluster, session_jobs, monitor
        self._waiting, self._lock = waiting, lock
        self._table = session_jobs.table
        self._strict = cluster.config.strict_states

    def jobs(self) -> list[SessionJob]:
        """Every job and task that the session holds, in the order of submission.

        Raises:
            InternalException, DrmCommunicationException: as
                :meth:`drmaa_cli.session.job_session.JobSession.jobs`.
        """
        entries = self.entries()
        states = self._states([entry.id for entry in entries if entry.end is None])
        return [
            SessionJob(
                str(entry.id),
                entry.key,
                entry.name,
                states[entry.id] if entry.end is None else entry.end.state(self._strict),
                entry.reaped,
            )
            for entry in entries
        ]

    def ends(self, job_ids: Iterable[JobIdLike] | None) -> dict[str, JobInfo]:
        """How those of some jobs ended that have, or of all; as far as the session has seen it.

        Raises:
            InternalException: the session's file cannot be read.
            InvalidArgumentException: not a job id.
        """
        wanted = None if job_ids is None else {parse_job_id(job) for job in job_ids}
        found = {}
        for entry in self.entries():
            if entry.end is not None and (wanted is None or entry.id in wanted):
                found[str(entry.id)] = entry.end.job_info(entry.id)
        return found

    def end(self, job: JobId) -> End | None:
        """How a job of the session ended, reaped or not, as far as the session has seen it; else None.

        Raises:
            InvalidJobException: the session has no such job or task.
            InternalException: the session's file cannot be read.
        """
        with self._lock:
            pair = self._find(job)
            if pair is not None:
                return pair[0].ended.get(pair[1])
            kept, task = self._kept(job)
            return self._session_jobs.read(lambda store: store.end_of(kept.position, task))

    def is_held(self, job: JobId) -> bool:
        """Whether nobody has reaped a job yet."""
        with self._lock:
            return self._find(job) is not None

    def files(self, job: JobId) -> tuple[str, str]:
        """Where the output and the error of a job go; '' when that is not known.

        Raises:
            InvalidJobException, InternalException: as :meth:`end`.
        """
        with self._lock:
            pair = self._find(job)
            if pair is not None and pair[1] in pair[0].waiting:
                known, task = pair
                row = known.row(task) or known.last_seen.get(task)
                host = "" if row is None else row.queue.partition("@")[2]
                return known.output_paths(task, known.name, host)
        end = self.end(job)
        return ("", "") if end is None else (end.facts.output_path, end.facts.error_path)

    def templates(self, job: JobId) -> tuple[Mapping[bytes, Text], TaskRange | None]:
        """What a job was submitted with, and the tasks it is to be submitted as: itself, of an array.

        Raises:
            InvalidJobException: the session has no such job, or does not know what it was submitted with.
            InternalException: the session's file cannot be read.
        """
        with self._lock:
            self._find(job)
            kept, task = self._kept(job)
        if not kept.templates:
            text = f"{INVALID_JOB_TEXT} (it is not on record what job {job} was submitted with)"
            raise error(InvalidJobException, text)
        try:
            from drmaa_cli.template.kept import of_bytes  # noqa: PLC0415  # loaded when it is needed

            found = of_bytes(kept.templates)
            if kept.tasks is None or len(found) == 1:
                return found[0], None if kept.tasks is None else TaskRange(task, task)
            return found[kept.tasks.numbers().index(task)], None
        except (ValueError, IndexError) as err:
            raise error(InternalException, f"the template of job {job} cannot be read: {err}") from err

    def _find(self, job: JobId) -> tuple[TrackedJob, int] | None:
        """A job that is not reaped, one that another process submitted, too."""
        if self._table.get(job.job) is None:
            self._waiting.catch_up()
        known = self._table.get(job.job)
        if known is not None and known.tasks is not None and job.task is None:
            raise _an_array(job)
        return self._table.find(job)

    def _kept(self, job: JobId) -> tuple[KeptSubmission, int]:
        kept = self._session_jobs.read(lambda store: store.kept(job.job))
        if kept is None:
            raise error(InvalidJobException, INVALID_JOB_TEXT)
        if kept.tasks is None:
            if job.task in (None, 1):
                return kept, NO_TASK
        elif job.task is None:
            raise _an_array(job)
        elif job.task in kept.tasks:
            return kept, job.task
        raise error(InvalidJobException, INVALID_JOB_TEXT)

    def unfinished(self, job_ids: Iterable[JobIdLike] | None) -> Mapping[str, int]:
        """How many jobs and tasks have not ended, by their states; the tasks of a whole array by its number.

        Raises:
            DrmCommunicationException: no qmaster answers.
            InvalidArgumentException: not a job id.
        """
        numbers = None if job_ids is None else {parse_job_id(job).job for job in job_ids}

        def count() -> Counter[str] | None:
            if not self._monitor.has_listing_since(waiter.not_before):
                return None
            found: Counter[str] = Counter()
            for known in self._table.waiting():
                if numbers is None or known.number in numbers:
                    found.update(_by_state(known))
            return +found

        waiter = self._impatient(self._monitor.fresh_enough)
        with self._lock:
            if not self._table.waiting():
                return {}
        return self._waiting.until(count, waiter) or {}

    def listing(self) -> Listing:
        """As :meth:`drmaa_cli.session.job_session.JobSession.listing`."""
        cluster = self._cluster

        def ask() -> Listing:
            began = cluster.clock.monotonic()
            return Listing(cluster.listing(cluster.user).rows, began, cluster.clock.monotonic())

        return cluster.retrying(ask)

    def go_by(self, listing: Listing) -> None:
        """As :meth:`drmaa_cli.session.job_session.JobSession.go_by`."""
        waiter = self._impatient(listing.began)
        with self._lock:
            self._waiting.catch_up()
            self._monitor.given(listing)
        self._waiting.until(lambda: self._monitor.has_listing_since(listing.began) or None, waiter)

    def entries(self) -> list[Entry]:
        """Every job and task that the session holds, with its end, as far as the session has seen it.

        Raises:
            InternalException: the session's file cannot be read.
        """
        with self._lock:
            self._waiting.catch_up()
            # One whose number was written down just now enters the table in a moment, and is shown then.
            return [
                entry
                for entry in map(self._with_end, self._session_jobs.entries())
                if entry.end is not None or entry.reaped or entry.id.job in self._table
            ]

    def _with_end(self, entry: Entry) -> Entry:
        """With the end that could not be written down (a full disk), if there is one."""
        known = None if entry.end is not None or entry.reaped else self._table.get(entry.id.job)
        if known is None or (known.tasks is None) != (entry.id.task is None):
            return entry
        end = known.ended.get(NO_TASK if entry.id.task is None else entry.id.task)
        return entry if end is None else entry._replace(end=end)

    def _states(self, jobs: Sequence[JobId]) -> Mapping[JobId, str]:
        """The states of jobs that had not ended a moment ago."""
        if not jobs:
            return {}
        with self._lock:
            known = [self._table.get(number) for number in {job.job for job in jobs}]
            since = max((job.since for job in known if job is not None and job.waiting), default=0.0)
        fresh = self._monitor.fresh_enough
        waiter = self._impatient(max(fresh, since))

        def states() -> dict[JobId, str] | None:
            found: dict[JobId, str] = {}
            alike: dict[int, str] = {}  # tasks that one row of the listing shows have one state
            for job in jobs:
                row = self._row(job)
                state = alike.get(id(row)) if row is not None else None
                if state is None:
                    state = self._state(job, fresh)
                if state is None:
                    return None
                if row is not None:
                    alike[id(row)] = state
                found[job] = state
            return found

        return self._waiting.until(states, waiter) or dict.fromkeys(jobs, JobState.UNDETERMINED)

    def _row(self, job: JobId) -> JobRow | None:
        """The row that alone tells the state of a job; None where more is known of it."""
        known = self._table.get(job.job)
        if known is None or (known.tasks is None) != (job.task is None):
            return None
        task = NO_TASK if job.task is None else job.task
        if task not in known.waiting or task in known.missing:
            return None
        return known.row(task)

    def _state(self, job: JobId, not_before: float) -> str | None:
        known = self._table.get(job.job)
        if known is None:
            return JobState.UNDETERMINED  # it was reaped between the two questions
        try:
            return status.of_tracked_job(self._monitor, known, job, not_before, strict=self._strict)
        except InvalidJobException:
            return JobState.UNDETERMINED

    def _impatient(self, since: float) -> Waiter:
        now = self._cluster.clock.monotonic()
        return Waiter(now, since, limit=self._cluster.config.retry_for, impatient=True)


def _by_state(known: TrackedJob) -> Counter[str]:
    """How many tasks of a job the last listing shows in each state; the others have just left it."""
    found: Counter[str] = Counter()
    left = len(known.waiting)
    for row in known.rows:
        count = min(_tasks_of(known, row), left)
        found[job_state(row.state, Hold.NONE)] += count
        left -= count
    found[JobState.UNDETERMINED] += left
    return found


def _tasks_of(known: TrackedJob, row: JobRow) -> int:
    if row.tasks is None:
        return int(NO_TASK in known.waiting)
    return sum(len(part.numbers()) for part in row.tasks)
