"""What has become known of tasks, for those who wait for many of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import TrackedJob


class News:
    """Tasks that have ended, or were taken out (without an end, then), in the order in which they have."""

    def __init__(self) -> None:
        self._told: deque[tuple[TrackedJob, TaskNumbers, End | None]] = deque()
        self._begun: Iterator[tuple[TrackedJob, int, End | None]] = iter(())

    def tell(self, known: TrackedJob, tasks: TaskNumbers, end: End | None) -> None:
        """Some tasks have ended in the same way, or were taken out."""
        self._told.append((known, tasks, end))

    def sets(self) -> Iterator[tuple[TrackedJob, TaskNumbers, End | None]]:
        """Those that nobody has taken yet, in sets of tasks that ended together."""
        while self._told:
            yield self._told.popleft()

    def taken(self) -> Iterator[tuple[TrackedJob, int, End | None]]:
        """Those that nobody has taken yet, one by one."""
        while True:
            yield from self._begun
            if not self._told:
                return
            known, tasks, end = self._told.popleft()
            self._begun = ((known, task, end) for task in tasks)
