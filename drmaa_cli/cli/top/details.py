"""All that is known of a job, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from drmaa_cli.cli.info import lines_of
from drmaa_cli.cli.ps import task_text
from drmaa_cli.cli.screen import visible
from drmaa_cli.cli.top.layout import plain, summary
from drmaa_cli.cli.top.model import Job, StateKind, Task, seconds
from drmaa_cli.cli.top.view import BoardRow
from drmaa_cli.cli.words import end_in_words, moment, number
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.jobs.usage import duration
from drmaa_cli.jobs.why.explanation import Explanation

MOST_RANGES = 40  # characters of task numbers
NOBODYS = "none: it was not submitted by drmaa_cli, or on another host"


def subject(row: BoardRow) -> Task:
    """The task that a line is about; of a whole array the one that is most interesting."""
    return row.single or min(row.job.tasks, key=lambda task: (task.kind, task.number))


def name_of(job: Job, task: Task) -> str:
    """The DRMAA id."""
    return str(job_id(job, task))


def job_id(job: Job, task: Task) -> JobId:
    """The same as a value."""
    return JobId(job.number, task.number if job.is_array else None)


def info_of(job: Job, task: Task) -> JobInfo | None:
    """How a task ended; None while it has not."""
    return None if task.end is None else task.end.job_info(job_id(job, task))


def details(row: BoardRow, now: float) -> list[str]:
    """What is known of a line's job."""
    pairs = _array(row.job) if row.single is None else _single(row.job, row.single, now)
    common = [("session", row.job.session or NOBODYS), ("key", row.job.key)]
    lines = [*pairs, *common]
    return [f"{name + ':':<11} {visible(text)}" for name, text in lines if text]


def _array(job: Job) -> Iterator[tuple[str, str]]:
    yield "array", f"{number(len(job.tasks))} tasks: {plain(summary(job.counts))}"
    yield "submitted", _moment(job.submitted)
    by_state: dict[tuple[StateKind, str], list[int]] = {}
    for task in job.tasks:
        by_state.setdefault((task.kind, task.state), []).append(task.number)
    for (_, state), numbers in sorted(by_state.items()):
        ranges = task_text(numbers)
        if len(ranges) > MOST_RANGES:
            ranges = ranges[:MOST_RANGES].rpartition(",")[0] + f",... ({number(len(numbers))})"
        yield "tasks", f"{ranges}: {state}"


def _single(job: Job, task: Task, now: float) -> Iterator[tuple[str, str]]:
    info = info_of(job, task)
    if info is not None:
        yield "state", end_in_words(info)
        yield from lines_of(info)
        return
    length = seconds(job, task, now)
    yield "state", task.state
    where = f"{task.where}, {task.slots} slots" if task.slots > 1 and task.where else task.where
    yield "runs on", where
    yield "submitted", _moment(job.submitted)
    if task.where:
        yield "started", _moment(task.since)
        yield "runs for", "" if length is None else duration(length)
    else:
        yield "waits for", "" if length is None else duration(length)


def _moment(seconds: float) -> str:
    return moment(seconds) if seconds > 0 else ""


def explained(answers: Iterable[Explanation]) -> list[str]:
    """Why a job waits or has ended, with the evidence and what to do; of an array for all its tasks."""
    lines: list[str] = []
    for answer in answers:
        if lines:
            lines.append("")
        of = f" ({number(answer.jobs)} tasks)" if answer.jobs > 1 else ""
        lines.append(f"{answer.id}{of}: {answer.sentence}{'' if answer.certain else ' (not certain)'}")
        lines += [f"  evidence: {text}" for text in answer.evidence]
        lines += [f"  to do:    {text}" for text in answer.advice]
    return [visible(line) for line in lines]
