"""How far some jobs have come, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from drmaa_cli.gridengine.states import is_pending
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.lifecycle import TrackedJob, covered


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
        chosen: the tasks, each once.

    Attributes:
        left: how many have not ended.
    """

    def __init__(self, chosen: Iterable[tuple[TrackedJob, int]]) -> None:
        self._open: dict[TrackedJob, set[int]] = {}
        self._total = self.left = self._succeeded = self._failed = 0
        for known, task in chosen:
            self._open.setdefault(known, set()).add(task)
            self._total += 1
            self.left += 1
            self.note(known, task, known.ended.get(task))

    def note(self, known: TrackedJob, task: int, end: End | None) -> None:
        """Something has become known of a task: count it if it has ended; None: nobody knows how."""
        tasks = self._open.get(known, ())
        if task not in tasks or task in known.waiting:
            return
        assert isinstance(tasks, set)
        tasks.discard(task)
        self.left -= 1
        if not tasks:
            del self._open[known]
        if end is not None:
            self._succeeded += end.succeeded
            self._failed += not end.succeeded

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
