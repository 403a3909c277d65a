"""Jobs to be shown, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drmaa_cli.cli.top.model import HeldSubmission, Job, job_of_record
from drmaa_cli.gridengine.records import JobRow, TaskRange, TaskSet
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.jobs.job_info import Facts
from drmaa_cli.jobs.reason import Cause

LATER = 2_000_000_000.0


def row(job: int, state: str, tasks: str = "", **fields: Any) -> JobRow:
    """A row of a listing: ``row(7, "qw", "1-3")``."""
    found = None
    if tasks:
        ranges = [part.partition("-") for part in tasks.split(",")]
        found = TaskSet(TaskRange(int(first), int(last or first)) for first, _, last in ranges)
    values = {
        "listed_as": "pending" if "q" in state else "running",
        "name": "job",
        "owner": "anna",
        "time": "2026-11-28T03:00:00",
        "queue": "" if "q" in state else "all.q@node7",
        "slots": 1,
    }
    return JobRow(job=job, tasks=found, state=state, **{**values, **fields})


def end(code: int = 0, *, outcome: Outcome = Outcome.EXITED, at: float = 1000.0, took: float = 5.0) -> End:
    """An end: ``end(3)``."""
    cause = Cause.EXITED if outcome is Outcome.EXITED else Cause.DELETED
    if outcome is Outcome.SIGNALED:
        cause = Cause.SIGNAL
    usage = f"cpu=1.0000 submission_time=1.0000 start_time={at - took:.4f} end_time={at:.4f}"
    return End(outcome, code, usage, Facts(cause, host="node7", queue="all.q", slots=1, wallclock=took))


def record(number: int = 7, tasks: int = 0, **fields: Any) -> HeldSubmission:
    """What a session has of a submission."""
    values: dict[str, Any] = {
        "session": "nightly",
        "name": "align",
        "key": "",
        "submitted": 100.0,
        "tasks": TaskRange(1, tasks) if tasks else None,
        "ended": {},
    }
    return HeldSubmission(number=number, **{**values, **fields})


def job(number: int = 7, tasks: int = 0, rows: Sequence[JobRow] = (), **fields: Any) -> Job:
    """A job of a session."""
    return job_of_record(record(number, tasks, **fields), rows, LATER)
