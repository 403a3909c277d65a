"""A session for programs with an event loop: nothing here keeps the loop waiting."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence

from drmaa_cli.aio.waits import AsyncCompletions, Wait
from drmaa_cli.aio.watcher import EndWatcher
from drmaa_cli.constants import JOB_IDS_SESSION_ALL, TIMEOUT_NO_WAIT, TIMEOUT_WAIT_FOREVER, JobControlAction
from drmaa_cli.errors import (
    NO_SESSION_TEXT,
    DrmaaException,
    ExitTimeoutException,
    NoActiveSessionException,
    error,
)
from drmaa_cli.jobs.job_ids import JobIdLike, parse_job_id
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.session.arguments import check_timeout
from drmaa_cli.session.completion import listed
from drmaa_cli.session.entries import SessionJob
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.typed import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.template.job_template import TemplateValues

T = TypeVar("T")


class AsyncSession:
    """A session whose verbs are awaited: made by :func:`drmaa_cli.aio.open_session`.

    ``async with`` opens and ends it; ``await`` opens it, and :meth:`close` ends it. What runs commands does
    so in the loop's default executor; one thread of its own waits for all jobs, and ends with the session. It
    belongs to the event loop in which it was opened.
    """

    def __init__(self, open_it: Callable[[], JobSession]) -> None:
        self._open_it = open_it
        self._session: JobSession | None = None
        self._watcher: EndWatcher | None = None
        self._closing = False

    # --- the session ---------------------------------------------------------------------------------------

    async def open(self) -> AsyncSession:
        """Open it. Raises as :func:`drmaa_cli.open_session`."""
        loop = asyncio.get_running_loop()
        self._session = await loop.run_in_executor(None, self._opened)
        self._watcher = EndWatcher(self._session, loop)
        self._loop = loop
        return self

    def _opened(self) -> JobSession:
        """With what createJobTemplate() would load in the thread of the loop."""
        session = self._open_it()
        session.createJobTemplate().delete()
        return session

    def __await__(self) -> Generator[Any, None, AsyncSession]:
        return self.open().__await__()

    async def __aenter__(self) -> AsyncSession:
        return self if self._session is not None else await self.open()

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None and not self._closing:
            await self.close()

    async def close(self) -> None:
        """End the session here; its jobs go on. Whoever still waits gets ExitTimeoutException.

        Raises:
            NoActiveSessionException: it has ended already.
        """
        session, watcher = self.session, self._watcher
        assert watcher is not None
        self._closing = True
        await watcher.close()
        await self._loop.run_in_executor(None, session.exit)

    @property
    def session(self) -> JobSession:
        """The session itself, whose verbs wait; for other threads than the loop's.

        Raises:
            NoActiveSessionException: it was not opened, or has ended.
        """
        if self._session is None or self._closing:
            raise error(NoActiveSessionException, NO_SESSION_TEXT)
        return self._session

    @property
    def contact(self) -> str:
        """The contact string that takes this session up again."""
        return self.session.contact

    async def _call(self, verb: Callable[..., T], *arguments: Any, **keywords: Any) -> T:  # noqa: ANN401
        return await self._loop.run_in_executor(None, functools.partial(verb, *arguments, **keywords))

    # --- submission ----------------------------------------------------------------------------------------

    def createJobTemplate(self, **attributes: Unpack[TemplateValues]) -> JobTemplate:
        """A new template for this session; see :meth:`JobSession.createJobTemplate`."""
        return self.session.createJobTemplate(**attributes)

    async def run(self, template: JobTemplate, *, key: str | None = None, cancel_job: bool = False) -> str:
        """Submit one job; returns its id. Raises as :meth:`JobSession.runJob`.

        Args:
            template: what to run.
            key: the program's own name for this submission.
            cancel_job: whether the job is deleted if the task is cancelled while it is being submitted, as
                soon as it is known. Otherwise it stays in the session, of which ``jobs()`` tells.
        """
        verb = self.session.runJob
        return (await self._submit(lambda: [verb(template, key=key)], cancel_job=cancel_job))[0]

    async def run_bulk(
        self,
        template: JobTemplate,
        begin: int,
        end: int,
        step: int = 1,
        *,
        key: str | None = None,
        cancel_job: bool = False,
    ) -> list[str]:
        """Submit one array job; the ids of its tasks. All else as :meth:`run`."""
        verb = self.session.runBulkJobs
        return await self._submit(lambda: verb(template, begin, end, step, key=key), cancel_job=cancel_job)

    async def run_many(
        self, templates: Iterable[JobTemplate], *, key: str | None = None, cancel_job: bool = False
    ) -> list[str]:
        """Submit many different jobs at once, see :meth:`JobSession.runJobs`. All else as :meth:`run`."""
        verb, wanted = self.session.runJobs, list(templates)
        return await self._submit(lambda: verb(wanted, key=key), cancel_job=cancel_job)

    async def resubmit(self, jobId: JobIdLike, **changes: Unpack[TemplateValues]) -> str:
        """Submit a job once more; see :meth:`JobSession.resubmit`."""
        return await self._call(self.session.resubmit, jobId, **changes)

    async def _submit(self, submit: Callable[[], list[str]], *, cancel_job: bool) -> list[str]:
        """Submit in another thread, which goes on when the task is cancelled: a submission is never torn."""
        submitting = self._loop.run_in_executor(None, submit)
        try:
            return await asyncio.shield(submitting)
        except asyncio.CancelledError:
            submitting.add_done_callback(self._delete if cancel_job else _forget)
            raise

    def _delete(self, submitted: asyncio.Future[list[str]]) -> None:
        if _forget(submitted) and self._watcher is not None:
            numbers = dict.fromkeys(job.partition(".")[0] for job in submitted.result())
            self._watcher.delete(list(numbers))

    # --- waiting -------------------------------------------------------------------------------------------

    def wait(
        self, jobId: JobIdLike, timeout: float = TIMEOUT_WAIT_FOREVER, *, cancel_job: bool = False
    ) -> Wait:
        """The end of a job, to be awaited or given to a task: it is reaped when it arrives.

        Any number of them may be awaited at the same time, also for the same job. A job that was deleted
        while it was pending ``wasAborted``.

        Args:
            jobId: a job or task of this session.
            timeout: seconds; TIMEOUT_WAIT_FOREVER, TIMEOUT_NO_WAIT.
            cancel_job: whether the job is deleted if the waiting is cancelled (not if its time is over).

        Raises:
            ExitTimeoutException: it has not ended in time, or the session has.
            InvalidJobException: no such job in this session, or it was reaped before.
            DrmCommunicationException: no qmaster answered for longer than the outage limit.
            NoActiveSessionException: the session has ended (at once, all others when it is awaited).
        """
        job, session, watcher = str(parse_job_id(jobId)), self.session, self._watcher
        check_timeout(timeout)  # is it a time at all
        assert watcher is not None
        found = Wait(watcher, self._loop, job, cancel_job=cancel_job)
        if timeout == TIMEOUT_NO_WAIT:
            looked = self._loop.run_in_executor(None, _look, session, (job,))
            looked.add_done_callback(found.ask_once)
            return found
        found.begin()
        if timeout > 0:
            timer = self._loop.call_later(timeout, found.expire)
            found.add_done_callback(lambda _: timer.cancel())
        return found

    async def as_completed(
        self,
        jobIds: Iterable[JobIdLike] = (JOB_IDS_SESSION_ALL,),
        timeout: float = TIMEOUT_WAIT_FOREVER,
        *,
        cancel_jobs: bool = False,
    ) -> AsyncGenerator[JobInfo, None]:
        """Some jobs as they end, each reaped when it is handed out; see :meth:`JobSession.as_completed`.

        Args:
            jobIds: jobs of this session, all that it has now by default.
            timeout: seconds for all of them.
            cancel_jobs: whether those that have not ended are deleted if the task is cancelled meanwhile.

        Raises:
            ExitTimeoutException: jobs are left, and the time is over or the session has ended.
            DrmaaException: as :meth:`wait`.
        """
        session, watcher, wanted = self.session, self._watcher, listed(jobIds)
        check_timeout(timeout)
        assert watcher is not None
        if timeout == TIMEOUT_NO_WAIT:
            await self._call(_look, session, wanted)
        found = AsyncCompletions(watcher, self._loop)
        watcher.want(found, wanted)
        timer = self._loop.call_later(timeout, found.expire) if timeout >= 0 else None
        try:
            while True:
                info = await found.next()
                if info is None:
                    return
                yield info
        except asyncio.CancelledError:
            if cancel_jobs:
                watcher.delete(found.left)
            raise
        finally:
            watcher.unsubscribe(found)
            if timer is not None:
                timer.cancel()

    # --- the rest ------------------------------------------------------------------------------------------

    async def state(self, jobId: JobIdLike) -> str:
        """The JobState of a job; see :meth:`JobSession.jobStatus`."""
        return await self._call(self.session.jobStatus, jobId)

    async def control(self, jobId: JobIdLike, operation: str) -> None:
        """Suspend, resume, hold, release or terminate a job; see :meth:`JobSession.control`."""
        await self._call(self.session.control, jobId, operation)

    async def cancel(self, jobIds: Iterable[JobIdLike]) -> dict[str, DrmaaException]:
        """Delete jobs with as few commands as possible; see :meth:`JobSession.controlJobs`."""
        return await self._call(self.session.controlJobs, listed(jobIds), JobControlAction.TERMINATE)

    async def requeue(self, jobId: JobIdLike) -> None:
        """Have a running job stopped and started again; see :meth:`JobSession.requeue`."""
        await self._call(self.session.requeue, jobId)

    async def jobs(self) -> list[SessionJob]:
        """Every job and task that the session holds; see :meth:`JobSession.jobs`."""
        return await self._call(self.session.jobs)

    async def tail(self, jobId: JobIdLike, lines: int = 10, *, stderr: bool = False) -> str:
        """The last lines of a job's output so far; see :meth:`drmaa_cli.Job.tail`."""
        return await self._call(self.session.job(jobId).tail, lines, stderr=stderr)


def _look(session: JobSession, wanted: Sequence[JobIdLike]) -> None:
    """See which of them have ended, without waiting."""
    try:
        session.synchronize(wanted, TIMEOUT_NO_WAIT)
    except ExitTimeoutException:
        return


def _forget(submitted: asyncio.Future[list[str]]) -> bool:
    """Whether a submission that nobody waits for has succeeded; the loop does not report its exception."""
    return not submitted.cancelled() and submitted.exception() is None
