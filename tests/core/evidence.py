"""Records, listings and details built from recorded ones: only numbers, names and times are replaced."""

from __future__ import annotations

from functools import lru_cache

from drmaa_cli.gridengine import qacct
from drmaa_cli.gridengine.accounting import parse_line
from drmaa_cli.gridengine.qstat import parse_details
from drmaa_cli.gridengine.records import (
    AccountingRecord,
    Details,
    JobDetail,
    JobRow,
    TaskDetail,
    TaskRange,
    TaskSet,
)
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.lifecycle import EndedTasks
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import Rules, TrackedJob
from tests.gridengine import captured

SUBMITTED = 1795426022.0  # 2026-11-23 09:27:02 UTC, the time of the captures
NUMBER = 867
RULES = Rules(grace=30.0)
NOTHING = Details((), frozenset())


@lru_cache(maxsize=1)
def recorded() -> dict[tuple[int, int], AccountingRecord]:
    """Every record of capture qacct.j_noarg, the latest of each job and task."""
    found = qacct.parse(captured.case("qacct.j_noarg").result)
    return {(record.job, record.task): record for record in found}


@lru_cache(maxsize=1)
def attempts() -> dict[int, tuple[AccountingRecord, ...]]:
    """All records of capture qacct.j_noarg by job number, oldest first."""
    found: dict[int, tuple[AccountingRecord, ...]] = {}
    for record in qacct.parse(captured.case("qacct.j_noarg").result):
        found[record.job] = (*found.get(record.job, ()), record)
    return found


def raw_line(name: str) -> str:
    """The line of the accounting file that was recorded with a case."""
    (line,) = captured.case(name).accounting_lines
    return line


def line(
    case: str = "qacct.j_exit0",
    *,
    job: int = NUMBER,
    task: int = 0,
    name: str | None = None,
    owner: str | None = None,
    submitted: float = SUBMITTED,
    failed: int | None = None,
    status: int | None = None,
    account: str | None = None,
    started: bool = True,
) -> bytes:
    """A recorded line of the accounting file for another job."""
    fields = raw_line(case).split(":")
    fields[5], fields[35], fields[8] = str(job), str(task), str(int(submitted))
    fields[9] = str(int(submitted) + 2) if started else "0"
    fields[10] = str(int(submitted) + 3) if started else "0"
    for place, value in ((4, name), (3, owner), (11, failed), (12, status), (6, account)):
        if value is not None:
            fields[place] = str(value)
    return ":".join(fields).encode() + b"\n"


def record(case: str = "qacct.j_exit0", **changes: object) -> AccountingRecord:
    """The same as a record."""
    return parse_line(line(case, **changes))  # type: ignore[arg-type]  # passed on


def moved(found: AccountingRecord, job: int, task: int = 0, submitted: float = SUBMITTED) -> AccountingRecord:
    """A recorded record for another job, its times moved along."""
    shift = submitted - found.submission_time
    start = found.start_time + shift if found.start_time > 0 else found.start_time
    end = found.end_time + shift if found.end_time > 0 else found.end_time
    return found._replace(job=job, task=task, submission_time=submitted, start_time=start, end_time=end)


def known(
    job: int = NUMBER, tasks: TaskRange | None = None, *, order: int = 1, submitted: float = SUBMITTED
) -> TrackedJob:
    """A job as the table holds it after its submission."""
    return TrackedJob(job, order, tasks, submitted)


def ended(number: int, task: int, end: End) -> EndedTasks:
    """One task has ended."""
    return EndedTasks(number, TaskNumbers(TaskRange(task, task)), end)


def row(state: str = "r", tasks: TaskSet | None = None, job: int = NUMBER) -> JobRow:
    """A row of a listing (capture state.r.xml)."""
    listed = "pending" if "w" in state else "running"
    return JobRow(job, tasks, state, listed, "first", "grid2", "2026-11-23T09:30:35", "cap.q@localhost", 1)


def task_set(*numbers: int) -> TaskSet:
    """These tasks, a range each."""
    return TaskSet(TaskRange(number, number) for number in numbers)


@lru_cache(maxsize=8)
def _window(name: str) -> JobDetail:
    result = captured.case(name).result
    (job,) = parse_details(result, [int(result.argv[2])]).jobs
    return job


def window(
    job: int = NUMBER,
    tasks: TaskRange | None = None,
    *,
    changes: dict[str, float] | None = None,
    status: int = 65536,
    finished: tuple[int, ...] = (1,),
    submitted: float = SUBMITTED,
) -> Details:
    """`qstat -j` in the moment after a job's end (capture state.finished_window.j_xml)."""
    template = _window("state.finished_window.j_xml")
    usage = {**template.details[0].usage, **(changes or {})}
    details = tuple(TaskDetail(number, status, usage, ()) for number in finished)
    found = template._replace(
        job=job,
        submission_time=submitted,
        is_array=tasks is not None,
        tasks=tasks or TaskRange(1, 1),
        details=details,
    )
    return Details.of([found], [job])


def faulty(*messages: str, job: int = NUMBER, tasks: TaskRange | None = None, task: int = 1) -> Details:
    """`qstat -j` of a job in its error state (its QIM_message elements: capture state.Eqw.j_xml)."""
    found = _window("state.finished_window.j_xml")._replace(
        job=job,
        submission_time=SUBMITTED,
        is_array=tasks is not None,
        tasks=tasks or TaskRange(1, 1),
        details=(TaskDetail(task, 0, {}, messages),),
    )
    return Details.of([found], [job])
