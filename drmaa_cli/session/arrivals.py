"""The ends of all jobs of a session as they come, for a thread that others can call away from waiting."""

from __future__ import annotations

from typing import NamedTuple

from drmaa_cli.jobs.job_end import JobInfo, Outcome
from drmaa_cli.session.entries import Reaped
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.turns import Waiter


class Arrival(NamedTuple):
    """A job that has ended.

    Attributes:
        id: its DRMAA id.
        info: what wait() would have returned; None where that raises NoResourceUsageException.
    """

    id: str
    info: JobInfo | None


class Arrivals:
    """What :meth:`JobSession.wait` tells of any job, many at a time.

    Args:
        session: whose jobs.
    """

    def __init__(self, session: JobSession) -> None:
        self._session = session
        self._waiter: Waiter | None = None
        self._called = False

    def call(self) -> None:
        """Have take() return, the one that waits or else the next."""
        self._called = True
        waiter = self._waiter
        if waiter is not None:
            waiter.signal.wake()

    def take(self, timeout: float = -1) -> list[Arrival]:
        """Wait for the end of any jobs and reap them; none when called away, or when the time is over.

        Args:
            timeout: seconds; TIMEOUT_WAIT_FOREVER.

        Raises:
            DrmaaException: as :meth:`JobSession.wait`.
        """
        session = self._session
        session.check()
        waiting = session._waiting
        self._waiter = waiter = waiting.waiter(session._deadline(timeout))
        taken: list[Reaped] = []
        try:
            waiting.until(lambda: self._ready(taken), waiter)
            waiting.remove_from_error_state(taken)
        except BaseException:
            with session._lock:
                session._session_jobs.give_back(taken)
            raise
        finally:
            self._waiter = None
        return [_arrival(reaped) for reaped in taken]

    def _ready(self, taken: list[Reaped]) -> bool | None:
        table = self._session._table
        if table.first_ended() is not None:
            ended = [(known, task) for known in table for task in known.ended]
            self._session._session_jobs.reap(ended, taken)
        if self._called:
            self._called = False
            return True
        return True if taken else None


def _arrival(reaped: Reaped) -> Arrival:
    job = reaped.job.id(reaped.task)
    without = reaped.end.outcome is Outcome.NO_USAGE
    return Arrival(str(job), None if without else reaped.end.job_info(job))
