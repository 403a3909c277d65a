"""How a job ended: the end itself, and the JobInfo that wait() makes of it."""

from __future__ import annotations

import enum
from collections import namedtuple
from typing import TYPE_CHECKING, NamedTuple

from drmaa_cli.constants import JobState
from drmaa_cli.gridengine.signals import sge_signal_number, signal_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drmaa_cli.gridengine.records import AccountingRecord, JobId

JobInfo = namedtuple(
    "JobInfo", "jobId hasExited hasSignal terminatedSignal hasCoreDump wasAborted exitStatus resourceUsage"
)

# accounting(5) and sge_status(5): what `failed` says of a run attempt.
FAILED_BY_SIGNAL = frozenset({17, 37, 100})  # killed: a signal, an enforced limit, "assumedly after job"
FAILED_AFTER_JOB = frozenset({0, 12, 13, 14, 15, 16})  # the job ran and its exit status is valid
SIGNAL_BASE = 128

# The order in which libdrmaa lists the usage of a job (observed, libdrmaa 8.1.9).
_RUSAGE = [
    "ru_wallclock",
    "ru_utime",
    "ru_stime",
    "ru_maxrss",
    "ru_ixrss",
    "ru_ismrss",
    "ru_idrss",
    "ru_isrss",
    "ru_minflt",
    "ru_majflt",
    "ru_nswap",
    "ru_inblock",
    "ru_oublock",
    "ru_msgsnd",
    "ru_msgrcv",
    "ru_nsignals",
    "ru_nvcsw",
    "ru_nivcsw",
]
_ONLINE = ["cpu", "mem", "io", "iow", "maxvmem"]


class Outcome(enum.Enum):
    """The ways a job can end."""

    EXITED = "exited"
    SIGNALED = "signaled"
    ABORTED = "aborted"  # deleted while it ran, or never properly started
    NO_USAGE = "no usage"  # gone without an accounting record: deleted while it was pending


class End(NamedTuple):
    """The end of one job or task.

    Attributes:
        outcome: which way.
        value: the exit status, or the number of the signal.
        usage: ``name=value`` words in libdrmaa's order, values as ``%.4f``; '' without usage.
    """

    outcome: Outcome
    value: int
    usage: str

    def state(self, strict: bool = False) -> str:
        """``done`` for whatever ran, ``failed`` for what did not or was deleted, as libdrmaa 8.1.9 answers.

        With strict, a non-zero exit or a signal is ``failed`` too, as the text of the standard has it.
        """
        if self.outcome is Outcome.EXITED and not (strict and self.value):
            return JobState.DONE
        if self.outcome is Outcome.SIGNALED and not strict:
            return JobState.DONE
        return JobState.FAILED

    def job_info(self, job: JobId) -> JobInfo:
        """What wait() returns. ``hasCoreDump`` is always False: Grid Engine's commands do not tell of it."""
        return JobInfo(
            jobId=str(job),
            hasExited=self.outcome is Outcome.EXITED,
            hasSignal=self.outcome is Outcome.SIGNALED,
            terminatedSignal=signal_name(self.value) if self.outcome is Outcome.SIGNALED else "",
            hasCoreDump=False,
            wasAborted=self.outcome is Outcome.ABORTED,
            exitStatus=self.value if self.outcome is Outcome.EXITED else 0,
            resourceUsage=self.resource_usage(),
        )

    def resource_usage(self) -> dict[str, str]:
        """The usage as a dict of str, in libdrmaa's order."""
        pairs = (word.partition("=") for word in self.usage.split())
        return {name: value for name, _, value in pairs}


NO_USAGE = End(Outcome.NO_USAGE, 0, "")


def end_of_record(record: AccountingRecord, deleted: bool) -> End:
    """The end that a final accounting record tells of.

    Args:
        record: the last run attempt of a job that is gone from the qmaster (or in its error state).
        deleted: whether the session itself had the job deleted: a record cannot tell qdel from kill -9.
    """
    if record.start_time <= 0:
        return End(Outcome.ABORTED, 0, never_started(record.submission_time, record.priority))
    usage = _words(_usage_of(record))
    if record.failed in FAILED_AFTER_JOB:
        return End(Outcome.EXITED, record.exit_status, usage)
    if record.failed in FAILED_BY_SIGNAL and record.exit_status > SIGNAL_BASE and not deleted:
        return End(Outcome.SIGNALED, record.exit_status - SIGNAL_BASE, usage)
    return End(Outcome.ABORTED, 0, usage)


def end_of_usage(usage: Mapping[str, float]) -> End:
    """The end of a job that exited by itself, from the usage list that the qmaster shows for a moment."""
    return End(Outcome.EXITED, int(usage["exit_status"]), _words(list(usage.items())))


def never_started(submission_time: float, priority: float = 0) -> str:
    """All that libdrmaa reports of a job that could not start (observed)."""
    return _words([("submission_time", submission_time), ("priority", priority)])


def _usage_of(record: AccountingRecord) -> list[tuple[str, float]]:
    killed = record.exit_status - SIGNAL_BASE if record.failed in FAILED_BY_SIGNAL else 0
    first: list[tuple[str, float]] = [
        ("submission_time", record.submission_time),
        ("priority", record.priority),
        ("exit_status", record.exit_status),
        ("signal", sge_signal_number(killed) if killed > 0 else 0),
        ("start_time", record.start_time),
        ("end_time", record.end_time),
    ]
    resources = [(name, float(getattr(record, name))) for name in _RUSAGE]
    derived = [(f"acct_{name}", float(getattr(record, name))) for name in _ONLINE]
    return first + resources + derived + [(name, float(getattr(record, name))) for name in _ONLINE]


def _words(usage: list[tuple[str, float]]) -> str:
    return " ".join(f"{name}={value:.4f}" for name, value in usage)
