"""The waiting of one thread, which others can call away."""

from __future__ import annotations

from drmaa_cli.constants import TIMEOUT_WAIT_FOREVER
from drmaa_cli.session.arguments import deadline_of
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.turns import Waiter
from drmaa_cli.typed import Callable


class CalledWait:
    """One thread waits for something in a session; others call it.

    Args:
        session: the session.
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

    def _until(self, look: Callable[[], bool], timeout: float = TIMEOUT_WAIT_FOREVER) -> None:
        """Wait until there is something to tell, somebody called, or the time is over.

        Args:
            look: whether there is something to tell; called with the session's lock held.
            timeout: seconds; TIMEOUT_WAIT_FOREVER.

        Raises:
            DrmaaException: the session has ended, or Grid Engine did not answer for too long.
        """
        self._session.check()
        waiting = self._session._waiting
        self._waiter = waiter = waiting.waiter(deadline_of(timeout, self._session.cluster.clock))
        try:
            waiting.until(lambda: self._ready(look), waiter)
        finally:
            self._waiter = None

    def _ready(self, look: Callable[[], bool]) -> bool | None:
        self._called, called = False, self._called  # first: who calls while it looks is heard the next time
        return True if look() or called else None
