"""Futures that are jobs."""

from __future__ import annotations

import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

from drmaa_cli.system.locks import SIGNALS_SECONDS
from drmaa_cli.typed import Any, Callable, NamedTuple, TypeVar

T = TypeVar("T")
PENDING = "PENDING"  # of concurrent.futures: of a future that nothing has happened to
CANCELLED = ("CANCELLED", "CANCELLED_AND_NOTIFIED")
LOCK_SECONDS = 5.0  # nobody holds the lock of a future for longer than an instant


class CallJob(NamedTuple):
    """The job of a call.

    Attributes:
        id: its DRMAA id.
        log: what it prints, standard output and error.
    """

    id: str
    log: Path


class JobFuture(Future[T]):
    """A call that runs as a job: a :class:`concurrent.futures.Future` that knows its job.

    Attributes:
        job: its job; None as long as it is not submitted, and where a result was there already.
        key: by which a later program finds it; None for none.
    """

    def __init__(
        self,
        key: str | None,
        cancelled: Callable[[JobFuture[Any]], None],
        runs: Callable[[JobFuture[Any]], bool] | None = None,
    ) -> None:
        super().__init__()
        self._runs = runs
        self.job: CallJob | None = None
        self.key = key
        self._cancelled = cancelled
        self._settled: dict[int, object] = {}  # whoever enters the first word tells the others

    def result(self, timeout: float | None = None) -> T:
        """What the call returned; raises what it raised.

        Args:
            timeout: seconds to wait at most; None for no limit.

        Raises:
            concurrent.futures.TimeoutError: it has not come to anything in this time.
            concurrent.futures.CancelledError: it was cancelled.
        """
        return super().result(self._wait(timeout))

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the call raised, None for nothing; else as result()."""
        return super().exception(self._wait(timeout))

    def _wait(self, timeout: float | None) -> float | None:
        """Wait in pieces, so that ctrl-C is seen; the seconds that are left when nothing has happened."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.done() and (timeout is None or timeout > SIGNALS_SECONDS):
            try:
                super().exception(SIGNALS_SECONDS)
            except NotYet:
                timeout = None if deadline is None else deadline - time.monotonic()
        return timeout

    def running(self) -> bool:
        """Whether its job runs; it can be cancelled all the same. Costs as much as ``jobStatus()``.

        Raises:
            DrmCommunicationException: no qmaster answers.
        """
        return not self.done() and self._runs is not None and self._runs(self) and not self.done()

    def cancel(self) -> bool:
        """Cancel the call, whether its job runs or not: the job is deleted.

        Returns:
            False when it has ended.
        """
        if not super().cancel():
            return False
        mine = object()
        if self._settled.setdefault(0, mine) is mine:
            self.set_running_or_notify_cancel()
            self._cancelled(self)
        return True

    @property
    def is_cancelled(self) -> bool:
        """As cancelled(), without its lock."""
        return self._state in CANCELLED

    def settle(self, value: object, exception: BaseException | None) -> bool:
        """Give it what it came to; False when it was cancelled before.

        The lock of a Future is lost when a signal handler's exception lands in the cancel() that took it.
        """
        if not self._condition.acquire(timeout=LOCK_SECONDS):
            return False
        try:
            if self._state != PENDING:
                return False
            self.set_running_or_notify_cancel()
        finally:
            self._condition.release()
        if exception is None:
            self.set_result(value)  # type: ignore[arg-type]
        else:
            self.set_exception(exception)
        return True
