"""The way back: what a job came to, for the future that waits for it."""

from __future__ import annotations

import platform
import time

from drmaa_cli.futures import host, outcome
from drmaa_cli.futures.calls import BundledCall
from drmaa_cli.futures.errors import CallLostError, JobCallError
from drmaa_cli.futures.future import JobFuture
from drmaa_cli.futures.outcome import CallOutcome, JobFacts, SpooledResult
from drmaa_cli.futures.spool import Spool, SpoolError
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.typed import Any

PATIENCE = 5.0  # seconds until a result that was written must be seen here (a shared file system's caches)


class Delivery:
    """Settles futures from the spool directory."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._late: dict[str, tuple[BundledCall, JobInfo, float]] = {}
        self._left: dict[str, int] = {}  # calls of each bundle that have not come to anything yet
        self.pointed_to: set[tuple[str, int]] = set()

    @property
    def is_waiting(self) -> bool:
        """Whether there are ended jobs whose results are not seen yet."""
        return bool(self._late)

    def waiting(self) -> list[JobFuture[Any]]:
        """The futures of these."""
        return [task.future for task, _, _ in list(self._late.values())]

    def expect(self, bundle: str, count: int) -> None:
        """A bundle was submitted with so many calls."""
        self._left[bundle] = count

    def ended(self, task: BundledCall, info: JobInfo) -> None:
        """The job of a call has ended."""
        if not self._settle(task, info, may_be_late=True):
            self._late[info.jobId] = (task, info, time.monotonic() + PATIENCE)

    def look_again(self) -> None:
        """Look for the results that were not there yet."""
        for job, (task, info, deadline) in list(self._late.items()):
            if self._settle(task, info, may_be_late=time.monotonic() < deadline):
                del self._late[job]

    def dropped(self, task: BundledCall) -> None:
        """Nobody wants to know what a call comes to."""
        self._done_with(task)

    def _settle(self, task: BundledCall, info: JobInfo, *, may_be_late: bool) -> bool:
        bundle, number = task.bundle, task.number
        try:
            found = self._spool.result(bundle, number)
            if found is None:
                self._spool.look(bundle)
                found = self._spool.result(bundle, number)
        except (OSError, SpoolError) as err:
            if may_be_late:
                return False
            task.future.settle(None, _lost(info.jobId, f"its result cannot be read: {err}", err))
        else:
            if found is None and may_be_late and outcome.is_late(info):
                return False
            if found is None:
                came_to = outcome.of_end(self.described(task, info))
            else:
                came_to = self.of_result(task, found, info)
            self._note(task, came_to)
            task.future.settle(*came_to)
        self._done_with(task)
        return True

    def of_result(self, task: BundledCall, found: SpooledResult, info: JobInfo) -> CallOutcome:
        """What a result comes to, however its job ended."""
        returned = found.trouble is None and found.head["kind"] == host.RETURNED
        if returned:
            return CallOutcome(found.value)
        return outcome.of_result(found, self.described(task, info))

    def described(self, task: BundledCall, info: JobInfo) -> JobFacts:
        """What is known of a job."""
        bundle, number = task.bundle, task.number
        return JobFacts(
            info.jobId,
            str(self._spool.path),
            str(self._spool.log_path(bundle, number)),
            self._spool.tail(bundle, number),
            info,
            self._spool.has_log(bundle, number),
            platform.python_version(),
        )

    def _note(self, task: BundledCall, came_to: CallOutcome) -> None:
        if came_to.exception is None:
            return
        if isinstance(came_to.exception, JobCallError) and came_to.exception.log:
            self.pointed_to.add((task.bundle, task.number))
        if task.future.key is not None:
            self._spool.told(task.bundle, task.number)

    def _done_with(self, task: BundledCall) -> None:
        if task.future.key is None:
            self._spool.forget(task.bundle, task.number)
        left = self._left.get(task.bundle, 0) - 1
        self._left[task.bundle] = left
        if left == 0:
            del self._left[task.bundle]
            if task.future.key is None:
                self._spool.finish(task.bundle)


def _lost(job: str, text: str, err: Exception) -> JobCallError:
    made = CallLostError(text, job=job)
    made.__cause__ = err
    return made
