"""What a cell consists of: jobs, tasks, queues, hosts, configuration, and requests. No I/O, no clock.

Each name is loaded when it is asked for: a package that imports its own modules cannot be loaded by several
threads at once (one of them sees half of a module).
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # typing's, without loading it

if TYPE_CHECKING:
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
    from .ranges import Range, TaskSet
    from .states import (
        CHECKPOINT_BITS,
        MAIL_BITS,
        NO_MAIL,
        Hold,
        JobType,
        Rerun,
        State,
        Status,
        state_letters,
    )

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
    "state_letters",
]

_HOMES = {
    name: home
    for home, names in {
        "cluster": "CellConfig ClusterQueue ComplexEntry Host ParallelEnvironment QueueInstance QueueState",
        "jobs": "INFINITE_SLOTS ONE_TASK Compact Exit Granted HostPath Job JobSpec MailTo Resource "
        "SchedulingMessage Simulation Task",
        "ranges": "Range TaskSet",
        "states": "CHECKPOINT_BITS MAIL_BITS NO_MAIL Hold JobType Rerun State Status state_letters",
    }.items()
    for name in names.split()
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
        return globals().setdefault(name, getattr(module, name))
