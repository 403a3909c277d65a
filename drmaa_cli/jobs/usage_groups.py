"""What many jobs used beside what they had asked for, group by group, and what to ask for the next time.

Groups are of jobs that are alike: of one name but for the numbers in it, and of the same request of slots.
What is advised of a group is in :mod:`drmaa_cli.jobs.advice`.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from drmaa_cli.gridengine.requests import Requests, parse
from drmaa_cli.jobs.reason import Reason, ReasonKind
from drmaa_cli.jobs.usage import MEMORY_FIGURES, MEMORY_LIMITS, Requested, max_memory, requested
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo

FAR_OUT = 3.0  # times the middle half's width, above it: Tukey's outer fence
MUCH_MORE = 1.5  # times the median: what is less does not stand out, however alike the others are
LEAST_ODD = 8  # of fewer jobs none stands out
TOKEN = re.compile(r"[0-9A-Za-z]+", re.ASCII)
HASH = re.compile(r"(?=.*[0-9])[0-9a-fA-F]{6,}", re.ASCII)
ENDED_WELL = Reason("", ReasonKind.EXITED, True)


class UsedJob(NamedTuple):
    """What one job used beside what it had asked for; None is not known.

    Attributes:
        id: its id.
        slots: how many it had, at least 1.
        asked: what it had asked for; its memory is that of the resource in ``memory_name``.
        memory_name: the resource that ``asked.memory`` is of; '' when it had asked for none.
        memory: the most memory it used at once, in bytes; see :attr:`drmaa_cli.JobInfo.max_memory`.
        sampled: whether Grid Engine has measured its memory: of a job of less than about a second it has not.
        cpu: seconds of CPU time.
        wallclock: seconds it ran.
        submitted, started, ended: epoch seconds; 0.0 where there is none.
        well: whether it ended well.
        reason: why it ended.
    """

    id: str
    slots: int = 1
    asked: Requested = Requested()
    memory_name: str = ""
    memory: int | None = None
    sampled: bool = False
    cpu: float | None = None
    wallclock: float | None = None
    submitted: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    well: bool = True
    reason: Reason = ENDED_WELL

    @property
    def ran(self) -> bool:
        """Whether it was started at all."""
        return self.started > 0 and self.wallclock is not None

    @property
    def busy(self) -> float | None:
        """How many processors it kept busy; None for one that ran for no second."""
        return self.cpu / self.wallclock if self.cpu is not None and self.wallclock else None

    @property
    def waited(self) -> float | None:
        """Seconds from its submission to its start."""
        return max(self.started - self.submitted, 0.0) if self.started > 0 and self.submitted > 0 else None


class Spread(NamedTuple):
    """How some figures are spread: how many there are, and what they are at most in so many of hundred.

    Attributes:
        known: how many figures.
        least: the smallest one.
        median: half of them are at most this.
        p95: 95 of 100 are at most this.
        p99: 99 of 100 are at most this.
        most: the largest one.
    """

    known: int
    least: float
    median: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, figures: Iterable[float | None]) -> Spread | None:
        """Of the figures that are known; None when none is."""
        ordered = sorted(figure for figure in figures if figure is not None)
        if not ordered:
            return None
        median, p95, p99 = (quantile(ordered, share) for share in (0.5, 0.95, 0.99))
        return cls(len(ordered), ordered[0], median, p95, p99, ordered[-1])


class Outlier(NamedTuple):
    """A job that used much more than the others of its group.

    Attributes:
        id: the job.
        what: ``memory`` (bytes) or ``time`` (seconds).
        figure: how much it used.
        median: how much the group's jobs used in the middle.
    """

    id: str
    what: str
    figure: float
    median: float


class Totals(NamedTuple):
    """What all jobs of a group used together, of what was kept for them.

    Attributes:
        slot_seconds: run time times slots, of jobs that ran for a second or more.
        cpu_seconds: CPU time of the same.
        memory_seconds: memory times run time, in byte seconds, of jobs that had asked for memory.
        asked_memory_seconds: the same of what these had asked for.
    """

    slot_seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_seconds: float = 0.0
    asked_memory_seconds: float = 0.0

    @property
    def cpu(self) -> float | None:
        """The share of the slots' time in which their processors worked; None when that is not known."""
        return self.cpu_seconds / self.slot_seconds if self.slot_seconds else None

    @property
    def memory(self) -> float | None:
        """The share of the memory that was asked for that was used at most."""
        return self.memory_seconds / self.asked_memory_seconds if self.asked_memory_seconds else None


class UsageGroup(NamedTuple):
    """Jobs that are alike.

    Attributes:
        name: what their names have in common: ``align-*``.
        slots: the least and the greatest number of slots that they had.
        jobs: the jobs that have ended, in the order in which they were given.
        memory, time, busy, waited: how what they used is spread, of those that ran: bytes, seconds,
            processors kept busy, seconds in the queue; None where nothing is known.
        asked_memory: how what they had asked for is spread: bytes for the whole job; None when none had.
        asked_time: the same in seconds.
        totals: of those that ran.
        outliers: the jobs that used much more than the others.
    """

    name: str
    slots: tuple[int, int]
    jobs: tuple[UsedJob, ...]
    memory: Spread | None
    time: Spread | None
    busy: Spread | None
    waited: Spread | None
    asked_memory: Spread | None
    asked_time: Spread | None
    totals: Totals
    outliers: tuple[Outlier, ...]

    @property
    def well(self) -> int:
        """How many ended well."""
        return sum(job.well for job in self.jobs)

    @property
    def not_started(self) -> int:
        """How many never ran: they could not start, or were deleted before."""
        return sum(not job.ran for job in self.jobs)

    @property
    def failed(self) -> int:
        """How many ran and did not end well."""
        return sum(job.ran and not job.well for job in self.jobs)


def group_name(text: str) -> str:
    """What a name has in common with others: ``align-17`` and ``align-3fa9c2`` are both ``align-*``."""
    return TOKEN.sub(_without_numbers, text)


def _without_numbers(found: re.Match[str]) -> str:
    word = found[0]
    return "*" if HASH.fullmatch(word) else re.sub("[0-9]+", "*", word)


def used_job(info: JobInfo, memory_name: str = "") -> UsedJob:
    """The figures of a job's end.

    Args:
        info: its end.
        memory_name: a further resource that stands for memory here (``mem_free``), for each slot; it
            counts before those that Grid Engine enforces.
    """
    usage = info.resourceUsage
    slots = max(info.slots, 1)
    asked, name = _requested(info.requests, slots, memory_name)
    well = info.succeeded
    return UsedJob(
        info.jobId,
        slots,
        asked,
        name,
        max_memory({figure: float(usage[figure]) for figure in MEMORY_FIGURES if figure in usage}),
        _figure(usage, "maxvmem") > 0,
        float(usage["cpu"]) if "cpu" in usage else None,
        info.wallclock,
        _figure(usage, "submission_time"),
        _figure(usage, "start_time"),
        _figure(usage, "end_time"),
        well,
        ENDED_WELL if well else info.reason,
    )


def _figure(usage: Mapping[str, str], name: str) -> float:
    return float(usage.get(name, 0.0))


@functools.lru_cache(maxsize=1024)  # thousands of jobs ask for the same
def _requested(category: str, slots: int, memory_name: str) -> tuple[Requested, str]:
    words = parse(category)
    asked = requested(words, slots)
    own = words.bytes(memory_name) if memory_name else None
    if own is not None:
        return asked._replace(memory=int(own * slots)), memory_name
    return asked, next((name for name in MEMORY_LIMITS if words.bytes(name) is not None), "")


def usage_groups(jobs: Iterable[tuple[str, UsedJob]]) -> list[UsageGroup]:
    """Group jobs, those groups first that have used most.

    Args:
        jobs: the name of each one's group (see :func:`group_name`), and its figures. Jobs of one name and of
            different requests of slots become groups of their own.
    """
    found: dict[tuple[str, str], list[UsedJob]] = {}
    for name, job in jobs:
        found.setdefault((name, _slots_asked(job.asked.words)), []).append(job)
    groups = [_group(name, members) for (name, _), members in found.items()]
    return sorted(groups, key=lambda group: (-group.totals.slot_seconds, -len(group.jobs), group.name))


def _slots_asked(words: Requests) -> str:
    return f"{words.pe} {words.slots}".strip()


def _group(name: str, jobs: Sequence[UsedJob]) -> UsageGroup:
    ran = [job for job in jobs if job.ran]
    slots = [job.slots for job in ran] or [job.asked.slots for job in jobs]
    return UsageGroup(
        name,
        (min(slots), max(slots)),
        tuple(jobs),
        Spread.of(job.memory for job in ran),
        Spread.of(job.wallclock for job in ran),
        Spread.of(job.busy for job in ran),
        Spread.of(job.waited for job in ran),
        Spread.of(job.asked.memory for job in jobs),
        Spread.of(job.asked.time for job in jobs),
        _totals(ran),
        (*_outliers("memory", ran), *_outliers("time", ran)),
    )


def _totals(jobs: Iterable[UsedJob]) -> Totals:
    slot_seconds = cpu = memory = asked = 0.0
    for job in jobs:
        wallclock = job.wallclock or 0.0
        if job.cpu is not None and wallclock:
            slot_seconds += wallclock * job.slots
            cpu += job.cpu
        if job.asked.memory is not None and job.memory is not None:
            memory += job.memory * wallclock
            asked += job.asked.memory * wallclock
    return Totals(slot_seconds, cpu, memory, asked)


def _outliers(what: str, jobs: Iterable[UsedJob]) -> Iterator[Outlier]:
    """Those far above the others, the farthest first."""
    pairs = [(job.memory if what == "memory" else job.wallclock, job.id) for job in jobs]
    known = [(figure, job) for figure, job in pairs if figure is not None]
    if len(known) < LEAST_ODD:
        return
    figures = sorted(figure for figure, _ in known)
    lower, median, upper = (quantile(figures, share) for share in (0.25, 0.5, 0.75))
    fence = max(upper + FAR_OUT * (upper - lower), MUCH_MORE * median, median + LEAST_DISTANCE[what])
    far = sorted(((figure, job) for figure, job in known if figure > fence), key=lambda pair: -pair[0])
    yield from (Outlier(job, what, figure, median) for figure, job in far)


LEAST_DISTANCE = {"memory": 64 * 2**20, "time": 10.0}  # what is nearer than that is nobody's trouble


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least of some figures, in ascending order, that so great a share of them does not exceed."""
    return ordered[max(math.ceil(share * len(ordered) - 1e-9), 1) - 1]
