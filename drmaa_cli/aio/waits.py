"""What waits in an event loop: for one job, and for some as they end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Generator, Sequence

from drmaa_cli.aio.watcher import EndWatcher
from drmaa_cli.errors import (
    INVALID_JOB_TEXT,
    TIMEOUT_TEXT,
    ExitTimeoutException,
    InvalidJobException,
    error,
)
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.session.subscriptions import Pair, Told
from drmaa_cli.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    JobFuture = asyncio.Future[JobInfo]
    JobCoroutine = Coroutine[Any, Any, JobInfo]
else:
    JobFuture, JobCoroutine = asyncio.Future, Coroutine


class Wait(JobFuture, JobCoroutine):
    """The end of one job, to be awaited; no task stands behind it, and it has begun when it is made.

    It is a future, for there may be very many, and a coroutine for those who take nothing else, as
    ``asyncio.create_task`` and ``TaskGroup.create_task``.

    Cancelling it, or the task that awaits it, ends the waiting: the job can be waited for again.

    Args:
        watcher: tells of the end.
        loop: the event loop.
        job: the job's id.
        cancel_job: whether cancelling it deletes the job.
    """

    __slots__ = ("_awaiting", "_cancels_job", "_job", "_only_now", "_watcher", "chosen")

    def __init__(
        self, watcher: EndWatcher, loop: asyncio.AbstractEventLoop, job: str, *, cancel_job: bool
    ) -> None:
        super().__init__(loop=loop)
        self.chosen: Sequence[Pair] = ()
        self._watcher, self._job, self._cancels_job = watcher, job, cancel_job
        self._awaiting: Generator[Any, None, JobInfo] | None = None
        self._only_now = False

    # --- as a coroutine ------------------------------------------------------------------------------------

    @property
    def __name__(self) -> str:  # a task shows it
        return f"the end of job {self._job}"

    def _steps(self) -> Generator[Any, None, JobInfo]:
        if self._awaiting is None:
            self._awaiting = self.__await__()
        return self._awaiting

    def send(self, value: Any) -> Any:  # noqa: ANN401  # as a coroutine's own
        """See :meth:`collections.abc.Coroutine.send`."""
        return self._steps().send(value)

    def throw(self, *what: Any) -> Any:  # noqa: ANN401  # as a coroutine's own
        """See :meth:`collections.abc.Coroutine.throw`: who awaits is cancelled before it begins to."""
        self.cancel()
        return self._steps().throw(*what)

    def close(self) -> None:
        """See :meth:`collections.abc.Coroutine.close`: nobody awaits it any more."""
        self.cancel()

    # --- as a future ---------------------------------------------------------------------------------------

    def cancel(self, *args: Any, **keywords: Any) -> bool:  # noqa: ANN401  # as the future's own
        """See :meth:`asyncio.Future.cancel`."""
        if not super().cancel(*args, **keywords):
            return False
        self._watcher.unsubscribe(self)
        if self._cancels_job:
            self._watcher.delete([self._job])
        return True

    def begin(self) -> None:
        """Wait from now on."""
        self._watcher.want(self, [self._job])

    def ask_once(self, looked: asyncio.Future[None]) -> None:
        """Take the end if it was there when it was looked for, and else do not wait."""
        failure = looked.exception()
        if self.done():
            return
        if failure is not None:
            self.set_exception(failure)
            return
        self._only_now = True
        self.begin()

    def expire(self) -> None:
        """The time is over."""
        if not self.done():
            self._watcher.unsubscribe(self)
            self.set_exception(error(ExitTimeoutException, TIMEOUT_TEXT))

    def hear(self, told: Told) -> None:
        """Be told of the end, or why there is none."""
        if self.done():
            return
        if len(self.chosen) > 1:
            self._watcher.unsubscribe(self)
            text = f"{INVALID_JOB_TEXT} ({self._job} is an array: name one of its tasks, as {self._job}.1)"
            self.set_exception(error(InvalidJobException, text))
        elif isinstance(told.outcome, BaseException):
            self.set_exception(told.outcome)
        elif told.outcome is not None and told.pair is not None:
            self.set_result(told.outcome)
            self._watcher.reap(told.pair)
        elif self._only_now:
            self.expire()


class AsyncCompletions:
    """Some jobs as they end, for one consumer in the loop.

    Args:
        watcher: tells of the ends.
        loop: the event loop.
    """

    def __init__(self, watcher: EndWatcher, loop: asyncio.AbstractEventLoop) -> None:
        self.chosen: Sequence[Pair] = ()
        self._watcher, self._loop = watcher, loop
        self._told: deque[tuple[JobInfo, Pair]] = deque()
        self._here: set[Pair] = set()
        self._failure: BaseException | None = None
        self._looked = self._expired = False
        self._awaited: asyncio.Future[None] | None = None

    @property
    def left(self) -> list[str]:
        """The ids of the jobs that have not been told yet."""
        return [str(known.id(task)) for known, task in self.chosen if (known, task) not in self._here]

    def expire(self) -> None:
        """The time is over: what has ended still comes."""
        self._expired = True
        self._wake()

    def hear(self, told: Told) -> None:
        """Be told of an end, that those that have ended already were told, or why nothing more will come."""
        if isinstance(told.outcome, BaseException):
            self._failure = told.outcome
        elif told.outcome is None:
            self._looked = True
        elif told.pair is not None:
            self._told.append((told.outcome, told.pair))
            self._here.add(told.pair)
        self._wake()

    async def next(self) -> JobInfo | None:
        """The next one; None when all have come.

        Raises:
            ExitTimeoutException: the time is over, and nothing is left that has ended.
            DrmaaException: why nothing more will come.
        """
        while not self._told:
            if self._failure is not None:
                raise self._failure
            if self._looked and len(self._here) == len(self.chosen):
                return None
            if self._looked and self._expired:
                raise error(ExitTimeoutException, TIMEOUT_TEXT)
            self._awaited = self._loop.create_future()
            await self._awaited
        info, pair = self._told.popleft()
        self._watcher.reap(pair)
        return info

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)
