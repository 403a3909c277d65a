"""How a job ended: the end itself, and the JobInfo that wait() makes of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

from drmaa_cli.constants import JobState
from drmaa_cli.gridengine import failed
from drmaa_cli.gridengine.failed import Fate
from drmaa_cli.gridengine.records import RUSAGE, AccountingRecord, JobId
from drmaa_cli.gridengine.signals import SIGNAL_BASE, sge_signal_number, signal_name, signal_of
from drmaa_cli.jobs.job_info import NO_FACTS, Facts, JobInfo
from drmaa_cli.jobs.reason import Cause, Deletion
from drmaa_cli.typed import NamedTuple

__all__ = [
    "NO_SLOT_AT_ONCE",
    "Deletion",
    "End",
    "JobInfo",
    "Outcome",
    "end_of_record",
    "end_of_usage",
    "end_without_record",
    "end_without_usage",
]

SIGKILL = 9
_RECORDED = {  # what a deletion is once accounting tells of it
    Deletion.NONE: Deletion.SEEN,
    Deletion.SEEN: Deletion.SEEN,
    Deletion.ASKED: Deletion.CERTAIN,
    Deletion.CERTAIN: Deletion.CERTAIN,
}
DELETED = (Deletion.SEEN, Deletion.CERTAIN)
# What execd samples while a job runs, in the order in which libdrmaa lists it (observed, libdrmaa 8.1.9).
_SAMPLED = ("io", "iow", "mem", "cpu", "vmem", "maxvmem")
_ONLINE = ("cpu", "mem", "io", "iow", "maxvmem")
_WHOLE_USAGE = (
    *_SAMPLED,
    "submission_time",
    "priority",
    "exit_status",
    "signal",
    "start_time",
    "end_time",
    "ru_wallclock",
    *RUSAGE,
    *(f"acct_{name}" for name in _ONLINE),
)


class Outcome(enum.Enum):
    """The ways a job can end."""

    EXITED = "exited"
    SIGNALED = "signaled"
    ABORTED = "aborted"  # deleted while it ran, or never properly started
    LOST = "lost"  # it ran, and what became of it is not on record
    NO_USAGE = "no usage"  # gone without an accounting record: deleted while it was pending


class End(NamedTuple):
    """The end of one job or task.

    Attributes:
        outcome: which way.
        value: the exit status, or the number of the signal.
        usage: ``name=value`` words in libdrmaa's order, values as ``%.4f``; '' without usage.
        facts: what else is known of it.
    """

    outcome: Outcome
    value: int
    usage: str
    facts: Facts = NO_FACTS

    @property
    def succeeded(self) -> bool:
        """Whether the job certainly ran to its end by itself and exited with 0."""
        return self.outcome is Outcome.EXITED and self.value == 0 and self.facts.cause in (None, Cause.EXITED)

    def state(self, strict: bool = False) -> str:
        """``done`` for whatever ran, ``failed`` for what did not or was deleted, as libdrmaa 8.1.9 answers.

        With strict, whatever did not succeed is ``failed``, as the text of the standard has it.
        """
        ran = self.outcome in (Outcome.EXITED, Outcome.SIGNALED, Outcome.LOST)
        return JobState.DONE if ran and (self.succeeded or not strict) else JobState.FAILED

    def job_info(self, job: JobId) -> JobInfo:
        """What wait() returns, which raises where nothing was recorded: as_completed() tells of that, too.

        ``hasCoreDump`` is always False: Grid Engine's commands do not tell of it.
        """
        return JobInfo(
            jobId=str(job),
            hasExited=self.outcome is Outcome.EXITED,
            hasSignal=self.outcome is Outcome.SIGNALED,
            terminatedSignal=signal_name(self.value) if self.outcome is Outcome.SIGNALED else "",
            hasCoreDump=False,
            wasAborted=self.outcome in (Outcome.ABORTED, Outcome.NO_USAGE),
            exitStatus=self.value if self.outcome is Outcome.EXITED else 0,
            resourceUsage=self.resource_usage(),
        ).with_facts(self.facts)

    def describe(self) -> str:
        """The end in a few words, for a log: ``exit 3``, ``SIGKILL (killed by SIGKILL) on node7``."""
        how = self.outcome.value
        if self.outcome is Outcome.EXITED:
            how = f"exit {self.value}"
        elif self.outcome is Outcome.SIGNALED:
            how = signal_name(self.value)
        reason = f" ({self.facts.reason})" if self.facts.reason else ""
        return f"{how}{reason}" + (f" on {self.facts.host}" if self.facts.host else "")

    def resource_usage(self) -> dict[str, str]:
        """The usage as a dict of str, in libdrmaa's order."""
        pairs = (word.partition("=") for word in self.usage.split())
        return {name: value for name, _, value in pairs}


def end_without_usage(deletion: Deletion, text: str = "gone without an accounting record") -> End:
    """The end of a job of which nothing was recorded: deleted before it ran, or by force."""
    return End(Outcome.NO_USAGE, 0, "", Facts(Cause.DELETED, text, deletion=deletion.value))


NO_SLOT_AT_ONCE = End(Outcome.NO_USAGE, 0, "", Facts(Cause.NOT_STARTED, "no slot was free at once (-now y)"))


def end_of_record(record: AccountingRecord, deletion: Deletion = Deletion.NONE, sentence: str = "") -> End:
    """The end that a final accounting record tells of.

    Args:
        record: the last run attempt of a job that is gone from the qmaster (or in its error state).
        deletion: whether it was deleted: a record cannot tell qdel from kill -9.
        sentence: what `qstat -j` gave as the reason of its error state.
    """
    if record.deleted_by and not _by_limit(record) and (record.failed != failed.OK or _forced(record)):
        deletion = _RECORDED[deletion]  # else it ended by itself before the deletion reached it
    if _forced(record) and deletion not in DELETED:
        return end_without_usage(deletion, "deleted by force while it ran")
    outcome, value, cause = _outcome(record, failed.of_code(record.failed).fate, deletion)
    started = record.start_time > 0
    usage = _words(_usage_of(record) if started else _usage_without_start(record))
    return End(outcome, value, usage, _facts(record, cause, value, sentence, deletion))


def _outcome(record: AccountingRecord, fate: Fate, deletion: Deletion) -> tuple[Outcome, int, Cause]:
    """The rules of libdrmaa 8.1.9, as observed for every code; see :mod:`drmaa_cli.gridengine.failed`."""
    signal = record.exit_status - SIGNAL_BASE if fate is Fate.KILLED else 0
    if fate is Fate.NOT_STARTED:
        return Outcome.ABORTED, 0, Cause.NOT_STARTED
    if fate is Fate.APPLICATION_ERROR:
        return Outcome.ABORTED, 0, Cause.APPLICATION_ERROR
    if deletion in DELETED or (deletion is Deletion.ASKED and signal == SIGKILL):
        return Outcome.ABORTED, 0, Cause.DELETED
    if record.start_time <= 0:
        return Outcome.LOST, 0, Cause.LOST
    limit = _by_limit(record)
    if signal > 0:
        return Outcome.SIGNALED, signal, Cause.LIMIT if limit else Cause.SIGNAL
    if fate is Fate.RAN:
        return Outcome.EXITED, record.exit_status, Cause.EXITED
    return Outcome.EXITED, record.exit_status, Cause.LIMIT if limit else Cause.LOST


def _by_limit(record: AccountingRecord) -> bool:
    """Whether Grid Engine ended the job at a limit; execd's own enforcement is on record with OCS 9 only."""
    return record.failed == failed.QMASTER_LIMIT or record.deleted_by.startswith("execd@")


def _forced(record: AccountingRecord) -> bool:
    """Whether the job was deleted by `qdel -f` while it ran.

    Its record looks like a good one with exit status 0, in which nothing was ever measured (capture
    ``qacct.after_forced_delete.later``); libdrmaa has no usage of it.
    """
    return (
        record.failed == failed.OK
        and record.exit_status == 0
        and not any(getattr(record, name) for name in ("ru_wallclock", *RUSAGE, *_ONLINE))
    )


def _facts(record: AccountingRecord, cause: Cause, value: int, sentence: str, deletion: Deletion) -> Facts:
    text = failed.of_code(record.failed).text
    if cause is Cause.DELETED:
        text = f"deleted by {record.deleted_by}" if record.deleted_by else "deleted"
    elif cause is Cause.LIMIT:
        text = failed.of_code(failed.QMASTER_LIMIT).text
    elif cause is Cause.SIGNAL:
        text = f"killed by {signal_name(value)}"
    elif cause is Cause.LOST and record.failed == failed.OK:
        text = "the job has no start time on record"
    if sentence and cause is not Cause.DELETED:
        text = f"{text}: {sentence}" if text else sentence
    return Facts(
        cause=cause,
        reason=text,
        host=record.hostname,
        queue=record.qname,
        slots=record.slots,
        requests="" if record.category == "NONE" else record.category,
        failed=record.failed,
        wallclock=float(record.wallclock or record.ru_wallclock),
        deletion=deletion.value if cause is Cause.DELETED else Deletion.NONE.value,
        deleted_by=record.deleted_by,
    )


def end_of_usage(usage: Mapping[str, float]) -> End:
    """The end of a job that exited by itself, from the usage list that the qmaster shows for a moment."""
    return End(Outcome.EXITED, int(usage["exit_status"]), _words(_ordered(usage)), Facts(Cause.EXITED))


def end_of_usage_alone(usage: Mapping[str, float], deletion: Deletion) -> End:
    """The same where the cell writes no accounting: it is all that will ever be known of any end."""
    killed = signal_of(int(usage.get("exit_status", 0))) if usage.get("signal") else 0
    words = _words(_ordered(usage))
    if deletion in DELETED or (deletion is Deletion.ASKED and killed == SIGKILL):
        return End(Outcome.ABORTED, 0, words, Facts(Cause.DELETED, deletion=deletion.value))
    if killed:
        return End(Outcome.SIGNALED, killed, words, Facts(Cause.SIGNAL))
    return end_of_usage(usage)


def end_without_record(submission_time: float, sentence: str) -> End:
    """The end of a job in error state of which there is no record."""
    figures = [*((name, 0.0) for name in _SAMPLED), ("submission_time", submission_time), ("priority", 0.0)]
    return End(Outcome.ABORTED, 0, _words(figures), Facts(Cause.NOT_STARTED, sentence))


def _usage_without_start(record: AccountingRecord) -> list[tuple[str, float]]:
    """All that libdrmaa reports of a job that could not start, and of one whose shepherd died (observed)."""
    figures = [(name, float(getattr(record, name, 0.0))) for name in _SAMPLED]
    return [*figures, ("submission_time", record.submission_time), ("priority", record.priority)]


def _usage_of(record: AccountingRecord) -> list[tuple[str, float]]:
    killed = 0
    if failed.of_code(record.failed).fate is Fate.KILLED:
        killed = max(record.exit_status - SIGNAL_BASE, 0)
    figures: dict[str, float] = {
        "submission_time": record.submission_time,
        "priority": record.priority,
        "exit_status": record.exit_status,
        "signal": sge_signal_number(killed),
        "start_time": record.start_time,
        "end_time": record.end_time,
    }
    for name in ("ru_wallclock", *RUSAGE, *_ONLINE):
        figures[name] = float(getattr(record, name))
    figures.update({f"acct_{name}": figures[name] for name in _ONLINE})
    return _ordered(figures)


def _ordered(figures: Mapping[str, float]) -> list[tuple[str, float]]:
    """The figures in libdrmaa's order; ``vmem``, of which accounting does not tell, is 0 after the end."""
    known = {"vmem": 0.0, **figures}
    return [(name, known[name]) for name in _WHOLE_USAGE if name in known]


def _words(usage: Iterable[tuple[str, float]]) -> str:
    return " ".join(f"{name}={value:.4f}" for name, value in usage)
