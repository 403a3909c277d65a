"""why(): which jobs are meant, and what is found out about them, put together.

One listing and one `qstat -j` serve all jobs that were asked about; `qalter -w`, which has the scheduler
think, is asked once for jobs that agree in what they ask for, and for few such groups: see :mod:`.inquiry`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from drmaa_cli.constants import TIMEOUT_NO_WAIT, JobState
from drmaa_cli.errors import (
    INVALID_JOB_TEXT,
    DrmaaException,
    ExitTimeoutException,
    InvalidJobException,
    error,
)
from drmaa_cli.gridengine.records import AccountingRecord, Hold, JobId, JobRow
from drmaa_cli.gridengine.states import Letter, flags, job_state
from drmaa_cli.gridengine.waiting import SchedulerAnswer
from drmaa_cli.jobs.job_end import End, Outcome, end_of_record
from drmaa_cli.jobs.lifecycle import covers
from drmaa_cli.jobs.reason import Cause
from drmaa_cli.jobs.tracked_job import NO_TASK
from drmaa_cli.jobs.why import ended, error_state, waiting
from drmaa_cli.jobs.why.explanation import Explanation, Finding, WaitKind
from drmaa_cli.jobs.why.words import names, task_numbers
from drmaa_cli.session.inquiry import Inquiry
from drmaa_cli.system.scheduling import Scheduling
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple, Optional

if TYPE_CHECKING:
    from drmaa_cli.session.job_session import JobSession

HOLDS = (Hold.USER, Hold.OPERATOR, Hold.SYSTEM)
STARTED = Letter.RUNNING | Letter.TRANSFERRING
STOPPED = Letter.SUSPENDED | Letter.QUEUE_SUSPENDED | Letter.THRESHOLD | Letter.DELETING
FILES_READ = 8  # so many files of output are looked at
LAST_BYTES = 2000

Task = Optional[int]  # None is a job that is no array


class AskedJob(NamedTuple):
    """A job that is asked about.

    Attributes:
        number: its number.
        tasks: which of its tasks; None for all of them, and for a job that is no array.
        ends: of the session's jobs and tasks how those ended that have.
    """

    number: int
    tasks: frozenset[int] | None
    ends: Mapping[Task, End | None]

    @property
    def is_open(self) -> bool:
        """Whether the qmaster is to be asked: somebody else's job, one not ended, or in its error state."""
        return not self.ends or any(end is None or _could_not_start(end) for end in self.ends.values())

    def means(self, task: Task) -> bool:
        """Whether a task is asked about that the session has not seen to its end."""
        return (self.tasks is None or task in self.tasks) and self.ends.get(task) is None


class AlikeTasks(NamedTuple):
    """Tasks of a job to which the same applies."""

    row: JobRow
    tasks: tuple[Task, ...]
    holds: Hold = Hold.NONE


class Explaining:
    """Finds out why jobs wait and why they ended."""

    def __init__(self, session: JobSession) -> None:
        self._session = session
        self._cluster = session.cluster
        self._files_read = 0

    def explain(self, ids: Iterable[JobId]) -> list[Explanation]:
        """Why these jobs wait or ended, in their order, tasks together where the same applies.

        Raises:
            DrmCommunicationException: no qmaster answers.
            InternalException: the session's file cannot be read.
        """
        wanted = _merged(ids)
        asked = self._asked(wanted)
        inquiry = self._inquiry([one.number for one in asked if one.is_open])
        asked = [_reopened(one, inquiry) for one in asked]
        lost = [one for one in asked if one.ends and one.is_open and not self._shows_all(inquiry, one)]
        if lost:
            self._take_ends(lost)
            asked = [_reopened(one, inquiry) for one in self._asked(wanted)]
        found: list[Explanation] = []
        for one in asked:
            live = list(self._of_listed(inquiry, one)) if one.is_open else []
            missing = () if not one.ends else tuple(self._missing(inquiry, one))
            found += self._of_ends(one)
            found += live
            found += self._of_missing(one, missing)
            if not one.ends and self._may_have_ended(inquiry, one, live):
                found += self._of_records(inquiry, one, told=bool(live))
        return found

    # --- which jobs ----------------------------------------------------------------------------------------

    def _asked(self, wanted: Mapping[int, frozenset[int] | None]) -> list[AskedJob]:
        known: dict[int, dict[Task, End | None]] = {number: {} for number in wanted}
        for entry in self._session._overview.entries():
            if entry.id.job in known:
                known[entry.id.job][entry.id.task] = entry.end
        found = []
        for number, tasks in wanted.items():
            ends = known[number]
            if tasks is not None and ends:
                ends = {task: end for task, end in ends.items() if task in tasks}
                if not ends:
                    raise _no_such_task(number, tasks)
            found.append(AskedJob(number, tasks, ends))
        return found

    def _inquiry(self, numbers: Sequence[int]) -> Inquiry:
        if not numbers:
            return Inquiry(self._cluster, (), SchedulerAnswer({}, (), collects=True))
        rows = self._cluster.retrying(lambda: self._cluster.listing(None)).rows
        wanted = frozenset(numbers)
        listed = list(dict.fromkeys(row.job for row in rows if row.job in wanted))
        return Inquiry(self._cluster, rows, Scheduling(self._cluster).waiting(listed))

    def _missing(self, inquiry: Inquiry, one: AskedJob) -> Iterator[Task]:
        """Jobs of the session that have not ended and are not listed."""
        rows = inquiry.rows(one.number)
        return (
            task
            for task, end in one.ends.items()
            if end is None and not any(covers(row, task or NO_TASK) for row in rows)
        )

    def _shows_all(self, inquiry: Inquiry, one: AskedJob) -> bool:
        return next(self._missing(inquiry, one), self) is self

    def _take_ends(self, lost: Sequence[AskedJob]) -> None:
        """See whether jobs that have left the qmaster are in accounting by now."""
        ids = [JobId(one.number, task) for one in lost for task, end in one.ends.items() if end is None]
        with contextlib.suppress(ExitTimeoutException, InvalidJobException):
            self._session.synchronize([str(job) for job in ids], TIMEOUT_NO_WAIT)

    # --- those that have not ended -------------------------------------------------------------------------

    def _of_listed(self, inquiry: Inquiry, one: AskedJob) -> Iterator[Explanation]:
        now = self._cluster.clock.time()
        for group in self._groups(inquiry, one):
            about = inquiry.circumstances(group.row, group.holds, now)
            state = job_state(group.row.state, group.holds)
            by_finding: dict[Finding, list[Task]] = {}
            if flags(group.row.state) & Letter.ERROR:  # each for a reason of its own
                for task in group.tasks:
                    by_finding.setdefault(waiting.explain(about, now, task), []).append(task)
            else:
                by_finding[waiting.explain(about, now)] = list(group.tasks)
            for finding, tasks in _by_sentence(by_finding):
                yield _explanation(one.number, tasks, state, finding)

    def _groups(self, inquiry: Inquiry, one: AskedJob) -> Iterator[AlikeTasks]:
        """The rows of a job: those that run together, and those that are held in different ways apart."""
        by_state: dict[tuple[str, str], list[JobRow]] = {}
        for row in inquiry.rows(one.number):
            runs = flags(row.state) & STARTED and not flags(row.state) & STOPPED
            by_state.setdefault((row.state, "" if runs else row.queue), []).append(row)
        for rows in by_state.values():
            first = rows[0]
            tasks = tuple(task for row in rows for task in _tasks(row, one) if one.means(task))
            if not tasks:
                continue
            shown = first._replace(queue=names(row.queue for row in rows if row.queue))
            if not flags(first.state) & Letter.HELD:
                yield AlikeTasks(shown, tasks)
                continue
            held: dict[Hold, list[Task]] = {}
            for task in tasks:
                kinds = Hold.NONE
                for kind in HOLDS:
                    if any(
                        covers(each, task or NO_TASK)
                        for each in inquiry.held(first.owner, kind)
                        if each.job == first.job
                    ):
                        kinds |= kind
                held.setdefault(kinds, []).append(task)
            for kinds, members_ in held.items():
                yield AlikeTasks(shown, tuple(members_), kinds)

    def _of_missing(self, one: AskedJob, missing: Sequence[Task]) -> Iterator[Explanation]:
        if missing:
            finding = Finding(
                WaitKind.LEAVING,
                "gone from the qmaster, and its record has not been written yet",
                False,
                ("qstat: it is not listed", "accounting: no record of it so far"),
                ("ask again in a moment: the qmaster writes records every few seconds",),
            )
            yield _explanation(one.number, missing, JobState.UNDETERMINED, finding)

    # --- those that have -----------------------------------------------------------------------------------

    def _of_ends(self, one: AskedJob) -> Iterator[Explanation]:
        ends = {task: end for task, end in one.ends.items() if end is not None}
        return self._explained(one.number, ends)

    def _may_have_ended(self, inquiry: Inquiry, one: AskedJob, live: Sequence[Explanation]) -> bool:
        """Whether a job that is not the session's has tasks that are not listed."""
        job = inquiry.job(one.number)
        if not live:
            return True
        listed = sum(each.jobs for each in live)
        wanted = len(one.tasks) if one.tasks is not None else 0 if job is None else job.tasks
        return job is not None and job.is_array and listed < wanted

    def _of_records(self, inquiry: Inquiry, one: AskedJob, *, told: bool) -> Iterator[Explanation]:
        """What accounting tells of a job that is not the session's, and is not (all) in the qmaster."""
        try:
            records = self._cluster.retrying(lambda: self._cluster.records([one.number], 0.0))
        except DrmaaException as err:
            if not told:
                text = f"not in the qmaster, and accounting cannot be read here ({err.text.strip()})"
                yield _unknown(one, text)
            return
        rows = inquiry.rows(one.number)
        ends = {
            record.id.task: end_of_record(record)
            for record in sorted(_last_job(records), key=lambda each: each.task)  # they come as they end
            if (one.tasks is None or record.task in one.tasks)
            and not any(covers(row, record.task) for row in rows)
        }
        if not ends and not told:
            what = "this task of the job" if rows else "such a job"
            yield _unknown(one, f"unknown: neither the qmaster nor accounting has {what}")
        yield from self._explained(one.number, ends)

    def _explained(self, number: int, ends: Mapping[Task, End]) -> Iterator[Explanation]:
        alike: dict[tuple[object, ...], list[Task]] = {}
        for task, end in ends.items():
            alike.setdefault(_likeness(number, task, end), []).append(task)
        for tasks in alike.values():
            first = ends[tasks[0]]
            info = first.job_info(JobId(number, tasks[0]))
            has_logs = bool(first.facts.output_path)
            finding = ended.explain(info, self._last_words(first), has_logs=has_logs)
            state = first.state(self._session.config.strict_states)
            yield _explanation(number, tasks, state, finding)

    def _last_words(self, end: End) -> str:
        """The end of what a job that did not end well has written: of its errors, or else of its output."""
        if end.succeeded or end.outcome is Outcome.NO_USAGE or self._files_read >= FILES_READ:
            return ""
        self._files_read += 1
        for path in filter(None, dict.fromkeys((end.facts.error_path, end.facts.output_path))):
            with contextlib.suppress(OSError):  # it is on another host, or gone
                text = self._session.host.read_end(path, LAST_BYTES).decode("utf-8", "replace")
                if text.strip():
                    return text
        return ""


def _merged(ids: Iterable[JobId]) -> dict[int, frozenset[int] | None]:
    """The tasks that are meant of each job; None for all of them."""
    found: dict[int, frozenset[int] | None] = {}
    for job in ids:
        before = found.get(job.job, frozenset())
        found[job.job] = None if job.task is None or before is None else before | {job.task}
    return found


def _could_not_start(end: End) -> bool:
    return end.facts.cause in (Cause.NOT_STARTED, Cause.APPLICATION_ERROR)


def _reopened(one: AskedJob, inquiry: Inquiry) -> AskedJob:
    """Without the ends of what is still in the qmaster, in its error state."""
    stuck = [row for row in inquiry.rows(one.number) if flags(row.state) & Letter.ERROR]
    if not stuck:
        return one
    ends = {
        task: None if end is not None and any(covers(row, task or NO_TASK) for row in stuck) else end
        for task, end in one.ends.items()
    }
    return one._replace(ends=ends)


def _tasks(row: JobRow, one: AskedJob) -> Iterable[Task]:
    if row.tasks is None:
        return (None,)
    if one.tasks is None:
        return row.tasks.numbers()
    return [task for task in sorted(one.tasks) if row.tasks.has(task)]


def _by_sentence(found: Mapping[Finding, Sequence[Task]]) -> Iterator[tuple[Finding, list[Task]]]:
    """Findings that say the same together, with the evidence of the first."""
    alike: dict[tuple[object, ...], tuple[Finding, list[Task]]] = {}
    for finding, tasks in found.items():
        alike.setdefault((finding.kind, finding.sentence), (finding, []))[1].extend(tasks)
    yield from alike.values()


def _likeness(number: int, task: Task, end: End) -> tuple[object, ...]:
    """What is the same of ends that one sentence is said of: all but their figures."""
    reason = end.job_info(JobId(number, task)).reason
    trouble = error_state.explain(str(reason))
    return reason.kind, reason.certain, end.outcome, end.value, end.facts.deleted_by, trouble


def _last_job(records: Sequence[AccountingRecord]) -> list[AccountingRecord]:
    """The last run of each task of the latest job of a number."""
    if not records:
        return []
    submitted = max(record.submission_time for record in records)
    last = {
        record.task: record
        for record in records
        if record.submission_time in (submitted, 0.0) and record.pe_taskid in ("NONE", "", "0")
    }
    return list(last.values())


def _explanation(number: int, tasks: Sequence[Task], state: str, finding: Finding) -> Explanation:
    numbered = [task for task in tasks if task is not None]
    name = f"{number}.{task_numbers(numbered)}" if numbered else str(number)
    first = f"{number}.{numbered[0]}" if numbered else str(number)
    evidence = finding.evidence
    if len(tasks) > 1 and finding.ended:
        evidence = (f"of the first of them, {first}:", *evidence) if evidence else ()
    advice = tuple(
        text.replace("{id}", first if len(tasks) == 1 else str(number)).replace("{job}", str(number))
        for text in finding.advice
    )
    return Explanation(
        name, len(tasks), state, finding.kind, finding.sentence, finding.certain, evidence, advice
    )


def _unknown(one: AskedJob, sentence: str) -> Explanation:
    finding = Finding(
        WaitKind.UNKNOWN,
        sentence,
        False,
        ("qstat: it is not listed", f"qacct -j {one.number}: nothing of it"),
        ("look for a mistake in the number, or in older accounting files: qacct -f FILE -j {job}",),
    )
    return _explanation(one.number, sorted(one.tasks or ()) or (None,), JobState.UNDETERMINED, finding)


def _no_such_task(number: int, tasks: frozenset[int]) -> InvalidJobException:
    return error(InvalidJobException, f"{INVALID_JOB_TEXT} (job {number} has no task {task_numbers(tasks)})")
