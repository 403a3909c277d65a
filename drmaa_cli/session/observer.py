"""Telling how far some jobs have come, while a thread waits for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from drmaa_cli.errors import InvalidArgumentException, error
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.progress import Progress, Tally
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import TrackedJob
from drmaa_cli.session.monitor import Monitor
from drmaa_cli.typed import Union

Report = Callable[[Progress], object]
ProgressLike = Union[bool, Report]
NEVER = float("-inf")
TICK = 1.0  # seconds after which a display shows the time anew


class Observer:
    """What is told of some tasks, and when: as often as a count has changed.

    All but :meth:`tell` is called with the session's lock held.

    Args:
        report: is told.
        table: the session's jobs.
        monitor: knows when anything has changed.
        chosen: the tasks of each job.
        now: the monotonic clock.
        tick: seconds after which it is told again though nothing has changed.
    """

    def __init__(
        self,
        report: Report,
        table: JobTable,
        monitor: Monitor,
        chosen: Mapping[TrackedJob, TaskNumbers],
        now: float,
        tick: float,
    ) -> None:
        self._report, self._monitor, self._tick = report, monitor, tick
        self._news = table.follow()
        self._tally = Tally(chosen)
        self._began, self._told_at, self._event = now, NEVER, NEVER
        self._told: Progress | None = None

    def due(self, now: float) -> Progress | None:
        """What is to be told now, if anything."""
        changed = self._event != self._monitor.last_event
        for entry in self._news.sets():
            self._tally.note(*entry)
            changed = True
        if not changed and now < self._told_at + self._tick:
            return None
        self._event = self._monitor.last_event
        counts = self._tally.progress(now - self._began)
        if self._told is not None and counts[:-1] == self._told[:-1] and now < self._told_at + self._tick:
            return None
        self._told, self._told_at = counts, now
        return counts

    def tell(self, counts: Progress) -> None:
        """Tell it; called without any lock."""
        self._report(counts)


@contextmanager
def reporting(progress: ProgressLike) -> Iterator[tuple[Report, float] | None]:
    """What is to be told of progress, and every how many seconds at least; None for nothing.

    Raises:
        InvalidArgumentException: neither True, nor False, nor something that can be called.
    """
    if progress is False or progress is None:
        yield None
    elif progress is True:
        from drmaa_cli.system.display import ProgressDisplay  # noqa: PLC0415  # rich is loaded when it is needed

        with ProgressDisplay() as display:
            yield display, TICK
    elif callable(progress):
        yield progress, float("inf")
    else:
        raise error(
            InvalidArgumentException,
            f"progress must be True, False or a function that takes a Progress, not {progress!r}",
        )
