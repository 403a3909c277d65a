"""Python functions as Grid Engine jobs: :class:`JobExecutor`, a :class:`concurrent.futures.Executor`."""

from drmaa_cli.futures.errors import (
    CallDeletedError,
    CallExitedError,
    CallKilledError,
    CallLostError,
    CallNotPickledError,
    CallNotReadError,
    ExecutorBrokenError,
    HostPythonError,
    JobCallError,
    MemoryLimitError,
    NoResultError,
    NotStartedError,
    NotSubmittedError,
    RemoteCallError,
    RemoteTraceback,
    ResultNotPickledError,
    ResultNotReadError,
    ResultNotWrittenError,
    SpoolNotSharedError,
    TimeLimitError,
)
from drmaa_cli.futures.executor import BoundExecutor, JobExecutor
from drmaa_cli.futures.future import CallJob, JobFuture
from drmaa_cli.futures.resources import Resources
from drmaa_cli.futures.spool import SpoolError

__all__ = [
    "BoundExecutor",
    "CallDeletedError",
    "CallExitedError",
    "CallJob",
    "CallKilledError",
    "CallLostError",
    "CallNotPickledError",
    "CallNotReadError",
    "ExecutorBrokenError",
    "HostPythonError",
    "JobCallError",
    "JobExecutor",
    "JobFuture",
    "MemoryLimitError",
    "NoResultError",
    "NotStartedError",
    "NotSubmittedError",
    "RemoteCallError",
    "RemoteTraceback",
    "Resources",
    "ResultNotPickledError",
    "ResultNotReadError",
    "ResultNotWrittenError",
    "SpoolError",
    "SpoolNotSharedError",
    "TimeLimitError",
]
