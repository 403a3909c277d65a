"""What a call came to: from its result, the job's end and what the job printed, a value or an exception."""

from __future__ import annotations

import re
from collections.abc import Mapping

from drmaa_cli.futures import errors, host
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.typed import Any, Callable, NamedTuple


class SpooledResult(NamedTuple):
    """What was found of a result in the spool directory.

    Attributes:
        head: what the host says of it.
        value: what was returned, or the exception; None where there is none.
        trouble: why the value could not be read; None when it could.
    """

    head: Mapping[str, Any]
    value: object = None
    trouble: Exception | None = None


class JobFacts(NamedTuple):
    """What is known of the job of a call.

    Attributes:
        id: its id.
        spool: the spool directory.
        log: path of what it printed.
        tail: the last lines of that.
        info: how it ended.
        has_log: whether the file of what it printed is there at all.
        python: the version of the program's own Python.
    """

    id: str
    spool: str
    log: str
    tail: str
    info: JobInfo
    has_log: bool
    python: str


class CallOutcome(NamedTuple):
    """What becomes of a future: its exception, or else its result."""

    value: object = None
    exception: BaseException | None = None


def is_late(info: JobInfo) -> bool:
    """Whether a job without a result must have written one: it is only not seen here yet."""
    return info.succeeded


def of_result(found: SpooledResult, job: JobFacts) -> CallOutcome:
    """What a result that the host has written comes to."""
    head = found.head
    if head["kind"] == host.RETURNED:
        if found.trouble is None:
            return CallOutcome(found.value)
        return CallOutcome(exception=_not_read(found, job))
    if head["kind"] == host.RAISED:
        return CallOutcome(exception=_raised(found, job))
    return CallOutcome(exception=_refused(head, job))


def of_end(job: JobFacts) -> CallOutcome:
    """What a job comes to that has left no result."""
    make = _Maker(job, "")
    info = job.info
    kind = info.reason.kind
    why = str(info.reason) or f"its process ended with exit status {info.exitStatus}"
    if _is_not_shared(job, info):
        text = f"the host does not see the spool directory {job.spool}, or another one of that name"
        return CallOutcome(exception=make(errors.SpoolNotSharedError, text))
    for kinds, error in _BY_KIND:
        if kind in kinds:
            made = make(error, why)
            if isinstance(made, errors.CallKilledError):
                made.signal = info.terminatedSignal
            return CallOutcome(exception=made)
    if info.hasSignal:
        killed = make(errors.CallKilledError, why)
        killed.signal = info.terminatedSignal
        return CallOutcome(exception=killed)
    if info.hasExited and info.exitStatus == host.EXIT_UNWRITTEN:
        return CallOutcome(exception=make(errors.ResultNotWrittenError, "its result could not be written"))
    if info.succeeded:
        text = "it ended well, and its result is not in the spool directory"
        return CallOutcome(exception=make(errors.CallLostError, text))
    if info.hasExited:
        exited = make(errors.CallExitedError, f"its process ended with exit status {info.exitStatus}")
        exited.status = info.exitStatus
        return CallOutcome(exception=exited)
    return CallOutcome(exception=make(errors.CallLostError, why))


_TIME = (ReasonKind.TIME_LIMIT, ReasonKind.SOFT_TIME_LIMIT, ReasonKind.CPU_LIMIT)
_BY_KIND: tuple[tuple[tuple[ReasonKind, ...], Callable[..., errors.JobCallError]], ...] = (
    ((ReasonKind.OUT_OF_MEMORY,), errors.MemoryLimitError),
    (_TIME, errors.TimeLimitError),
    ((ReasonKind.FILE_SIZE_LIMIT, ReasonKind.LIMIT), errors.CallKilledError),
    ((ReasonKind.NOT_STARTED, ReasonKind.APPLICATION_ERROR), errors.NotStartedError),
    ((ReasonKind.DELETED, ReasonKind.DELETED_BY_SESSION), errors.CallDeletedError),
    ((ReasonKind.LOST,), errors.CallLostError),
)


def _is_not_shared(job: JobFacts, info: JobInfo) -> bool:
    named = re.escape(job.spool)
    if info.wasAborted and re.search(rf"(chdir to|file) \W?{named}", str(info.reason)):
        return True  # Grid Engine could not enter it, or open the output file in it
    return info.hasExited and not job.has_log and info.exitStatus != 0


class _Maker:
    """Makes exceptions about one job."""

    def __init__(self, job: JobFacts, name: str) -> None:
        self._job, self._host = job, name or job.info.host

    def __call__(self, kind: Callable[..., Any], text: str) -> Any:  # noqa: ANN401  # what kind makes
        job = self._job
        log = job.log if job.tail else ""
        return kind(text, job=job.id, host=self._host, log=log, tail=job.tail, info=job.info)


def _raised(found: SpooledResult, job: JobFacts) -> BaseException:
    """The exception of the function, with the traceback that it had there."""
    head = found.head
    there = errors.RemoteTraceback(head["traceback"])
    if isinstance(found.value, Exception) and found.trouble is None:
        found.value.__cause__ = there
        return found.value
    text = f"the function raised {head['type']}: {head['text']}"
    made: errors.RemoteCallError = _Maker(job, head["host"])(errors.RemoteCallError, text)
    made.type_name, made.remote_text, made.__cause__ = head["type"], head["text"], there
    return made


def _not_read(found: SpooledResult, job: JobFacts) -> BaseException:
    trouble = found.trouble
    text = f"what the function returned cannot be read here: {type(trouble).__name__}: {trouble}"
    made: BaseException = _Maker(job, found.head["host"])(errors.ResultNotReadError, text)
    made.__cause__ = trouble
    return made


def _refused(head: Mapping[str, Any], job: JobFacts) -> BaseException:
    make = _Maker(job, head["host"])
    kind = head["kind"]
    if kind == host.EXITED:
        said = f": {head['text']}" if head["text"] and not head["text"].isdigit() else ""
        exited: errors.CallExitedError = make(
            errors.CallExitedError, f"the function called sys.exit(), status {head['status']}{said}"
        )
        exited.status = head["status"]
        return exited
    if kind == host.OTHER_PYTHON:
        text = (
            f"{head['executable']} there is Python {head['python']}, and the program's is {job.python};"
            " functions cannot be passed between them (python= names another one)"
        )
        return make(errors.HostPythonError, text)  # type: ignore[no-any-return]
    if kind == host.UNREADABLE:
        text = f"the call cannot be read there: {head['type']}: {head['text']}"
        if head["module"]:
            text += f" (install {head['module']} for {head['executable']})"
        return _with_traceback(make(errors.CallNotReadError, text), head)
    if kind == host.NOT_PICKLED:
        text = f"what the function returned cannot be pickled: {head['type']}: {head['text']}"
        if "generator" in head["text"]:
            text += " (return a list of what it yields)"
        return _with_traceback(make(errors.ResultNotPickledError, text), head)
    unwritten = make(errors.ResultNotWrittenError, f"its result could not be written: {head['text']}")
    unwritten.errno = head["errno"]
    return _with_traceback(unwritten, head)


def _with_traceback(made: BaseException, head: Mapping[str, Any]) -> BaseException:
    made.__cause__ = errors.RemoteTraceback(head["traceback"])
    return made
