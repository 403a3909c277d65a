"""The kept sessions' jobs as values: what ``sessions show`` and ``sessions export`` print."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence

from drmaa_cli.cli.ends import of_drmaa
from drmaa_cli.cli.shapes import end_shape
from drmaa_cli.errors import DrmaaException
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.gridengine.signals import signal_name
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.cli.place import SessionPlace
    from drmaa_cli.store.expiry import SessionSummary
    from drmaa_cli.store.session_store import StoredJob, StoredTask

JOB_FIELDS = ("session", "id", "key", "name", "submitted")


def entries(job: StoredJob) -> list[dict[str, object]]:
    """A submission task by task, as ``sessions show`` has them."""
    return [_entry(job, number, task) for number, task in job.task_by_task()]


def _entry(job: StoredJob, number: int, task: StoredTask | None) -> dict[str, object]:
    end, name = task.end if task else None, job.id_of(number)
    return {
        "id": None if name is None else str(name),
        "key": job.intent.key,
        "name": job.intent.name,
        "submitted": job.intent.submitted,
        "end": end.outcome.value if end else None,
        "value": end.value if end else None,
        "text": _how(end) if end else ("" if name is not None else "answer of qsub lost"),
        "reaped": bool(task and task.reaped),
    }


def _how(end: End) -> str:
    if end.outcome is Outcome.EXITED:
        return f"exit {end.value}"
    if end.outcome is Outcome.SIGNALED:
        return signal_name(end.value)
    return str(end.outcome.value)


def exported(sessions: Iterable[SessionSummary]) -> Iterator[dict[str, object]]:
    """Every job and task of some sessions with all that is on record of its end."""
    for session in sessions:
        for job in session.jobs:
            for number, task in job.task_by_task():
                name = job.id_of(number)
                yield {
                    "session": session.name,
                    "id": None if name is None else str(name),
                    "key": job.intent.key,
                    "name": job.intent.name,
                    "submitted": job.intent.submitted,
                    "end": _end(task, name),
                }


def _end(task: StoredTask | None, name: JobId | None) -> dict[str, object] | None:
    if task is None or task.end is None or name is None:
        return None
    return end_shape(task.end.job_info(name))


def write_csv(jobs: Sequence[dict[str, object]]) -> None:
    """Print exported jobs as a table for spreadsheets: the fields of the end beside those of the job."""
    ends = [job["end"] for job in jobs]
    fields = next((list(end) for end in ends if isinstance(end, dict)), [])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*JOB_FIELDS, *fields])
    for job, end in zip(jobs, ends):
        values = [end[name] if isinstance(end, dict) else None for name in fields]
        writer.writerow([_cell(value) for value in [*(job[name] for name in JOB_FIELDS), *values]])


def _cell(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else value


def refresh(sessions: Sequence[SessionSummary], place: SessionPlace) -> list[str]:
    """Take up each session of the cell that has jobs whose ends are not known, and ask; what did not work."""
    trouble, cell = [], place.cell
    for session in sessions:
        if session.problem or not session.unfinished or (cell is not None and not session.is_of(cell)):
            continue
        try:
            with place.other(session.name).begin() as taken_up:
                taken_up.jobs()
        except DrmaaException as err:
            trouble.append(f"session {session.name}: {of_drmaa(err)}")
    return trouble
