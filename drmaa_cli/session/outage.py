"""What cannot be asked at present, since when, and what is said of it."""

from __future__ import annotations

from drmaa_cli.errors import DrmCommunicationException, error
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import CommandNotFound
from drmaa_cli.system.trouble import Trouble, drmaa_error

NEVER = float("-inf")


class Outage:
    """The qmaster does not answer.

    Attributes:
        since: when that was first noticed, by the monotonic clock; None while it answers.
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self._last = NEVER
        self._error: Trouble | None = None

    def failed(self, err: Trouble, now: float, *, anew: bool) -> None:
        """A query was not answered; with anew, it is no part of an earlier outage."""
        if self.since is None:
            log.warning("Grid Engine does not answer: %s", err)
        self._error, self._last = err, now
        if self.since is None or anew:
            self.since = now

    def over(self) -> None:
        """It answers."""
        if self.since is not None:
            log.info("Grid Engine answers again")
        self.since = self._error = None

    def check(self, now: float, limit: float, entered: float) -> None:
        """Raise the DRMAA exception for an outage that has lasted for so many seconds.

        Only for somebody during whose waiting a query has failed: else it may be over.
        """
        if self.since is None or self._error is None or self._last <= entered:
            return
        if now - self.since >= limit:
            raise drmaa_error(self._error) from self._error


class AccountingOutage:
    """Neither the accounting file nor qacct tells how jobs have ended.

    Args:
        grace: seconds after which what will not mend itself (no qacct here) is said.

    Attributes:
        since: when it first gave no answer, by the monotonic clock; None while it does.
    """

    def __init__(self, grace: float) -> None:
        self.since: float | None = None
        self._last = NEVER
        self._grace = grace
        self._error: Trouble | None = None

    def failed(self, err: Trouble, now: float) -> None:
        """It gave no answer."""
        if self.since is None:
            log.warning("how jobs have ended cannot be found out: %s", err)
            self.since = now
        self._error, self._last = err, now

    def over(self) -> None:
        """Accounting tells, or nothing is asked of it."""
        self.since = self._error = None

    def check(self, now: float, limit: float, entered: float) -> None:
        """Raise what is wrong for somebody who has waited since ``entered``, if that lasts for too long."""
        if self.since is None or self._error is None or self._last <= entered:
            return
        if isinstance(self._error, CommandNotFound):
            limit = min(limit, self._grace)
        if now - self.since >= limit:
            text = (
                "how the job ended cannot be found out: the accounting file cannot be read on this host, and"
                f" qacct gives no answer: {self._error}"
            )
            raise error(DrmCommunicationException, text) from self._error
