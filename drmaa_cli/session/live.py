"""What Grid Engine knows of jobs that have not ended: where they run, since when, what they use so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from drmaa_cli.gridengine import qstat, waiting
from drmaa_cli.gridengine.records import Details, JobDetail, JobId, JobRow, TaskDetail
from drmaa_cli.gridengine.requests import Requests
from drmaa_cli.gridengine.units import parse_time
from drmaa_cli.gridengine.waiting import WaitingJob
from drmaa_cli.jobs.lifecycle import covers
from drmaa_cli.jobs.tracked_job import NO_TASK
from drmaa_cli.jobs.usage import Efficiency, Requested, efficiency, requested
from drmaa_cli.session.overview import Overview
from drmaa_cli.system.cell import IDS_PER_COMMAND, Cluster
from drmaa_cli.typed import NamedTuple

FIRST_TASK = 1  # by which `qstat -j` names a job that is no array


class LiveJob(NamedTuple):
    """A job or task that is in the qmaster, as it is now.

    Attributes:
        id: its DRMAA id.
        name: its name.
        letters: its state, in the letters of qstat (``r``, ``hqw``, ``Eqw``).
        host, queue: where it runs; '' while it waits.
        slots: how many it has, or has asked for; 1 without a parallel environment.
        submitted: epoch seconds.
        started: epoch seconds; 0.0 while it waits.
        requests: what it has asked for, as qsub takes it: ``-l h_rt=100,h_vmem=1G -pe smp 2``.
        requested: the same in seconds and bytes.
        wallclock: seconds since it was started; None while it waits.
        cpu: seconds of CPU time so far; None while Grid Engine has measured nothing, as it does now and then.
        memory: bytes it uses now, by the same measure.
        max_memory: the most of them so far.
    """

    id: str
    name: str
    letters: str
    host: str
    queue: str
    slots: int
    submitted: float
    started: float
    requests: str
    requested: Requested
    wallclock: float | None
    cpu: float | None
    memory: int | None
    max_memory: int | None

    @property
    def efficiency(self) -> Efficiency:
        """How much of what it has asked for it has used so far."""
        return efficiency(self.requested, self.max_memory, self.cpu, self.wallclock, self.slots)


def live_jobs(cluster: Cluster, overview: Overview, wanted: Sequence[JobId]) -> dict[str, LiveJob]:
    """Those of some jobs of the user that are in the qmaster; one listing and one `qstat -j` for all.

    Args:
        cluster: whom to ask.
        overview: has the listing.
        wanted: jobs and tasks.

    Raises:
        DrmCommunicationException: no qmaster answers.
    """
    rows: dict[int, list[JobRow]] = {}
    for row in overview.listing().rows if wanted else ():
        rows.setdefault(row.job, []).append(row)
    numbers = sorted({job.job for job in wanted} & rows.keys())
    if not numbers:
        return {}
    details: dict[int, JobDetail] = {}
    requests: dict[int, WaitingJob] = {}
    for start in range(0, len(numbers), IDS_PER_COMMAND):
        part = numbers[start : start + IDS_PER_COMMAND]
        told, asked = cluster.retrying(lambda part=part: _ask(cluster, part))  # type: ignore[misc]  # a default of a lambda
        details.update((one.job, one) for one in told.jobs)
        requests.update(asked.jobs)
    now = cluster.clock.time()
    found = {}
    for job in wanted:
        for row in rows.get(job.job, ()):
            if job.job in details and covers(row, job.task or NO_TASK):
                found[str(job)] = _live(job, row, details[job.job], requests.get(job.job), now)
    return found


def _ask(cluster: Cluster, numbers: Sequence[int]) -> tuple[Details, waiting.SchedulerAnswer]:
    """What they use and what they have asked for: one answer, read in two ways."""
    answer = cluster.ask(qstat.details_argv(numbers))
    return qstat.parse_details(answer, numbers), waiting.parse(answer)


def _live(job: JobId, row: JobRow, detail: JobDetail, asked: WaitingJob | None, now: float) -> LiveJob:
    queue, _, host = row.queue.partition("@")
    usage = _usage(detail.details, job.task or FIRST_TASK) if queue else {}
    started = parse_time(row.time) if queue else 0.0
    slots = max(row.slots, 1)
    words = _requests(asked)
    return LiveJob(
        id=str(job),
        name=row.name,
        letters=row.state,
        host=host,
        queue=queue,
        slots=slots,
        submitted=detail.submission_time,
        started=started,
        requests=" ".join(_in_words(words)),
        requested=requested(words, slots),
        wallclock=max(now - started, 0.0) if started else None,
        cpu=usage.get("cpu"),
        memory=_bytes(usage, "vmem"),
        max_memory=_bytes(usage, "maxvmem"),
    )


def _usage(details: Sequence[TaskDetail], task: int) -> Mapping[str, float]:
    return next((detail.usage for detail in details if detail.task == task), {})


def _bytes(usage: Mapping[str, float], name: str) -> int | None:
    """A figure that was measured: of a job that nobody has looked at yet it is 0, or is not there."""
    return int(usage[name]) if usage.get(name) else None


def _requests(asked: WaitingJob | None) -> Requests:
    if asked is None:
        return Requests()
    return Requests(dict(asked.resources), pe=asked.pe, slots=asked.slots, queues=asked.queues)


def _in_words(words: Requests) -> Iterator[str]:
    if words.resources:
        yield "-l " + ",".join(f"{name}={value}" for name, value in words.resources.items())
    if words.pe:
        yield f"-pe {words.pe} {words.slots}"
    if words.queues:
        yield "-q " + ",".join(words.queues)
