"""Python functions as Grid Engine jobs: :class:`JobExecutor`, a :class:`concurrent.futures.Executor`."""

from __future__ import annotations

import importlib

from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "BoundExecutor": "executor",
    "CallJob": "future",
    "JobExecutor": "executor",
    "JobFuture": "future",
    "Resources": "resources",
    "SpoolError": "spool",
}  # all others: errors

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:  # as of drmaa_cli itself
        if name == "errors":
            return importlib.import_module("drmaa_cli.futures.errors")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = importlib.import_module(f"drmaa_cli.futures.{_HOMES.get(name, 'errors')}")
        return globals().setdefault(name, getattr(module, name))
