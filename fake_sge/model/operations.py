"""Operations on a cell: who asks, what is to change, and what became of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from .jobs import SchedulingMessage
from .ranges import TaskSet
from .states import Hold


class RefusalKind(enum.Enum):
    """Why the qmaster refuses a submission or an alteration; ``Refusal.args`` in the comment."""

    BAD_NAME = "bad name"  # (name,) blank, control, non-ASCII; uses up an id
    UNKNOWN_QUEUE = "unknown queue"  # (name,)
    UNKNOWN_RESOURCE = "unknown resource"  # (name,)
    BAD_RESOURCE_VALUE = "bad resource value"  # (name, value, type) type: time memory int double bool
    NOT_REQUESTABLE = "not requestable"  # (name,) load_avg, seq_no ...
    UNKNOWN_PE = "unknown pe"  # (name,)
    UNKNOWN_PROJECT = "unknown project"  # (name,)
    PROJECT_REQUIRED = "project required"  # () enforce_project
    UNKNOWN_CHECKPOINT = "unknown checkpoint"  # (name,)
    UNKNOWN_USER = "unknown user"  # (user,) enforce_user true
    UID_TOO_LOW = "uid too low"  # (uid, limit)
    GID_TOO_LOW = "gid too low"  # (gid, limit)
    NOT_SUBMIT_HOST = "not submit host"  # (host,)
    USER_DENIED = "user denied"  # (user, host) xuser_lists / user_lists
    TOO_MANY_TASKS = "too many tasks"  # (limit,)
    INVALID_TASK_ID = "invalid task id"  # (id,)
    NO_SCRIPT = "no script"  # ()
    USER_JOB_LIMIT = "user job limit"  # (limit, count) exit 25
    JOB_LIMIT = "job limit"  # (limit,) exit 25
    NO_SUITABLE_QUEUES = "no suitable queues"  # (messages...) -w e
    JSV = "jsv"  # (text, wait: bool) server JSV
    TOO_LOW_PRIORITY_RIGHTS = "priority"  # (user,) -p > 0 by a plain user
    NO_IMMEDIATE_SLOT = "no slot"  # (job number,) -now y
    EVENT_CLIENT_LIMIT = "event clients"  # (limit,) -sync y beyond MAX_DYN_EC
    OTHER = "other"  # (text,) verbatim


@dataclass(frozen=True)
class Refusal:
    """A refused submission or alteration."""

    kind: RefusalKind
    args: tuple[object, ...] = ()


class Warn(enum.Enum):
    """Warnings that come with an accepted submission."""

    NOT_ALLOWED_IN_ANY_QUEUE = "not allowed in any queue"  # exit 1 and the id on stderr (cell2.no_queue_*)
    NO_SUITABLE_QUEUES = "no suitable queues"  # -w w


@dataclass(frozen=True)
class Submission:
    """The answer to :meth:`submit`: ``number`` or ``refusal``.

    With both None nothing was stored: a verification (``-w v``, ``-w p``), whose result is ``suitable``.
    """

    number: int | None = None
    refusal: Refusal | None = None
    warnings: tuple[Warn, ...] = ()
    suitable: bool = True
    messages: tuple[SchedulingMessage, ...] = ()


class Outcome(enum.Enum):
    """What an operation did to a job or task. Texts and exit codes are the command's."""

    DONE = "done"  # hold modified, suspended, cleared, rescheduled, altered ...
    DELETED = "deleted"  # was pending: it is gone
    REGISTERED = "registered"  # was running: will be killed
    FORCED = "forced"  # qdel -f
    ALREADY_DELETING = "already deleting"  # job N is already in deletion
    NO_SUCH_JOB = "no such job"
    NO_SUCH_TASK = "no such task"
    DENIED = "denied"  # neither owner nor operator nor manager
    DENIED_HOLD = "denied hold"  # operator/system hold needs operator/manager: Change.need
    FORCE_DENIED = "force denied"  # qdel -f without the right
    UNCHANGED = "unchanged"  # nothing to do: same hold, no hold to release, not in error
    ALREADY_SUSPENDED = "already suspended"
    ALREADY_UNSUSPENDED = "already unsuspended"
    NOT_RUNNING = "not running"  # qmod on a pending or held job
    NOT_APPLICABLE = "not applicable"  # e.g. -usj on a job whose queue is suspended: see Change.detail
    NOT_RERUNNABLE = "not rerunnable"
    ALREADY_RESCHEDULED = "already rescheduled"
    NO_SUCH_QUEUE = "no such queue"
    ALREADY_DONE = "already done"  # queue is already disabled/enabled/...
    REFUSED = "refused"  # Change.refusal says why (alter)


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
    name: str = ""  # queue instance name for queue operations
    need: str = ""  # "operator" or "manager" for DENIED_HOLD
    detail: str = ""  # state letters of the job before the operation
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


@dataclass
class Changes:
    """What qalter changes: ``spec`` fields by name (as in JobSpec); holds and -hold_jid go here too.

    Fields absent from ``spec`` stay. Context is given whole (the command does -ac/-dc/-sc arithmetic).
    """

    spec: Mapping[str, object] = field(default_factory=dict)
    add_hold: Hold = Hold.NONE
    remove_hold: Hold = Hold.NONE
