"""Jobs and tasks. Values only.

Times are float epoch seconds; printed ones are truncated to whole seconds. 0 means "never".
Text is ``str`` decoded with ``os.fsdecode`` (UTF-8, surrogateescape): encode it the same way
(``os.fsencode``) to get back the bytes the user gave.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..lighter import NamedTuple, field, names_of, record
from .ranges import Range, TaskSet
from .states import Hold, JobType, Rerun, State, Status
from .task_lists import KINDS_OF_HOLD, HoldLists, TaskList

INFINITE_SLOTS = 9999999


class HostPath(NamedTuple):
    """One ``[host:]path`` of -o, -e, -i, -S. ``host`` is None when not given."""

    path: str
    host: str | None = None


ONE_TASK = Range(1, 1, 1)


class Resource(NamedTuple):
    """One ``-l name=value``: ``name`` is the full complex name; ``value`` as given, TRUE for a bare name."""

    name: str
    value: str


class MailTo(NamedTuple):
    """One mail address; ``host`` None when none was given."""

    user: str
    host: str | None = None


class Granted(NamedTuple):
    """Slots of a task in one queue instance; the first element of a list is the master queue."""

    queue: str  # cluster queue: all.q
    host: str
    slots: int

    @property
    def instance(self) -> str:
        """``all.q@host``."""
        return f"{self.queue}@{self.host}"


class Compact:
    """Pickles a record by position: a third of the size, and the copy takes no more memory."""

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in names_of(type(self)))


class Simulation(NamedTuple):
    """A job without a process: what will have happened when it has "run".

    ``run_time`` seconds; ``signal`` a POSIX number or 0; ``failed`` the accounting code; ``usage``
    overrides accounting values by their usage name (``cpu``, ``ru_maxrss``, ``maxvmem`` ...).
    A ``failed`` of 26, 27 or 28 puts the job in the error state as on the real cell.
    """

    run_time: float = 0.0
    exit_status: int = 0
    signal: int = 0
    failed: int = 0
    usage: Mapping[str, float] = {}
    error: str = ""


class JobSpec(NamedTuple):
    """Everything that a submission says about a job; qalter replaces it as a whole (``_replace``).

    Defaults are those of a qsub without options. ``env`` is JB_env_list in submission order:
    ``("__SGE_PREFIX__O_HOME", "/home/u")`` ... and -v/-V variables; a value of None prints as NONE.
    """

    name: str
    owner: str
    uid: int
    group: str
    gid: int
    submit_host: str
    command: str = ""  # JB_script_file: script path as given, command, or STDIN
    args: tuple[str, ...] = ()
    script: bytes | None = None  # spooled script text; None with -b y
    job_type: JobType = JobType.NONE
    account: str = "sge"
    env: tuple[tuple[str, str | None], ...] = ()
    cwd: str | None = None  # -cwd / -wd; None: the home directory
    home: str = "/"  # sge_o_home
    umask: int = 0o022
    array: Range = ONE_TASK  # with JobType.ARRAY: -t
    max_concurrent: int = 0  # -tc
    user_hold: bool = False  # -h
    operator_hold: bool = False
    system_hold: bool = False
    hold_jid: tuple[str, ...] = ()  # as requested: ids, names, globs
    hold_jid_ad: tuple[str, ...] = ()
    execution_time: float = 0.0  # -a
    deadline: float = 0.0  # -dl
    priority: int = 0  # -p, -1023..1024 (printed with an offset of 1024 in XML)
    jobshare: int = 0  # -js
    override_tickets: int = 0  # -ot
    project: str | None = None  # -P
    department: str = "defaultdepartment"
    pe: str | None = None  # -pe NAME as given (may be a glob)
    pe_ranges: tuple[Range, ...] = ()
    hard_resources: tuple[Resource, ...] = ()
    soft_resources: tuple[Resource, ...] = ()
    requested: tuple[str, ...] = ()  # which of both there was an -l for, if only an empty one
    hard_queues: tuple[str, ...] = ()
    soft_queues: tuple[str, ...] = ()
    master_queues: tuple[str, ...] = ()
    stdin_paths: tuple[HostPath, ...] = ()
    stdout_paths: tuple[HostPath, ...] = ()
    stderr_paths: tuple[HostPath, ...] = ()
    merge_stderr: bool = False  # -j y
    shells: tuple[HostPath, ...] = ()  # -S
    rerun: Rerun = Rerun.QUEUE  # -r
    notify: bool = False
    reserve: bool = False  # -R
    verify: bool = False  # -verify
    verify_suitable: int = 0  # -w: 0 n, 1 w, 2 e, 3 v, 4 p (as printed)
    checkpoint: str | None = None  # -ckpt
    checkpoint_attr: int = 0  # -c
    checkpoint_interval: int = 0
    mail_options: int = 0  # JB_mail_options bits of -m
    mail_to: tuple[MailTo, ...] = ()
    context: tuple[tuple[str, str | None], ...] = ()  # -ac; None: a name without a value
    advance_reservation: int = 0  # -ar
    binding: str | None = None  # -binding as given
    immediate: bool = False  # -now y
    simulation: Simulation | None = None
    command_line: str = ""  # the qsub call that made it
    extra: tuple[tuple[str, str], ...] = ()  # for options that only need to be shown again

    @property
    def is_array(self) -> bool:
        """Whether -t was given (also ``-t 1``)."""
        return bool(int(self.job_type) & 0x80)  # JobType.ARRAY; asked for every line of a listing


@record
class Exit:
    """How a run of a task ended; usage names and units are those of the accounting file."""

    failed: int
    exit_status: int  # 128 + signal when signalled
    signal: int  # POSIX number, 0 if none
    start_time: float  # 0: never started
    end_time: float
    usage: dict[str, float] = field(default_factory=dict)  # ru_utime ... cpu mem io iow maxvmem
    error: str = ""  # the error reason text without its time stamp
    measured: bool = True  # False: nobody has seen how it ended, only when it was begun and given up


@record
class Task(Compact):
    """One enrolled array task: it was started, failed to start, or carries a state of its own.

    Tasks that were never dispatched are not here but in :attr:`Job.waiting`.
    A job without -t has the one task 1.
    """

    number: int
    status: Status = Status.IDLE
    state: State = State.QUEUED | State.WAITING
    hold: Hold = Hold.NONE
    start_time: float = 0.0  # JAT_start_time; 0 when pending
    granted: tuple[Granted, ...] = ()
    granted_pe: str | None = None
    restarts: int = 0  # > 0 shows R for the rest of the job's life
    usage: dict[str, float] = field(default_factory=dict)  # running: io iow mem cpu vmem maxvmem
    errors: list[str] = field(default_factory=list)  # "[1002:2800]: error: can't ..."; times in error_times
    error_times: list[float] = field(default_factory=list)
    finish: Exit | None = None  # set with Status.FINISHED until the next scheduler run
    priority: float = 0.0  # JAT_prio
    normalised_tickets: float = 0.0  # JAT_ntix
    tickets: int = 0  # JAT_tix
    share: float = 0.0  # JAT_share: of the tickets of all that run, or of all jobs that wait
    deleted_by: str | None = None  # "user@host" of the qdel
    not_before: float = 0.0  # cleanup of the previous run (Rq) lasts until then
    run: int = 0  # counts dispatches; names the spool directory
    reschedule_requested: bool = False  # qmod -rj, not ended yet
    left_out: bool = False  # unsuspended while its queue was suspended: the scheduler does not learn of it
    purge_at: float = 0.0  # not removed from qstat -j before

    @property
    def slots(self) -> int:
        """Granted slots; 0 when not dispatched."""
        return sum(piece.slots for piece in self.granted)

    @property
    def is_pending(self) -> bool:
        """Waiting to be dispatched (again), held or in the error state."""
        return self.status is Status.IDLE


@record
class Job(Compact):
    """A job in the qmaster. ``lists`` has its never dispatched tasks, ``tasks`` the others in their order."""

    number: int
    spec: JobSpec
    submission_time: float
    lists: HoldLists  # with the holds of waiting tasks (enrolled ones have Task.hold)
    tasks: dict[int, Task] = field(default_factory=dict)
    zombies: TaskList | None = None  # ended tasks, as listed by -s z
    predecessors: tuple[int, ...] = ()  # -hold_jid resolved to jobs that still exist
    predecessors_ad: tuple[int, ...] = ()
    successors: tuple[int, ...] = ()  # by -hold_jid; they stay when they have left the qmaster
    successors_ad: tuple[int, ...] = ()
    version: int = 0  # JB_version: modifications so far
    priority: float = 0.0  # JAT_prio of waiting tasks
    normalised_urgency: float = 0.0  # JB_nurg
    urgency: float = 0.0  # JB_urg: contribution total
    resource_contribution: float = 0.0  # JB_rrcontr
    waiting_contribution: float = 0.0  # JB_wtcontr
    deadline_contribution: float = 0.0  # JB_dlcontr
    normalised_priority: float = 0.0  # JB_nppri
    normalised_tickets: float = 0.0  # JAT_ntix of waiting tasks
    tickets: int = 0  # JAT_tix of waiting tasks
    share: float = 0.0  # JAT_share of waiting tasks
    category_id: int = 0  # number of its scheduling category
    altered: tuple[str, ...] = ()  # names of the JobSpec fields that qalter replaced
    verified: bool = False  # whether -w had its requests looked at when it was submitted
    script_deleted: bool = False  # last task ended, script gone (finished window)

    @property
    def owner(self) -> str:
        """The submitting user."""
        return self.spec.owner

    @property
    def name(self) -> str:
        """JB_job_name."""
        return self.spec.name

    @property
    def all_successors(self) -> list[int]:
        """By -hold_jid or -hold_jid_ad, each once."""
        return sorted({*self.successors, *self.successors_ad})

    @property
    def has_dependency(self) -> bool:
        """Whether -hold_jid still holds it back (letter h)."""
        return bool(self.predecessors)

    @property
    def is_over(self) -> bool:
        """Whether all its tasks have ended; it is known until the next scheduler run."""
        return not self.waiting and all(task.finish is not None for task in self.tasks.values())

    @property
    def waiting(self) -> TaskSet:
        """The tasks that were never dispatched."""
        return self.lists.waiting

    @property
    def array_hold(self) -> TaskSet:
        """The waiting tasks that -hold_jid_ad holds back."""
        return self.lists.members(Hold.ARRAY_DEPENDENCY)

    @property
    def holds(self) -> tuple[tuple[Hold, TaskSet], ...]:
        """The held ones of the waiting tasks, by the kind of hold."""
        return tuple((kind, self.lists.members(kind)) for kind in KINDS_OF_HOLD)

    def hold_of_waiting(self, task: int) -> Hold:
        """Hold bits of a never dispatched task."""
        hold = Hold.NONE
        for flag, members in self.holds:
            if task in members:
                hold |= flag
        return hold

    @property
    def free(self) -> TaskSet:
        """Waiting tasks without any hold."""
        return self.lists.members(Hold.NONE)


class SchedulingMessage(NamedTuple):
    """One line of "scheduling info". ``jobs`` empty: a global message (about a queue or host)."""

    number: int  # MES_message_number
    text: str
    jobs: tuple[int, ...] = ()
