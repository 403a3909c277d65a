"""How far some jobs have come, in numbers."""

from __future__ import annotations

from collections.abc import Mapping

from drmaa_cli.gridengine.states import is_pending
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.lifecycle import covered
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import TrackedJob
from drmaa_cli.typed import NamedTuple


class Progress(NamedTuple):
    """How far some jobs have come.

    Attributes:
        total: how many there are.
        ended: how many have ended.
        succeeded: how many of them certainly ran to their ends and exited with 0.
        failed: how many did not. Of one whose end another process took, neither is known.
        running: how many the last listing showed with a slot, suspended ones included.
        pending: how many it showed waiting.
        seconds: since the waiting began.
    """

    total: int
    ended: int = 0
    succeeded: int = 0
    failed: int = 0
    running: int = 0
    pending: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return ", ".join(part for part in (f"{self.ended} of {self.total} jobs ended", self.counts) if part)

    @property
    def counts(self) -> str:
        """What there is of each kind, in words: ``2 succeeded, 1 running``."""
        kinds = ("succeeded", "failed", "running", "pending")
        return ", ".join(f"{getattr(self, kind)} {kind}" for kind in kinds if getattr(self, kind))


class Tally:
    """Counts some tasks of the session's jobs.

    Args:
        chosen: the tasks of each job.

    Attributes:
        left: how many have not ended.
    """

    def __init__(self, chosen: Mapping[TrackedJob, TaskNumbers]) -> None:
        self._open = {known: tasks.copy() for known, tasks in chosen.items()}
        self._total = self.left = sum(map(len, chosen.values()))
        self._succeeded = self._failed = 0
        for known, tasks in chosen.items():
            for some, end in known.ended.values_of(tasks):
                self.note(known, some, end)
            self.note(known, tasks, None)  # those that somebody has reaped

    def note(self, known: TrackedJob, tasks: TaskNumbers, end: End | None) -> None:
        """Something has become known of tasks: count those that have ended; None: nobody knows how."""
        left = self._open.get(known)
        over = None if left is None else left.among(tasks).without(known.waiting)
        if left is None or not over:
            return
        left.discard_all(over)
        self.left -= len(over)
        if not left:
            del self._open[known]
        if end is not None:
            self._succeeded += end.succeeded * len(over)
            self._failed += (not end.succeeded) * len(over)

    def progress(self, seconds: float) -> Progress:
        """Count, by the last listing."""
        running = pending = 0
        for known, tasks in self._open.items():
            for row in known.rows:
                count = len(covered(row, tasks))
                pending += count if is_pending(row.state) else 0
                running += 0 if is_pending(row.state) else count
        ended = self._total - self.left
        return Progress(self._total, ended, self._succeeded, self._failed, running, pending, seconds)
