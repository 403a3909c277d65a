"""Jobs in words: states, ends and amounts as people say them."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from drmaa_cli.cli import ends
from drmaa_cli.constants import JobState

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo

STATES = {
    JobState.UNDETERMINED: "unknown",
    JobState.QUEUED_ACTIVE: "queued",
    JobState.SYSTEM_ON_HOLD: "held by the system",
    JobState.USER_ON_HOLD: "held",
    JobState.USER_SYSTEM_ON_HOLD: "held by user and system",
    JobState.RUNNING: "running",
    JobState.SYSTEM_SUSPENDED: "suspended by the system",
    JobState.USER_SUSPENDED: "suspended",
    JobState.USER_SYSTEM_SUSPENDED: "suspended by user and system",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
}
COLOURS = {"running": "green", "failed": "red", "suspended": "yellow", "held": "yellow"}
NOT_ENDED = frozenset(STATES) - {JobState.DONE, JobState.FAILED}


def end_in_words(info: JobInfo) -> str:
    """How a job ended: ``exit 3``, ``killed by SIGKILL``, ``aborted``, with the reason that is known."""
    if info.hasExited:
        how = f"exit {info.exitStatus}"
    elif info.hasSignal:
        how = f"killed by {info.terminatedSignal}"
    else:
        how = "aborted" if info.wasAborted else "lost"
    reason = ends.one_line(info.reason)
    return how if not reason or reason in how else f"{how}: {reason}"


def exit_code(info: JobInfo) -> int:
    """A job's end as the exit code of a command that stands for it."""
    if info.hasExited:
        return info.exitStatus
    if info.hasSignal:
        return 128 + _signal_number(info.terminatedSignal)
    return ends.ABORTED


def _signal_number(name: str) -> int:
    import signal  # noqa: PLC0415  # not for --help

    found = getattr(signal, name, None)
    return int(found) if isinstance(found, signal.Signals) else 0


def duration(seconds: float) -> str:
    """A duration: ``0.4 s``, ``12 s``, ``3:05 min``, ``1:02:03 h``, ``2 d 03:04 h``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}:{minutes:02}:{rest:02} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02}:{minutes:02} h"


def memory(size: float) -> str:
    """An amount of bytes: ``512 B``, ``3.4 MB``, ``1.2 GB``, of 1024 each."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.3g} {unit}"
        amount /= 1024
    return f"{amount:.3g} TB"


def moment(seconds: float) -> str:
    """A point in time; '-' where there is none."""
    if not math.isfinite(seconds) or seconds <= 0:
        return "-"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def number(count: int) -> str:
    """A count, its thousands set apart."""
    return f"{count:,}"
