"""What a cell consists of: jobs, tasks, queues, hosts, configuration, and requests. No I/O, no clock."""

from __future__ import annotations

from .cluster import (
    CellConfig,
    ClusterQueue,
    ComplexEntry,
    Host,
    ParallelEnvironment,
    QueueInstance,
    QueueState,
)
from .jobs import (
    INFINITE_SLOTS,
    ONE_TASK,
    Compact,
    Exit,
    Granted,
    HostPath,
    Job,
    JobSpec,
    MailTo,
    Resource,
    SchedulingMessage,
    Simulation,
    Task,
)
from .ranges import Range, TaskSet, fold
from .states import CHECKPOINT_BITS, MAIL_BITS, NO_MAIL, Hold, JobType, Rerun, State, Status, state_letters

__all__ = [
    "CHECKPOINT_BITS",
    "INFINITE_SLOTS",
    "MAIL_BITS",
    "NO_MAIL",
    "ONE_TASK",
    "CellConfig",
    "ClusterQueue",
    "Compact",
    "ComplexEntry",
    "Exit",
    "Granted",
    "Hold",
    "Host",
    "HostPath",
    "Job",
    "JobSpec",
    "JobType",
    "MailTo",
    "ParallelEnvironment",
    "QueueInstance",
    "QueueState",
    "Range",
    "Rerun",
    "Resource",
    "SchedulingMessage",
    "Simulation",
    "State",
    "Status",
    "Task",
    "TaskSet",
    "fold",
    "state_letters",
]
