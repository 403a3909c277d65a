"""What ``--json`` prints of jobs; docs/schemas describes it, and what stands there stays."""

from __future__ import annotations

from drmaa_cli.constants import JobState
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.session.live import LiveJob


def job_shape(
    session: str | None,
    job: str,
    *,
    key: str | None = None,
    name: str | None = None,
    state: str | None = None,
    info: JobInfo | None = None,
) -> dict[str, object]:
    """One job: which it is, its state, and how it ended if it has."""
    if state is None and info is not None:
        state = JobState.FAILED if info.wasAborted else JobState.DONE
    return {
        "id": job,
        "session": session,
        "key": key,
        "name": name,
        "state": state,
        "end": None if info is None else end_shape(info),
    }


def end_shape(info: JobInfo) -> dict[str, object]:
    """How a job ended; numbers are seconds, bytes and epoch seconds, null where it is not known."""
    usage = info.resourceUsage

    def figure(name: str) -> float | None:
        return float(usage[name]) if name in usage else None

    return {
        "succeeded": info.succeeded,
        "exit": info.exitStatus if info.hasExited else None,
        "signal": info.terminatedSignal or None,
        "aborted": info.wasAborted,
        "reason": str(info.reason),
        "kind": info.reason.kind.value,
        "certain": info.reason.certain,
        "evidence": list(info.reason.evidence),
        "host": info.host or None,
        "queue": info.queue or None,
        "slots": info.slots or None,
        "requests": info.requests or None,
        "wallclock": info.wallclock,
        "cpu": info.cpu,
        "max_memory": info.max_memory,
        "requested_time": info.requested.time,
        "requested_memory": info.requested.memory,
        "started": figure("start_time") or None,
        "ended": figure("end_time") or None,
        "output": info.output_path or None,
        "errors": info.error_path or None,
    }


def live_shape(live: LiveJob) -> dict[str, object]:
    """A job that has not ended, as it is now; numbers as those of an end."""
    return {
        "letters": live.letters,
        "host": live.host or None,
        "queue": live.queue or None,
        "slots": live.slots,
        "requests": live.requests or None,
        "submitted": live.submitted,
        "started": live.started or None,
        "wallclock": live.wallclock,
        "cpu": live.cpu,
        "memory": live.memory,
        "max_memory": live.max_memory,
        "requested_time": live.requested.time,
        "requested_memory": live.requested.memory,
    }
