"""Values that travel between the layers: immutable, comparable, without behaviour that touches the outside.

::

    Submission -> CommandResult -> JobId            qsub
    CommandResult -> Snapshot of JobRow             qstat -xml
    CommandResult | bytes -> AccountingRecord       qacct, the accounting file
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping

from drmaa_cli.typed import NamedTuple

__all__ = [
    "AccountingRecord",
    "CommandResult",
    "Details",
    "Hold",
    "JobDetail",
    "JobId",
    "JobRow",
    "Snapshot",
    "TaskDetail",
    "TaskRange",
    "TaskSet",
]

PLAIN_FILE, JSON_FILE = "accounting", "accounting.jsonl"  # names of a cell's accounting file


class CommandResult(NamedTuple):
    """A finished command: what was run, how it ended, and what it said on each stream.

    Attributes:
        argv: the command and its arguments.
        exit_code: the exit status; ``-N`` when signal N killed it, as in :mod:`subprocess`.
        stdout: everything written to standard output.
        stderr: everything written to standard error.
        duration: wall-clock seconds from start to end.
    """

    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    duration: float = 0.0

    @property
    def out(self) -> str:
        """Standard output as text; undecodable bytes become U+FFFD."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def err(self) -> str:
        """Standard error as text; undecodable bytes become U+FFFD."""
        return self.stderr.decode("utf-8", "replace")


class JobId(NamedTuple):
    """A Grid Engine job number and, for a task of an array job, its task number.

    ``str(JobId(7, None)) == "7"``, ``str(JobId(7, 3)) == "7.3"``.
    """

    job: int
    task: int | None = None

    def __str__(self) -> str:
        return str(self.job) if self.task is None else f"{self.job}.{self.task}"


class TaskRange(NamedTuple):
    """Tasks ``first, first + step, ...`` up to and including ``last`` (``last`` itself is a member)."""

    first: int
    last: int
    step: int = 1

    def __contains__(self, task: object) -> bool:
        return (
            isinstance(task, int) and self.first <= task <= self.last and (task - self.first) % self.step == 0
        )

    def numbers(self) -> range:
        """The task numbers, ascending, without storing them."""
        return range(self.first, self.last + 1, self.step)


class TaskSet(tuple[TaskRange, ...]):
    """Task numbers as a sequence of disjoint ranges, as qstat prints them (``1-10:2,14``)."""

    __slots__ = ()

    def has(self, task: int) -> bool:
        """Whether the task is a member."""
        return any(task in part for part in self)

    def numbers(self) -> Iterator[int]:
        """All task numbers in the order of the ranges."""
        for part in self:
            yield from part.numbers()

    def size(self) -> int:
        """How many tasks there are."""
        return sum(len(part.numbers()) for part in self)


class Hold(enum.Flag):
    """The kinds of hold that `qstat -s h?` tells apart (qstat(1), observed: captures hold_filter.*)."""

    NONE = 0
    USER = enum.auto()
    OPERATOR = enum.auto()
    SYSTEM = enum.auto()
    DEPENDENCY = enum.auto()
    START_TIME = enum.auto()
    ARRAY_DEPENDENCY = enum.auto()


class JobRow(NamedTuple):
    """One ``job_list`` element of a qstat listing: a job, or tasks of an array that share a state.

    Attributes:
        job: job number.
        tasks: the tasks it stands for, or None when the row has no ``tasks`` element (not an array job).
        state: the state letters exactly as printed (``qw``, ``hr``, ``Eqw``...).
        listed_as: the ``state`` attribute of the element (``running``, ``pending``...): which list.
        name: job name, unescaped.
        owner: user name.
        time: submission or start time as printed (local time of the client), '' when absent.
        queue: queue instance, '' when pending.
        slots: number of slots, 0 when not printed.
    """

    job: int
    tasks: TaskSet | None
    state: str
    listed_as: str
    name: str
    owner: str
    time: str
    queue: str
    slots: int


class Snapshot(NamedTuple):
    """A complete listing of the qmaster's jobs, restricted to the job numbers that were asked for.

    A snapshot is complete or does not exist: a listing that could not be read to its end is an exception.
    """

    rows: tuple[JobRow, ...]

    def of_job(self, job: int) -> tuple[JobRow, ...]:
        """The rows of one job number."""
        return tuple(row for row in self.rows if row.job == job)


RUSAGE = (  # what getrusage(2) tells of a job, in the order of the accounting file and of libdrmaa
    "ru_utime",
    "ru_stime",
    "ru_maxrss",
    "ru_ixrss",
    "ru_ismrss",
    "ru_idrss",
    "ru_isrss",
    "ru_minflt",
    "ru_majflt",
    "ru_nswap",
    "ru_inblock",
    "ru_oublock",
    "ru_msgsnd",
    "ru_msgrcv",
    "ru_nsignals",
    "ru_nvcsw",
    "ru_nivcsw",
)


class AccountingRecord(NamedTuple):
    """One run attempt of a job or task, from the accounting file or from `qacct -j` (accounting(5)).

    Times are epoch seconds (0 when unset), wallclock and CPU seconds, memory GB*s for ``mem``, GB for
    ``io``, bytes for ``maxvmem``, kB for ``ru_maxrss`` and its relatives. The last four are known to some
    engines only: who deleted the job (``USER@HOST``, '' when nobody did or it is not recorded), where it was
    submitted, its wallclock to the microsecond (0.0 when not recorded) and the command it was submitted with.
    """

    qname: str
    hostname: str
    group: str
    owner: str
    job_name: str
    job: int
    account: str
    priority: int
    submission_time: float
    start_time: float
    end_time: float
    failed: int
    exit_status: int
    ru_wallclock: float
    ru_utime: float
    ru_stime: float
    ru_maxrss: float
    ru_ixrss: float
    ru_ismrss: float
    ru_idrss: float
    ru_isrss: float
    ru_minflt: float
    ru_majflt: float
    ru_nswap: float
    ru_inblock: float
    ru_oublock: float
    ru_msgsnd: float
    ru_msgrcv: float
    ru_nsignals: float
    ru_nvcsw: float
    ru_nivcsw: float
    project: str
    department: str
    granted_pe: str
    slots: int
    task: int  # 0: not an array job
    cpu: float
    mem: float
    io: float
    category: str
    iow: float
    pe_taskid: str  # "NONE" for the job itself, else a slave task of a parallel job
    maxvmem: float
    deleted_by: str = ""
    submit_host: str = ""
    wallclock: float = 0.0
    submit_command: str = ""

    @property
    def id(self) -> JobId:
        """The job or task this record is about."""
        return JobId(self.job, self.task or None)


class TaskDetail(NamedTuple):
    """One started, failed or finished task in `qstat -j IDS -xml`.

    Attributes:
        task: JAT_task_number (1 for a job that is no array).
        status: JAT_status (0 idle, 128 running, 512 transferring, 65536 finished).
        usage: JAT_scaled_usage_list as UA_name -> UA_value.
        messages: QIM_message texts (error reasons).
    """

    task: int
    status: int
    usage: Mapping[str, float]
    messages: tuple[str, ...]


class JobDetail(NamedTuple):
    """One job in `qstat -j IDS -xml`.

    Attributes:
        job: job number.
        owner, name: as printed, unescaped.
        submission_time: epoch seconds.
        is_array: whether it was submitted with -t (JB_is_array, else a bit of JB_type).
        tasks: the array's tasks (JB_ja_structure), 1-1:1 for a job that is no array.
        context: JB_context as NAME -> VALUE (what -ac set).
        details: the tasks that have started, failed or finished.
    """

    job: int
    owner: str
    name: str
    submission_time: float
    is_array: bool
    tasks: TaskRange
    context: Mapping[str, str]
    details: tuple[TaskDetail, ...]


class Details(NamedTuple):
    """The answer of `qstat -j IDS -xml`: jobs found, and the asked job numbers the qmaster does not know."""

    jobs: tuple[JobDetail, ...]
    unknown: frozenset[int]

    @classmethod
    def of(cls, jobs: Iterable[JobDetail], asked: Iterable[int]) -> Details:
        """Compare the answered ids with the asked ones: qstat omits unknown ids silently."""
        found = tuple(jobs)
        return cls(found, frozenset(asked) - {job.job for job in found})
