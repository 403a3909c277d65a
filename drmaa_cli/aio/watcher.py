"""The one thread beside an event loop: it waits for all jobs, and tells the loop what has ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from drmaa_cli.errors import TIMEOUT_TEXT, ExitTimeoutException, error
from drmaa_cli.jobs.job_ids import JobIdLike
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.subscriptions import Pair, Subscriber, Subscriptions, Told
from drmaa_cli.system.log import Log
from drmaa_cli.typed import Protocol, cast

log = Log("drmaa_cli.aio")

AT_ONCE = 200  # so many ends are told in one step of the loop, which has other things to do


class Listener(Subscriber, Protocol):
    """A subscriber that lives in the loop."""

    def hear(self, told: Told) -> None:
        """Be told something; called in the loop."""


class EndWatcher:
    """Begins its thread when somebody first wants to know of a job, and ends it with :meth:`close`.

    Everything is called in the loop, and nothing waits but :meth:`close`.

    Args:
        session: whose jobs.
        loop: the event loop.
    """

    def __init__(self, session: JobSession, loop: asyncio.AbstractEventLoop) -> None:
        self._subscriptions = Subscriptions(session)
        self._loop = loop
        self._thread: threading.Thread | None = None
        self._over = False

    def want(self, who: Listener, ids: Sequence[JobIdLike]) -> None:
        """Tell somebody of the ends of jobs."""
        self._subscriptions.want(who, ids)
        self._attend()

    def unsubscribe(self, who: Listener) -> None:
        """Tell it nothing more."""
        self._subscriptions.unsubscribe(who)

    def reap(self, pair: Pair) -> None:
        """An end has arrived."""
        self._subscriptions.reap(pair)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete jobs that nobody waits for any more."""
        self._subscriptions.delete(ids)
        self._attend()

    async def close(self) -> None:
        """Do what was asked for, and end the thread; whoever still waits gets ExitTimeoutException."""
        self._over = True
        self._subscriptions.call()
        if self._thread is not None:
            await self._loop.run_in_executor(None, self._thread.join)

    def _attend(self) -> None:
        if self._thread is None and not self._over:
            self._thread = threading.Thread(target=self._run, name="drmaa_cli.aio", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        over = False
        while not over:
            over = self._over  # before what is taken: all that was asked for until then is done
            if over:
                self._subscriptions.call()  # the last time it does not wait
            try:
                told = self._subscriptions.take()
            except BaseException as err:  # noqa: BLE001  # those who wait are told
                told = self._subscriptions.give_up(err)
                if not told:
                    log.warning("waiting for jobs failed: %s", err)
            if over:
                told += self._subscriptions.give_up(error(ExitTimeoutException, TIMEOUT_TEXT))
            try:
                for start in range(0, len(told), AT_ONCE):
                    self._loop.call_soon_threadsafe(_tell, told[start : start + AT_ONCE])
            except RuntimeError:  # the loop was closed before the session
                return


def _tell(told: Sequence[Told]) -> None:
    for entry in told:
        cast("Listener", entry.who).hear(entry)
