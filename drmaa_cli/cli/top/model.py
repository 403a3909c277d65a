"""Jobs as ``top`` shows them: what a session has on record and what qstat lists, brought together."""

from __future__ import annotations

import enum
import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.cli.words import STATES
from drmaa_cli.constants import JobState
from drmaa_cli.gridengine.records import JobRow, TaskRange
from drmaa_cli.gridengine.signals import signal_name
from drmaa_cli.gridengine.states import is_deleting, is_error, job_state
from drmaa_cli.gridengine.units import parse_time
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.typed import NamedTuple

NO_TASK = 0


class StateKind(enum.IntEnum):
    """What a state means to whoever looks, in the order of interest."""

    FAILED = 0
    RUNNING = 1
    SUSPENDED = 2
    ENDING = 3  # it has left the qmaster, or is about to
    QUEUED = 4
    HELD = 5
    UNKNOWN = 6
    DONE = 7


_KINDS = {
    JobState.RUNNING: StateKind.RUNNING,
    JobState.QUEUED_ACTIVE: StateKind.QUEUED,
    JobState.FAILED: StateKind.FAILED,
    JobState.USER_ON_HOLD: StateKind.HELD,
    JobState.USER_SUSPENDED: StateKind.SUSPENDED,
    JobState.SYSTEM_SUSPENDED: StateKind.SUSPENDED,
    JobState.USER_SYSTEM_SUSPENDED: StateKind.SUSPENDED,
}


class Task(NamedTuple):
    """A task, or a job that has none.

    Attributes:
        number: its number; NO_TASK of a job that is no array.
        state: its state in words: ``running``, ``exit 3``.
        kind: what that means.
        where: the queue instance or host; '' while it has none.
        since: epoch seconds of its start, of its end if it has ended, of its submission while it waits; 0.0
            when that is not known.
        end: how it ended, if it has.
        slots: how many it has, or asks for; 0 when that is not known.
    """

    number: int
    state: str
    kind: StateKind
    where: str = ""
    since: float = 0.0
    end: End | None = None
    slots: int = 0


class Job(NamedTuple):
    """A job with all its tasks.

    Attributes:
        session: the name of its session; '' of a job that none has.
        number: its job number.
        name, key: its name, and the key it was submitted with, or ''.
        submitted: epoch seconds; 0.0 when that is not known.
        is_array: whether it has tasks.
        tasks: they, or the one that stands for the job, by their numbers.
        counts: how many of them are of which kind.
        states: the words of their states.
        open: how many of them have not ended.
        last: epoch seconds at which something of it has last begun or ended.
    """

    session: str
    number: int
    name: str
    key: str
    submitted: float
    is_array: bool
    tasks: tuple[Task, ...]
    counts: Mapping[StateKind, int]
    states: frozenset[str]
    open: int
    last: float

    @property
    def id(self) -> tuple[str, int, float]:
        """What tells it from others: numbers come again."""
        return self.session, self.number, self.submitted if self.session else 0.0

    @property
    def kind(self) -> StateKind:
        """The most interesting of its tasks'."""
        return min(self.counts, default=StateKind.UNKNOWN)


class HeldSubmission(NamedTuple):
    """A submission as a session has it.

    Attributes:
        session: the session's name.
        number: its job number.
        name, key: as of :class:`Job`.
        submitted: epoch seconds.
        tasks: those of an array, or None.
        ended: how those tasks ended that have, by number (NO_TASK of a job that is no array).
        reaped: tasks that have ended without a word of how: their end was given away by an old version.
    """

    session: str
    number: int
    name: str
    key: str
    submitted: float
    tasks: TaskRange | None
    ended: Mapping[int, End]
    reaped: frozenset[int] = frozenset()

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers of its tasks."""
        return (NO_TASK,) if self.tasks is None else self.tasks.numbers()

    @property
    def is_over(self) -> bool:
        """Whether all of it has ended, as far as is on record."""
        return len(self.ended) + len(self.reaped) >= len(self.numbers)


def job_of_record(record: HeldSubmission, rows: Sequence[JobRow], asked: float) -> Job:
    """A session's job with what was listed of it.

    Args:
        record: what its session has.
        rows: the rows of the listing that are about it.
        asked: epoch seconds at which the listing was asked for: a later job cannot be in it.
    """
    listed: dict[int, Task] = {}
    for row in rows:
        like = listed_task(row)
        for number in _numbers(row):
            listed[number] = like._replace(number=number)
    absent = Task(NO_TASK, "ending", StateKind.ENDING)
    if record.submitted >= asked:
        absent = Task(NO_TASK, STATES[JobState.QUEUED_ACTIVE], StateKind.QUEUED, since=record.submitted)
    tasks = []
    for number in record.numbers:
        end = record.ended.get(number)
        if end is not None:
            tasks.append(ended_task(number, end))
        elif number in record.reaped:
            tasks.append(Task(number, "ended", StateKind.UNKNOWN, end=_UNTOLD))
        else:
            tasks.append(listed.get(number) or absent._replace(number=number))
    return _job(record, tasks)


def job_of_rows(rows: Sequence[JobRow]) -> Job:
    """A job that no session has, out of the rows of a listing, of which there is at least one."""
    first = rows[0]
    tasks = []
    for row in rows:
        like = listed_task(row)
        tasks += [like._replace(number=number) for number in _numbers(row)]
    is_array = first.tasks is not None
    numbers = TaskRange(1, 1) if is_array else None
    record = HeldSubmission("", first.job, first.name, "", _submitted(rows), numbers, {})
    return _job(record, sorted(tasks))


_UNTOLD = End(Outcome.LOST, 0, "")


def _job(record: HeldSubmission, tasks: Sequence[Task]) -> Job:
    return Job(
        record.session,
        record.number,
        record.name,
        record.key,
        record.submitted,
        record.tasks is not None,
        tuple(tasks),
        Counter(task.kind for task in tasks),
        frozenset(task.state for task in tasks),
        sum(task.end is None for task in tasks),
        max((task.since for task in tasks), default=record.submitted) or record.submitted,
    )


def _numbers(row: JobRow) -> Iterable[int]:
    return (NO_TASK,) if row.tasks is None else row.tasks.numbers()


def _submitted(rows: Sequence[JobRow]) -> float:
    """A pending row tells when the job was submitted, others when they were started."""
    return min((_time(row.time) for row in rows if row.listed_as == "pending"), default=0.0)


def listed_task(row: JobRow) -> Task:
    """The task or tasks that a row of a listing is about, without a number.

    Which kinds of hold a held one has, a listing does not tell: each is ``held``.
    """
    state = job_state(row.state)
    words, kind = STATES[state], _KINDS.get(state, StateKind.UNKNOWN)
    if is_error(row.state):
        words = f"error ({row.state})"
    if is_deleting(row.state):
        words, kind = "being deleted", StateKind.ENDING
    return Task(NO_TASK, words, kind, row.queue, _time(row.time), slots=row.slots)


@functools.lru_cache(maxsize=4096)
def _time(text: str) -> float:
    try:
        return parse_time(text)
    except ValueError:  # a form of another engine's: how long it has run is then not shown
        return 0.0


def ended_task(number: int, end: End) -> Task:
    """A task that has ended."""
    kind = StateKind.DONE if end.succeeded else StateKind.FAILED
    where = end.facts.host
    return Task(number, outcome(end), kind, where, figure(end, "end_time"), end, end.facts.slots)


def outcome(end: End) -> str:
    """How something ended, in two or three words; the rest is in its reason."""
    if end.outcome is Outcome.EXITED:
        return f"exit {end.value}"
    if end.outcome is Outcome.SIGNALED:
        return f"killed by {signal_name(end.value)}"
    return "lost" if end.outcome is Outcome.LOST else "aborted"


def figure(end: End, name: str) -> float:
    """A figure of an end's usage; 0.0 where there is none.

    Cut out of the text: of twenty thousand ends one is wanted of each.
    """
    _, found, rest = f" {end.usage}".partition(f" {name}=")
    try:
        return float(rest.partition(" ")[0]) if found else 0.0
    except ValueError:
        return 0.0


def seconds(job: Job, task: Task | None, now: float) -> float | None:
    """For how long a task has run or waited, or how long it took; None when that is not known.

    For how long an array has been there, or was, if no task is meant.
    """
    if task is None:
        return max((now if job.open else job.last) - job.submitted, 0.0) // 1 if job.submitted else None
    if task.end is not None:
        return task.end.facts.wallclock
    began = task.since or (job.submitted if task.kind in (StateKind.QUEUED, StateKind.HELD) else 0.0)
    return max(now - began, 0.0) // 1 if began else None
