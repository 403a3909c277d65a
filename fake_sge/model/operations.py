"""Operations on a cell: who asks, what is to change, and what became of it."""

from __future__ import annotations

import enum

from ..lighter import Any, NamedTuple
from .task_lists import TaskList


class Warn(enum.Enum):
    """Warnings that come with an accepted submission."""

    NOT_ALLOWED_IN_ANY_QUEUE = "not allowed in any queue"  # exit 1 and the id on stderr (cell2.no_queue_*)
    NO_SUITABLE_QUEUES = "no suitable queues"  # -w w


class SubmissionReply(NamedTuple):
    """The answer to a submission: ``number``, or the lines of a ``refusal`` and qsub's exit ``code``.

    With neither it was only verified (``-w v``, ``-w p``), and a queue suits. ``unscheduled`` is the number
    of a ``-now y`` job that found no place at once.
    """

    number: int | None = None
    refusal: tuple[str, ...] = ()
    code: int = 1
    warnings: tuple[Warn, ...] = ()
    unscheduled: int | None = None


class ChangeOutcome(enum.Enum):
    """What an operation did to a job or task. Texts and exit codes are the command's."""

    DONE = "done"  # hold modified, suspended, cleared, rescheduled, altered ...
    DELETED = "deleted"  # was pending: it is gone
    REGISTERED = "registered"  # was running: will be killed
    FORCED = "forced"  # qdel -f
    ALREADY_DELETING = "already deleting"  # job N is already in deletion
    NO_SUCH_JOB = "no such job"
    NO_SUCH_TASK = "no such task"
    DENIED = "denied"  # neither owner nor operator nor manager
    DENIED_HOLD = "denied hold"  # operator/system hold needs operator/manager: JobChange.need
    FORCE_DENIED = "force denied"  # qdel -f without the right
    UNCHANGED = "unchanged"  # nothing to do: same hold, no hold to release, not in error
    ALREADY_SUSPENDED = "already suspended"
    ALREADY_UNSUSPENDED = "already unsuspended"
    NOT_RUNNING = "not running"  # qmod on a pending or held job
    NOT_APPLICABLE = "not applicable"  # e.g. -usj on a job whose queue is suspended
    NOT_RERUNNABLE = "not rerunnable"
    NO_SUCH_QUEUE = "no such queue"
    ALREADY_DONE = "already done"  # queue is already disabled/enabled/...


class JobChange(NamedTuple):
    """One outcome. ``task`` None: the job as a whole (the message without ``job-array task``).

    ``tasks`` (more than one) is set when Grid Engine reports several tasks in one line
    (``U has deleted job-array tasks 5,7 of job 696``).
    """

    outcome: ChangeOutcome
    job: int = 0
    task: int | None = None
    tasks: TaskList | None = None
    name: str = ""  # queue instance name for queue operations
    need: str = ""  # "operator" or "manager" for DENIED_HOLD


class JobOperation(enum.Enum):
    """What can be done to jobs; the values are the engine's operations."""

    ALTER = "alter"
    CHANGE_HOLDS = "change_holds"
    DELETE = "delete"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    CLEAR_ERROR = "clear_error"
    RESCHEDULE = "reschedule"


class QueueAction(enum.Enum):
    """qmod on queues."""

    DISABLE = "d"
    ENABLE = "e"
    SUSPEND = "sq"
    UNSUSPEND = "usq"
    CLEAR_ERROR = "cq"
    RESCHEDULE = "rq"


class Finished(NamedTuple):
    """How a task ended, for -sync y and qrsh: exactly one of the three forms.

    ``exit_status`` of a task that ran; ``signal`` its POSIX signal or 0; ``deleted``: it was deleted
    or could not run.
    """

    task: int
    exit_status: int = 0
    signal: int = 0
    failed: int = 0
    deleted: bool = False


class Actor(NamedTuple):
    """Who asks. Make it with :func:`actor_of`."""

    user: str
    uid: int
    group: str
    gid: int
    host: str


class PeTask(NamedTuple):
    """A task of a parallel job that has begun.

    Attributes:
        number: counts those of the job's run.
        host: where it runs.
        since: when it began, by the cell's clock.
        order: ``program``, ``argv``, ``cwd`` and ``env``.
    """

    number: int
    host: str
    since: float
    order: dict[str, Any]
