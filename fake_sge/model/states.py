"""The states and kinds of jobs and tasks, with Grid Engine's own bit values (``sge_job*.h``)."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping

from ..lighter import TYPE_CHECKING
from .cluster import QueueState

if TYPE_CHECKING:
    from .jobs import Job, Task


NO_MAIL = 0x20000
MAIL_BITS = {"a": 0x40000, "b": 0x80000, "e": 0x100000, "n": NO_MAIL, "s": 0x400000}
CHECKPOINT_BITS = {"s": 1, "m": 2, "x": 4, "n": 8, "r": 16}


class Hold(enum.IntFlag):
    """Hold types of a task (``MINUS_H_TGT_*``); dependency holds are :attr:`Job.predecessors`."""

    NONE = 0
    USER = 1
    OPERATOR = 2
    SYSTEM = 4
    ARRAY_DEPENDENCY = 8


class Status(enum.IntEnum):
    """``JAT_status``, as printed by ``qstat -j -xml``."""

    IDLE = 0
    TRANSFERRING = 0x200
    RUNNING = 0x80
    FINISHED = 0x10000


class State(enum.IntFlag):
    """``JAT_state`` bits that make up the state letters together with :class:`Status` and holds."""

    NONE = 0
    QUEUED = 0x40
    RUNNING = 0x80
    SUSPENDED = 0x100
    DELETED = 0x400
    WAITING = 0x800
    SUSPENDED_ON_SUBORDINATE = 0x2000
    SUSPENDED_ON_THRESHOLD = 0x4000
    ERROR = 0x8000


class JobType(enum.IntFlag):
    """``JB_type`` (``JOB_TYPE_*`` in ``sge_jobL.h``)."""

    NONE = 0
    IMMEDIATE = 0x01  # -now y
    QLOGIN = 0x02
    QRSH = 0x08
    ARRAY = 0x80  # -t was given, also for one task
    BINARY = 0x40  # -b y
    NO_SHELL = 0x100  # -shell n
    QSH = 0x04
    QRLOGIN = 0x10
    QRSHX = 0x20


class Rerun(enum.IntEnum):
    """``JB_restart``: 0 as the queue says, 1 ``-r y``, 2 ``-r n``."""

    QUEUE = 0
    YES = 1
    NO = 2


def queues_of(task: Task, states: Mapping[str, QueueState]) -> QueueState:
    """What holds of any queue instance in which a task has slots: one that is suspended stops all of it."""
    found = QueueState.NONE
    for piece in task.granted:
        found |= states.get(piece.instance, QueueState.NONE)
    return found


def state_letters(
    job: Job, task: Task | None, hold: Hold = Hold.NONE, queue: QueueState = QueueState.NONE
) -> str:
    """The state column of qstat in its fixed order ``d E S T h R q r s t w``.

    ``task`` None means a waiting task with the given ``hold``; ``queue`` is the state of the queue
    instances in which the task runs. Order and rules: captures ``state.*``.
    """
    held = bool(task.hold if task else hold) or job.has_dependency
    if task is None:
        return "hqw" if held else "qw"
    return _letters(int(task.status), int(task.state), held, bool(task.restarts), int(queue))


@functools.lru_cache(maxsize=1024)
def _letters(status_number: int, state_number: int, held: bool, restarted: bool, queue_number: int) -> str:
    status, state, queue = Status(status_number), State(state_number), QueueState(queue_number)
    running = status in (Status.RUNNING, Status.TRANSFERRING)
    suspended = bool(state & State.SUSPENDED)
    by_queue = running and bool(
        queue & (QueueState.SUSPENDED | QueueState.CALENDAR_SUSPENDED | QueueState.SUBORDINATE)
        or state & State.SUSPENDED_ON_SUBORDINATE
    )
    by_threshold = running and bool(state & State.SUSPENDED_ON_THRESHOLD)
    letters = "d" if state & State.DELETED else ""
    letters += "E" if state & State.ERROR else ""
    letters += "S" if by_queue else ""
    letters += "T" if by_threshold else ""
    letters += "h" if held else ""
    letters += "R" if restarted else ""
    if not running:
        return letters + ("q" if restarted and not state & State.ERROR else "qw")
    if status is Status.TRANSFERRING:
        return letters + ("s" if suspended else "") + "t"
    if suspended:
        return letters + "s"
    return letters if by_queue or by_threshold else letters + "r"
