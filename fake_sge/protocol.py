"""What a command gets and what it gives back: Request, Reply and the :class:`Qmaster` facade.

A command is a plain function ``main(request: Request, qmaster: Qmaster) -> Reply`` in
``fake_sge.commands.TOOL`` (one module per tool, named as the tool). Rules:

* It runs in the daemon, in a thread of its own, **holding the cell's lock**: what it reads through
  the facade is one consistent picture, and its changes are seen at once. Do not keep references to
  model objects in globals, and do not modify model objects: every change goes through a method.
* Anything that may block (a JSV process, reading stdin, waiting for a job) must let go of the lock:
  :meth:`Request.read_stdin` and :meth:`Qmaster.wait_until` do so themselves, for other things use
  ``with qmaster.unlocked(): ...``.
* Output that must appear before the command ends (``-sync y``) goes through :meth:`Request.emit`;
  the Reply's bytes follow it.
* Time is :attr:`Qmaster.now`, never ``time.time()``; the environment is ``request.env``, never
  ``os.environ``; relative paths are relative to ``request.cwd``: use :meth:`Request.resolve`. Local times
  are printed in the client's zone: ``environment.localtime(seconds, request.env.get("TZ"))``.
* ``environment.check(request)`` says whether SGE_ROOT and SGE_CELL are good; each tool words it.
* When there is no qmaster the same function runs inside the client process with a facade whose
  every member raises :class:`QmasterUnreachable`; the command turns that into its tool's texts.
  So ``-help``, usage errors and everything qacct does must not touch the facade before they need to.
* Signals: when the client gets SIGINT/SIGTERM, or vanishes, :meth:`Qmaster.wait_until` raises
  :class:`ClientSignal`; a command that blocks decides what that means (``qsub -sync y`` deletes its
  job on SIGINT and SIGTERM). Other commands need not care.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .model import (
    CellConfig,
    Hold,
    Job,
    JobSpec,
    QueueInstance,
    SchedulingMessage,
)
from .ranges import Range, TaskSet


def _no_output(_out: bytes, _err: bytes) -> None:
    raise RuntimeError("this request cannot emit output early")


def _no_stdin() -> bytes:
    return b""


@dataclass
class Request:
    """One call of a tool, as its client process saw the world.

    ``argv[0]`` is the tool's base name. Strings are decoded with ``os.fsdecode``. ``host`` is the
    host the call is made on (the cell's host unless a test says otherwise).
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    user: str
    uid: int
    group: str
    gid: int
    host: str = "localhost"
    umask: int = 0o022
    flavour: str = "sge-8.1.9"
    stdout_is_tty: bool = False
    read_stdin: Callable[[], bytes] = _no_stdin      # all of stdin, read once, on demand
    emit: Callable[[bytes, bytes], None] = _no_output   # emit(out, err): send output at once

    def resolve(self, path: str) -> str:
        """An absolute path for one given by the user (``os.path.join`` with the client's cwd)."""
        return str(Path(self.cwd, path))

    @property
    def sge_root(self) -> str:
        """$SGE_ROOT, "" when unset."""
        return self.env.get("SGE_ROOT", "")

    @property
    def common_dir(self) -> str:
        """$SGE_ROOT/$SGE_CELL/common (act_qmaster, accounting, sge_request, sge_qstat ...)."""
        return f"{self.sge_root}/{self.env.get('SGE_CELL') or 'default'}/common"

    @property
    def home(self) -> str:
        """$HOME, "" when unset (where ~/.sge_request is looked for)."""
        return self.env.get("HOME", "")


@dataclass(frozen=True)
class Reply:
    """What the tool prints and its exit code; ``signal`` set: the tool dies of it instead (qdel, SIGSEGV)."""

    code: int = 0
    out: bytes = b""
    err: bytes = b""
    signal: int = 0


class Unreachable(enum.Enum):
    """Why there is no qmaster."""

    REFUSED = "refused"                # got select error (Connection refused)
    UNRESOLVABLE = "unresolvable"      # act_qmaster names an unknown host
    SILENT = "silent"                  # accepts and never answers: the tools' own time-outs


class QmasterUnreachable(Exception):
    """Raised by every member of the facade when no qmaster answers.

    ``host`` and ``port`` are what the tools print: the name in act_qmaster, $SGE_QMASTER_PORT.
    """

    def __init__(self, kind: Unreachable, host: str, port: str) -> None:
        super().__init__(f"no qmaster: {kind.value}")
        self.kind = kind
        self.host = host
        self.port = port


class ClientSignal(Exception):
    """The client process got a signal, or is gone (``signal`` 9)."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"client got signal {signal}")
        self.signal = signal


class RefusalKind(enum.Enum):
    """Why the qmaster refuses a submission or an alteration; ``Refusal.args`` in the comment."""

    BAD_NAME = "bad name"                          # (name,) blank, control, non-ASCII; uses up an id
    UNKNOWN_QUEUE = "unknown queue"                # (name,)
    UNKNOWN_RESOURCE = "unknown resource"          # (name,)
    BAD_RESOURCE_VALUE = "bad resource value"      # (name, value, type) type: time memory int double bool
    NOT_REQUESTABLE = "not requestable"            # (name,) load_avg, seq_no ...
    UNKNOWN_PE = "unknown pe"                      # (name,)
    UNKNOWN_PROJECT = "unknown project"            # (name,)
    PROJECT_REQUIRED = "project required"          # () enforce_project
    UNKNOWN_CHECKPOINT = "unknown checkpoint"      # (name,)
    UNKNOWN_USER = "unknown user"                  # (user,) enforce_user true
    UID_TOO_LOW = "uid too low"                    # (uid, limit)
    GID_TOO_LOW = "gid too low"                    # (gid, limit)
    NOT_SUBMIT_HOST = "not submit host"            # (host,)
    USER_DENIED = "user denied"                    # (user, host) xuser_lists / user_lists
    TOO_MANY_TASKS = "too many tasks"              # (limit,)
    INVALID_TASK_ID = "invalid task id"            # (id,)
    NO_SCRIPT = "no script"                        # ()
    USER_JOB_LIMIT = "user job limit"              # (limit, count) exit 25
    JOB_LIMIT = "job limit"                        # (limit,) exit 25
    NO_SUITABLE_QUEUES = "no suitable queues"      # (messages...) -w e
    JSV = "jsv"                                    # (text, wait: bool) server JSV
    TOO_LOW_PRIORITY_RIGHTS = "priority"           # (user,) -p > 0 by a plain user
    NO_IMMEDIATE_SLOT = "no slot"                  # (job number,) -now y
    EVENT_CLIENT_LIMIT = "event clients"           # (limit,) -sync y beyond MAX_DYN_EC
    OTHER = "other"                                # (text,) verbatim


@dataclass(frozen=True)
class Refusal:
    """A refused submission or alteration."""

    kind: RefusalKind
    args: tuple[object, ...] = ()


class Warn(enum.Enum):
    """Warnings that come with an accepted submission."""

    NOT_ALLOWED_IN_ANY_QUEUE = "not allowed in any queue"   # exit 1 and the id on stderr (cell2.no_queue_*)
    NO_SUITABLE_QUEUES = "no suitable queues"               # -w w


@dataclass(frozen=True)
class Submission:
    """The answer to :meth:`Qmaster.submit`: ``number`` or ``refusal``.

    With both None nothing was stored: a verification (``-w v``, ``-w p``), whose result is ``suitable``.
    """

    number: int | None = None
    refusal: Refusal | None = None
    warnings: tuple[Warn, ...] = ()
    suitable: bool = True
    messages: tuple[SchedulingMessage, ...] = ()


class Outcome(enum.Enum):
    """What an operation did to a job or task. Texts and exit codes are the command's."""

    DONE = "done"                          # hold modified, suspended, cleared, rescheduled, altered ...
    DELETED = "deleted"                    # was pending: it is gone
    REGISTERED = "registered"              # was running: will be killed
    FORCED = "forced"                      # qdel -f
    ALREADY_DELETING = "already deleting"  # job N is already in deletion
    NO_SUCH_JOB = "no such job"
    NO_SUCH_TASK = "no such task"
    DENIED = "denied"                      # neither owner nor operator nor manager
    DENIED_HOLD = "denied hold"            # operator/system hold needs operator/manager: Change.need
    FORCE_DENIED = "force denied"          # qdel -f without the right
    UNCHANGED = "unchanged"                # nothing to do: same hold, no hold to release, not in error
    ALREADY_SUSPENDED = "already suspended"
    ALREADY_UNSUSPENDED = "already unsuspended"
    NOT_RUNNING = "not running"            # qmod on a pending or held job
    NOT_APPLICABLE = "not applicable"      # e.g. -usj on a job whose queue is suspended: see Change.detail
    NOT_RERUNNABLE = "not rerunnable"
    ALREADY_RESCHEDULED = "already rescheduled"
    NO_SUCH_QUEUE = "no such queue"
    ALREADY_DONE = "already done"          # queue is already disabled/enabled/...
    REFUSED = "refused"                    # Change.refusal says why (alter)


@dataclass(frozen=True)
class Change:
    """One outcome. ``task`` None: the job as a whole (the message without ``job-array task``).

    ``tasks`` (more than one) is set when Grid Engine reports several tasks in one line
    (``U has deleted job-array tasks 5,7 of job 696``).
    """

    outcome: Outcome
    job: int = 0
    task: int | None = None
    tasks: TaskSet | None = None
    name: str = ""                         # queue instance name for queue operations
    need: str = ""                         # "operator" or "manager" for DENIED_HOLD
    detail: str = ""                       # state letters of the job before the operation
    refusal: Refusal | None = None


class QueueAction(enum.Enum):
    """qmod on queues."""

    DISABLE = "d"
    ENABLE = "e"
    SUSPEND = "sq"
    UNSUSPEND = "usq"
    CLEAR_ERROR = "cq"
    RESCHEDULE = "rq"


@dataclass(frozen=True)
class Finished:
    """How a task ended, for -sync y and qrsh: exactly one of the three forms.

    ``exit_status`` of a task that ran; ``signal`` its POSIX signal or 0; ``deleted``: it was deleted
    or could not run.
    """

    task: int
    exit_status: int = 0
    signal: int = 0
    failed: int = 0
    deleted: bool = False


@dataclass(frozen=True)
class Actor:
    """Who asks. Make it with :func:`actor_of`."""

    user: str
    uid: int
    group: str
    gid: int
    host: str


def actor_of(request: Request) -> Actor:
    """The caller of a request."""
    return Actor(request.user, request.uid, request.group, request.gid, request.host)


@dataclass
class Changes:
    """What qalter changes: ``spec`` fields by name (as in JobSpec); holds and -hold_jid go here too.

    Fields absent from ``spec`` stay. Context is given whole (the command does -ac/-dc/-sc arithmetic).
    """

    spec: Mapping[str, object] = field(default_factory=dict)
    add_hold: Hold = Hold.NONE
    remove_hold: Hold = Hold.NONE


class Qmaster(Protocol):
    """The cell as commands see it. All members raise :class:`QmasterUnreachable` without a qmaster."""

    # ---- reading -------------------------------------------------------------------------------
    @property
    def now(self) -> float:
        """The cell's time, epoch seconds (tests can advance it)."""

    @property
    def config(self) -> CellConfig:
        """Configuration: global, scheduler, queues, hosts, PEs, complexes, managers."""

    @property
    def port(self) -> str:
        """The pseudo qmaster port as printed in messages."""

    def jobs(self) -> Sequence[Job]:
        """All jobs, ascending by number. Ended ones stay (FINISHED) until the next scheduler run."""

    def job(self, number: int) -> Job | None:
        """One job, None when unknown."""

    def zombies(self) -> Sequence[Job]:
        """Ended jobs kept for -s z (``finished_jobs``), oldest first; ``Job.zombies``: their ended tasks."""

    def find_jobs(self, word: str) -> list[int]:
        """Numbers of the jobs that a word means: an id, a job name or a glob. Ascending, may be empty."""

    def queue_instances(self) -> Sequence[QueueInstance]:
        """All queue instances in qstat -f order (by name), with live counts and states."""

    def match_queues(self, pattern: str) -> list[QueueInstance]:
        """Queue instances that ``all.q``, ``all.q@host``, ``*@@group`` or a glob names; empty: none."""

    def messages(self, job: int | None = None) -> list[SchedulingMessage]:
        """Messages of the last scheduler run: global ones first, then those of the job (None: of all)."""

    def load_values(self, host: str) -> dict[str, str]:
        """Load values of a host as text in report order (qhost, qstat -F, qconf -se)."""

    def is_manager(self, user: str) -> bool:
        """Whether the user is a manager."""

    def is_operator(self, user: str) -> bool:
        """Whether the user is an operator (managers are)."""

    def event_clients(self) -> list[tuple[int, str, str]]:
        """Registered event clients: id, name (``scheduler``, ``qsub`` ...), host (qconf -secl)."""

    def job_script(self, number: int) -> bytes | None:
        """The spooled script of a job."""

    # ---- changing ------------------------------------------------------------------------------
    def submit(self, spec: JobSpec, actor: Actor) -> Submission:
        """Store a job. ``spec.verify_suitable`` decides on -w; some refusals use up a number, as really."""

    def skip_number(self) -> int:
        """Use up the next job number, as a submission that qsub itself finds refused; returns it."""

    def alter(self, number: int, tasks: Sequence[Range] | None, changes: Changes,
              actor: Actor) -> list[Change]:
        """qalter, qhold and qrls. One Change for the job, or one per task when ``tasks`` is given.

        Holds: DONE for what was modified; nothing to change gives UNCHANGED; DENIED_HOLD with ``need``.
        """

    def delete(self, number: int, tasks: Sequence[Range] | None, actor: Actor,
               force: bool = False) -> list[Change]:
        """Do what qdel does. Pending tasks are gone at once (DELETED), running ones REGISTERED, -f FORCED."""

    def suspend(self, number: int, tasks: Sequence[Range] | None, actor: Actor) -> list[Change]:
        """Run qmod -sj."""

    def unsuspend(self, number: int, tasks: Sequence[Range] | None, actor: Actor) -> list[Change]:
        """Run qmod -usj."""

    def clear_error(self, number: int, tasks: Sequence[Range] | None, actor: Actor) -> list[Change]:
        """Run qmod -cj."""

    def reschedule(self, number: int, tasks: Sequence[Range] | None, actor: Actor,
                   force: bool = False) -> list[Change]:
        """Run qmod -rj. ``force`` (qmod -f) reschedules jobs that are not rerunnable, too."""

    def change_queue(self, instance: str, action: QueueAction, actor: Actor) -> Change:
        """Run qmod on one queue instance (``all.q@host``): DONE, ALREADY_DONE, DENIED."""

    def trigger_scheduler(self) -> None:
        """Run qconf -tsm."""

    # ---- blocking ------------------------------------------------------------------------------
    def unlocked(self) -> AbstractContextManager[None]:
        """Let go of the cell's lock for the ``with`` block. Model objects read before may be stale after."""

    def wait_until(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait, unlocked, until the condition (evaluated locked, after each change) holds.

        ``timeout`` in seconds of the cell's clock; the result says whether the condition held.
        Raises ClientSignal.
        """

    def finished_tasks(self, number: int, after: int = 0) -> list[Finished]:
        """Ends of a watched job's tasks in the order they ended, from index ``after`` on.

        Recorded for jobs registered with :meth:`watch`; includes tasks deleted while pending.
        """

    def watch(self, number: int, client: str) -> int:
        """Start recording the ends of a job's tasks, and register an event client; returns its id.

        Call it right after submit, before anything can end. ``client`` is the event client's name
        (``qsub``, ``qrsh``). Ask :meth:`can_watch` before submitting.
        """

    def can_watch(self) -> Refusal | None:
        """A refusal when MAX_DYN_EC event clients are registered."""

    def unwatch(self, client_id: int) -> None:
        """Unregister an event client."""
