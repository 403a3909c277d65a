"""Jobs as they end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from drmaa_cli.errors import ExitTimeoutException
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.session.job_session import JobSession

SHORTEST, LONGEST = 0.2, 2.0  # seconds between two looks at what has ended
SHARE = 0.04  # of a processor, at most: to look at many thousand jobs takes some time


def as_they_end(
    session: JobSession, ids: Sequence[str], seconds: float | None = None
) -> Iterator[tuple[str, JobInfo]]:
    """The ends of some jobs of a session as they come; nothing is reaped.

    Args:
        session: their session.
        ids: the jobs.
        seconds: for how long; None for as long as it takes.

    Raises:
        ExitTimeoutException: the time is over before all have ended.
        DrmCommunicationException: as wait().
    """
    until = float("inf") if seconds is None else time.monotonic() + seconds
    left = dict.fromkeys(ids)
    pause = SHORTEST
    while left:
        began = time.process_time()
        new = session.ends(left)
        for job in [job for job in left if job in new]:
            del left[job]
            yield job, new[job]
        if not left:
            return
        rest = until - time.monotonic()
        try:
            session.synchronize(list(left), max(min(pause, rest), 0.0))
        except ExitTimeoutException:
            if rest <= pause:
                raise
        used = time.process_time() - began
        pause = max(SHORTEST if new else min(pause * 1.5, LONGEST), used / SHARE)
