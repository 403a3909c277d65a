"""How often Grid Engine is asked: at once when something is about to happen, and on the whole seldom.

Queries may take a small share of the time. What was not used is saved up to a short burst, and spent while
jobs are young or about to end; a job that has been quiet for an hour is asked for less often than one that
has just begun to run.
"""

from __future__ import annotations

BURST_SECONDS = 0.5  # so much query time may be saved up
QUIET_SHARE = 0.05  # of the time that nothing has happened for
PENDING_PAUSE = 1.0  # while nothing runs, nothing ends
LONGEST_STALENESS = 10.0


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

    def spent(self, cost: float, now: float) -> None:
        """A query took so many seconds."""
        self._earn(now)
        self._credit -= cost
        self._cost = cost

    def pause(self, quiet: float, lively: bool, now: float) -> float:
        """Seconds from the end of one query to the next.

        Args:
            quiet: seconds since anything has changed.
            lively: whether anything runs, or was submitted too lately to know.
            now: the monotonic clock.
        """
        self._earn(now)
        wish = self._shortest if lively else max(self._shortest, PENDING_PAUSE)
        wish = max(wish, min(quiet * QUIET_SHARE, self._longest))
        owed = max(self._cost - self._credit, 0.0)
        return max(wish, min(owed / self._share, self._longest))

    @property
    def staleness(self) -> float:
        """Seconds for which an answer is good enough for a question about a state."""
        return min(max(self._shortest, self._cost / self._share), self._longest, LONGEST_STALENESS)

    def _earn(self, now: float) -> None:
        self._credit = min(self._credit + (now - self._counted) * self._share, BURST_SECONDS)
        self._counted = now
