"""How often Grid Engine is asked: at once when something is about to happen, and on the whole seldom.

Queries may take a small share of the time. What was not used is saved up to a short burst, and spent while
jobs are young or about to end; a job that has been quiet for an hour is asked for less often than one that
has just begun to run.
"""

from __future__ import annotations

from drmaa_cli.config import Config

BURST_SECONDS = 0.5  # so much query time may be saved up
QUIET_SHARE = 0.05  # of the time that nothing has happened for
PENDING_PAUSE = 1.0  # while nothing runs, nothing ends
LONGEST_STALENESS = 10.0
SHORTEST_PAUSE = 0.02
LONGEST_BACKOFF = 15.0
MOST_DOUBLINGS = 8
NEVER = float("-inf")


class PollSchedule:
    """When the next listing is due.

    All times are of the monotonic clock, NEVER where something has not happened yet.

    Attributes:
        began: the last listing that was answered began then.
        attempted: the last one that was asked for began then, answered or not.
        finished: the last one ended then.
        failures: how many in a row were not answered.
    """

    def __init__(self, config: Config, now: float) -> None:
        self.began = self.attempted = self.finished = NEVER
        self.failures = 0
        self._shortest = config.poll_min
        self._pace = Pace(config.poll_min, config.poll_max, config.duty_cycle, now)
        self._demand = NEVER
        self._event = now
        self._active = True

    @property
    def staleness(self) -> float:
        """Seconds for which an answer is good enough for a question about a state."""
        return self._pace.staleness

    @property
    def event(self) -> float:
        """When anything has last changed."""
        return self._event

    def demand(self, not_before: float) -> None:
        """Somebody needs a listing that began at that time or later."""
        self._demand = max(self._demand, not_before)

    def soon(self) -> None:
        """Something was changed by us: what was heard before does not count."""
        self.demand(self.finished + self._shortest)

    def happened(self, now: float, *, active: bool | None = None) -> None:
        """Something has changed: ask more often for a while."""
        self._event = now
        self._active = self._active if active is None else active

    def asked(self, now: float) -> None:
        """A listing is asked for."""
        self.attempted = now

    def answered(self) -> None:
        """All that was to be asked was answered: what failed before does not count any more."""
        self.failures = 0

    def listed(self, began: float, finished: float, *, active: bool) -> None:
        """A listing was answered."""
        self.began, self._active = began, active
        self.finished = finished
        self._pace.spent(finished - began, finished)

    def followed(self, began: float, finished: float) -> None:
        """A query that the listing gave occasion to was answered."""
        self.finished = finished
        self._pace.spent(finished - began, finished, more=True)

    def failed(self, now: float) -> bool:
        """A query was not answered; whether nobody had asked for so long that an outage begins anew."""
        idle = self.attempted - self.finished > 2 * LONGEST_BACKOFF
        self.finished = now
        self.failures += 1
        return idle

    def due(self, now: float, *, impatient: bool = False) -> float:
        """When the next listing is to be asked for; impatient: for an answer about a state, not for a job."""
        if self.failures:
            pause = max(self._shortest, SHORTEST_PAUSE) * 2.0 ** min(self.failures, MOST_DOUBLINGS)
            return self.finished + (self._shortest if impatient else min(pause, LONGEST_BACKOFF))
        if self._demand > self.began:
            return self._demand
        return self.finished + self._pace.pause(now - self._event, self._active, now)


class Pace:
    """The account of query time.

    Args:
        shortest: seconds between two queries, at least.
        longest: seconds between two queries, at most.
        share: the share of time that queries may take.
        now: the monotonic clock.
    """

    def __init__(self, shortest: float, longest: float, share: float, now: float) -> None:
        self._shortest, self._longest, self._share = shortest, longest, max(share, 0.001)
        self._credit = BURST_SECONDS
        self._counted = now
        self._cost = 0.0

    def spent(self, cost: float, now: float, *, more: bool = False) -> None:
        """A query took so many seconds; more: it belongs to the one before."""
        self._earn(now)
        self._credit -= cost
        self._cost = self._cost + cost if more else cost

    def pause(self, quiet: float, active: bool, now: float) -> float:
        """Seconds from the end of one query to the next.

        Args:
            quiet: seconds since anything has changed.
            active: whether anything runs, or was submitted too lately to know.
            now: the monotonic clock.
        """
        self._earn(now)
        wanted = self._shortest if active else max(self._shortest, PENDING_PAUSE)
        wanted = max(wanted, min(quiet * QUIET_SHARE, self._longest))
        owed = max(self._cost - self._credit, 0.0)
        return max(wanted, min(owed / self._share, self._longest))

    @property
    def staleness(self) -> float:
        """Seconds for which an answer is good enough for a question about a state."""
        return min(max(self._shortest, self._cost / self._share), self._longest, LONGEST_STALENESS)

    def _earn(self, now: float) -> None:
        self._credit = min(self._credit + (now - self._counted) * self._share, BURST_SECONDS)
        self._counted = now
