"""The ends of all jobs of a session as they come, for programs that go on submitting."""

from __future__ import annotations

from drmaa_cli.jobs.job_end import JobInfo
from drmaa_cli.session.called_wait import CalledWait
from drmaa_cli.session.entries import Reaped


class Arrivals(CalledWait):
    """The ends of any jobs of a session as they come, those of jobs that are submitted meanwhile, too.

    For one thread, which others can call away. All jobs of the session are reaped: it has the session to
    itself. For some jobs that are known before there is :meth:`JobSession.as_completed`.

    Args:
        session: whose jobs.
    """

    def take(self, timeout: float = -1) -> list[JobInfo]:
        """Wait for the end of any jobs and reap them; none when called away, or when the time is over.

        Args:
            timeout: seconds; TIMEOUT_WAIT_FOREVER.

        Returns:
            How they ended. A job that was deleted while it was pending comes with ``wasAborted`` and an empty
            ``resourceUsage``, where wait() raises NoResourceUsageException.

        Raises:
            DrmaaException: as :meth:`JobSession.wait`.
        """
        session = self._session
        taken: list[Reaped] = []
        try:
            self._until(lambda: self._reap(taken), timeout)
            session._waiting.remove_from_error_state(taken)
        except BaseException:
            with session._lock:
                session._session_jobs.give_back(taken)
            raise
        return [end.job_info(job.id(task)) for job, task, end in taken]

    def _reap(self, taken: list[Reaped]) -> bool:
        table = self._session._table
        if table.first_ended() is not None:
            ended = [(known, task) for known in table for task in known.ended]
            self._session._session_jobs.reap(ended, taken)
        return bool(taken)
