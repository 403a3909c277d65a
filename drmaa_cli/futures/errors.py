"""What goes wrong with a function that runs as a job, typed.

An exception that the function itself raised is raised by ``result()`` as it is. All else is one of these, and
says which job it was, on which host, where its log is and how that ends.

::

    JobCallError
     |- CallNotPickledError     the function or its arguments          also a pickle.PicklingError
     |- NotSubmittedError       Grid Engine, or the spool directory, did not take it
     |- NotStartedError         Grid Engine could not start the job
     |   |- SpoolNotSharedError     its host does not see the spool directory
     |   |- HostPythonError         another Python there
     |   `- CallNotReadError        a module is missing there         also an ImportError
     |- CallExitedError         sys.exit(), os._exit(), or the interpreter died   .status
     |- CallKilledError         by a signal                                       .signal
     |   |- TimeLimitError          a run time or CPU time limit       also a TimeoutError
     |   `- MemoryLimitError        a memory limit                     also a MemoryError
     |- CallDeletedError        the job was deleted, and not by cancel()
     |- CallLostError           what became of the job is not on record
     |- NoResultError           the function returned, and ...
     |   |- ResultNotPickledError   ... that cannot be pickled         also a TypeError
     |   |- ResultNotWrittenError   ... it could not be written        also an OSError
     |   `- ResultNotReadError      ... it cannot be read here
     |- RemoteCallError         the function raised what cannot be pickled, or read here
     `- ExecutorBrokenError     the executor itself has failed       also a concurrent.futures.BrokenExecutor
"""

from __future__ import annotations

import pickle
from concurrent.futures import BrokenExecutor

from drmaa_cli.typed import Any

__all__ = [
    "CallDeletedError",
    "CallExitedError",
    "CallKilledError",
    "CallLostError",
    "CallNotPickledError",
    "CallNotReadError",
    "ExecutorBrokenError",
    "HostPythonError",
    "JobCallError",
    "MemoryLimitError",
    "NoResultError",
    "NotStartedError",
    "NotSubmittedError",
    "RemoteCallError",
    "RemoteTraceback",
    "ResultNotPickledError",
    "ResultNotReadError",
    "ResultNotWrittenError",
    "SpoolNotSharedError",
    "TimeLimitError",
]

TAIL_INDENT = "    | "


class JobCallError(Exception):
    """A call that ran, or was to run, as a job gave neither a result nor an exception of its own.

    Attributes:
        text: what happened.
        job: the job's id; '' when it has none.
        host: the host it ran on; '' when that is not known.
        log: path of what the job printed; '' when there is none.
        tail: the last lines of that.
        info: the job's JobInfo; None when there is none.
    """

    def __init__(
        self,
        text: str,
        *,
        job: str = "",
        host: str = "",
        log: str = "",
        tail: str = "",
        info: Any = None,  # noqa: ANN401  # a JobInfo, which is of a room above this one
    ) -> None:
        super().__init__(text)
        self.text, self.job, self.host = text, job, host
        self.log, self.tail, self.info = log, tail, info

    def __str__(self) -> str:
        where = f" on {self.host}" if self.host else ""
        text = f"job {self.job}{where}: {self.text}" if self.job else self.text
        if self.log:
            lines = "\n".join(TAIL_INDENT + line for line in self.tail.splitlines())
            return f"{text}\n{self.log} ends with:\n{lines}"
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), dict(self.__dict__))


def _rebuilt(kind: type[JobCallError], values: dict[str, Any]) -> JobCallError:
    """An exception of this kind as it was when it was pickled."""
    known = ("job", "host", "log", "tail", "info")
    made = kind(values["text"], **{name: values[name] for name in known})
    made.__dict__.update(values)
    return made


class CallNotPickledError(JobCallError, pickle.PicklingError):
    """The function or its arguments cannot be pickled; the job was not submitted."""


class NotSubmittedError(JobCallError):
    """The job was not submitted; ``__cause__`` is why."""


class NotStartedError(JobCallError):
    """Grid Engine could not start the job."""


class SpoolNotSharedError(NotStartedError):
    """The host does not see the spool directory, or another one of the same name."""


class HostPythonError(NotStartedError):
    """The Python on the host is not the one of the program: functions cannot be passed between them."""


class CallNotReadError(NotStartedError, ImportError):
    """The call could not be read on the host: a module that it needs, or cloudpickle, is missing there."""


class CallExitedError(JobCallError):
    """The function ended its process: ``sys.exit()``, ``os._exit()``.

    Attributes:
        status: the exit status.
    """

    status = 0


class CallKilledError(JobCallError):
    """A signal ended the job.

    Attributes:
        signal: its name, ``'SIGKILL'``; '' when Grid Engine does not tell.
    """

    signal = ""


class TimeLimitError(CallKilledError, TimeoutError):
    """The job reached a limit of run time or CPU time."""


class MemoryLimitError(CallKilledError, MemoryError):
    """The job reached a limit of memory."""


class CallDeletedError(JobCallError):
    """Somebody deleted the job."""


class CallLostError(JobCallError):
    """What became of the job is not on record, or its result has vanished."""


class NoResultError(JobCallError):
    """The function returned, and what it returned did not come home."""


class ResultNotPickledError(NoResultError, TypeError):
    """What the function returned cannot be pickled: a generator, an open file, a lock."""


class ResultNotWrittenError(NoResultError, OSError):
    """What the function returned could not be written: a full disk, a quota."""

    def __str__(self) -> str:
        return NoResultError.__str__(self)


class ResultNotReadError(NoResultError):
    """What the function returned cannot be read here; ``__cause__`` is why."""


class RemoteCallError(JobCallError):
    """The function raised an exception that could not be pickled there, or cannot be read here.

    Attributes:
        type_name: the module and name of its class.
        remote_text: its text.
    """

    type_name = ""
    remote_text = ""


class ExecutorBrokenError(JobCallError, BrokenExecutor):
    """The executor's own thread has ended by an error, ``__cause__``; its jobs may still run."""


class RemoteTraceback(Exception):
    """The traceback of an exception on the host: ``__cause__`` of the exception here.

    Attributes:
        traceback: its text.
    """

    def __init__(self, traceback: str) -> None:
        super().__init__(traceback)
        self.traceback = traceback

    def __str__(self) -> str:
        return f'\n"""\n{self.traceback}"""'
