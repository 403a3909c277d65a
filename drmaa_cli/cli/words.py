"""Jobs in words: states, ends and amounts as people say them."""

from __future__ import annotations

import math
import time

from drmaa_cli.cli import ends
from drmaa_cli.constants import JobState
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.jobs.usage_groups import Spread

FEWEST = 10  # figures of which it is told how they are spread, not only between what they are
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


def end_in_words(info: JobInfo, circumstances: str = "") -> str:
    """How a job ended: ``exit 3``, ``killed by SIGKILL``, ``aborted``, with the reason that is known.

    Args:
        info: the end.
        circumstances: when and where, to stand between how it ended and why.
    """
    if info.hasExited:
        how = f"exit {info.exitStatus}"
    elif info.hasSignal:
        how = f"killed by {info.terminatedSignal}"
    else:
        how = "aborted" if info.wasAborted else "lost"
    reason = ends.one_line(info.reason)
    if reason.startswith(how):
        return how + circumstances + reason[len(how) :]
    return how + circumstances + ("" if reason in how else f": {reason}")


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


def moment(seconds: float) -> str:
    """A point in time; '-' where there is none."""
    if not math.isfinite(seconds) or seconds <= 0:
        return "-"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def number(count: int) -> str:
    """A count, its thousands set apart."""
    return f"{count:,}"


def jobs(count: int) -> str:
    """So many jobs."""
    return "1 job" if count == 1 else f"{number(count)} jobs"


def spread_in_words(spread: Spread, verb: str, shown: Callable[[float], str]) -> str:
    """How figures are spread: ``used 3 s``, ``all used 3 s``, ``used 3 s to 9 s``, ``half used up ...``."""
    least, most = shown(spread.least), shown(spread.most)
    if least == most:
        return f"{'all ' if spread.known > 1 else ''}{verb} {most}"
    if spread.known < FEWEST:
        return f"{verb} {least} to {most}"
    median, nearly = shown(spread.median), shown(spread.p95)
    return f"half {verb} up to {median}, 95% up to {nearly}, all up to {most}"
