"""Lines of the accounting file (accounting(5)): 45 fields, one line for each run attempt of a task."""

from __future__ import annotations

from ..model import Exit, Granted, Job, JobSpec, Range, Task

HEADER = "# Version: 8.1.9\n# \n# DO NOT MODIFY THIS FILE MANUALLY!\n# \n"

_RUSAGE = (
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
)
_FLOATS = {"ru_utime", "ru_stime", "ru_maxrss", "ru_inblock"}


def category(spec: JobSpec) -> str:
    """The job category: the requests by which the scheduler tells kinds of jobs apart; NONE without any.

    Lists are sorted, times are seconds, soft queues do not count (observed on 8.1.9).
    """
    parts: list[str] = []
    if spec.hard_queues:
        parts.append("-q " + ",".join(sorted(spec.hard_queues)))
    if spec.master_queues:
        parts.append("-masterq " + ",".join(sorted(spec.master_queues)))
    if spec.hard_resources:
        parts.append("-l " + ",".join(sorted(f"{item.name}={item.value}" for item in spec.hard_resources)))
    if spec.soft_resources:
        parts.append(
            "-soft -l " + ",".join(sorted(f"{item.name}={item.value}" for item in spec.soft_resources))
        )
    if spec.pe:
        parts.append(f"-pe {spec.pe} {','.join(map(_slots, sorted(spec.pe_ranges)))}")
    if spec.checkpoint:
        parts.append(f"-ckpt {spec.checkpoint}")
    if spec.project:
        parts.append(f"-P {spec.project}")
    return " ".join(parts) or "NONE"


def _slots(piece: Range) -> str:
    if piece.first == piece.last:
        return str(piece.first)
    return f"{piece.first}{',' if piece.last == piece.first + 1 else '-'}{piece.last}"


def accounting_line(job: Job, task: Task, end: Exit, granted: Granted) -> str:
    """One line without its newline; ``granted`` is the master queue of the attempt."""
    spec, usage = job.spec, end.usage
    rusage = [
        f"{usage.get(name, 0.0):.6f}" if name in _FLOATS else str(int(usage.get(name, 0.0)))
        for name in _RUSAGE
    ]
    wallclock = int(end.end_time) - int(end.start_time) if end.start_time else 0
    fields = [
        granted.queue,
        granted.host,
        spec.group,
        spec.owner,
        spec.name,
        str(job.number),
        spec.account,
        "0",
        str(int(job.submission_time)),
        str(int(end.start_time)),
        str(int(end.end_time)),
        str(end.failed),
        str(end.exit_status),
        str(wallclock),
        *rusage,
        spec.project or "NONE",
        spec.department,
        task.granted_pe or "NONE",
        str(max(1, task.slots)),
        str(task.number if spec.is_array else 0),
        f"{usage.get('cpu', usage.get('ru_utime', 0.0) + usage.get('ru_stime', 0.0)):.6f}",
        f"{usage.get('mem', 0.0):.6f}",
        f"{usage.get('io', 0.0):.6f}",
        category(spec),
        f"{usage.get('iow', 0.0):.6f}",
        "NONE",
        f"{usage.get('maxvmem', 0.0):.6f}",
        str(spec.advance_reservation),
        "0",
    ]
    return ":".join(fields)
