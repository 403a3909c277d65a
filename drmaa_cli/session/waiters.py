"""Who waits in a session, and what wakes them.

The monitor, which knows what they wait for, is loaded with the first of them: a program that submits and ends
has none.
"""

from __future__ import annotations

from drmaa_cli.system.clock import Clock
from drmaa_cli.system.locks import Signal
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from drmaa_cli.session.entries import NewJob


class Waiters:
    """What a session tells those who wait. All but :meth:`wake_all` is called with the session's lock held.

    Attributes:
        closed: whether the session is over.
        signals: the signals of the threads that wait.
        new_jobs: those whose records may have been passed over while their numbers were unknown; the monitor
            looks back for these.
        additions: how often jobs became known.
        event: when a job became known last, by the monotonic clock; when the session began before that.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.closed = False
        self.signals: dict[Signal, None] = {}
        self.new_jobs: tuple[NewJob, ...] = ()
        self.additions = 0
        self.event = clock.monotonic()

    def added(self, new: Iterable[NewJob]) -> None:
        """Jobs became known."""
        self.new_jobs += tuple(new)
        if self.new_jobs:
            self.additions += 1
            self.event = self._clock.monotonic()
            self.wake_all()

    def looked_back(self, new: Collection[NewJob]) -> None:
        """The records of these jobs were looked for where they may have been passed over."""
        self.new_jobs = tuple(job for job in self.new_jobs if job not in new)

    def close(self) -> None:
        """The session is over: wake everybody who waits."""
        self.closed = True
        self.wake_all()

    def wake_all(self) -> None:
        """Wake everybody who waits."""
        for signal in list(self.signals):
            signal.wake()
