"""Why a job waits or why it ended: the type of the answer."""

from __future__ import annotations

import enum

from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.typed import NamedTuple


class WaitKind(enum.Enum):
    """What is the matter with a job that has not ended."""

    HELD = "held"  # by a user, an operator or the system
    DEPENDENCY = "dependency"  # another job must end first
    START_TIME = "start time"  # it is not to start before a time
    ERROR_STATE = "error state"  # it could not be started, and is not tried again
    NO_SLOT = "no free slot"  # all slots that suit it are in use
    RESOURCE = "resource"  # something else that it asks for is in use, or low, just now
    QUEUE = "queue"  # the queues that suit it are disabled, suspended, in error, or their hosts do not answer
    LOAD = "load"  # the hosts have too much to do
    QUOTA = "quota"  # a resource quota set is used up
    USER_LIMIT = "user limit"  # its owner has as many jobs running as one may (maxujobs)
    CONCURRENCY = "concurrency"  # as many tasks of its array run as may (-tc)
    RESERVATION = "reservation"  # slots are free, and kept for another job
    RESTART = "restart"  # it is to be started once more
    IMPOSSIBLE = "impossible"  # nothing in the cell, as it is, can ever run it
    SOON = "soon"  # nothing keeps it from being started
    RUNNING = "running"
    SUSPENDED = "suspended"
    DELETING = "deleting"  # its deletion was asked for, and it is not gone yet
    LEAVING = "leaving"  # it is no longer in the qmaster, and its record is not there yet
    UNKNOWN = "unknown"  # there is no such job, or nothing tells


class Explanation(NamedTuple):
    """Why a job, or tasks of an array to which the same applies, wait, run or ended.

    Attributes:
        id: the job or task, ``42`` or ``42.7``; of several tasks their numbers, ``42.1-9:2,14``.
        jobs: how many jobs or tasks it is.
        state: their JobState; ``undetermined`` where it is not known.
        kind: what it is: a :class:`WaitKind`, or of what has ended a :class:`~drmaa_cli.ReasonKind`.
        sentence: the answer, without a subject: ``waiting for a free slot: all 2 slots of all.q are in use``.
        certain: whether Grid Engine says that; False: it explains what is known best.
        evidence: what it is concluded from.
        advice: what can be done, if anything.
    """

    id: str
    jobs: int
    state: str
    kind: WaitKind | ReasonKind
    sentence: str
    certain: bool
    evidence: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return isinstance(self.kind, ReasonKind)

    def __str__(self) -> str:
        return f"{self.id}: {self.sentence}"


class Finding(NamedTuple):
    """An explanation before it is known of which tasks it is.

    In its advice ``{id}`` stands for the job or task, ``{job}`` for the number of the job.
    """

    kind: WaitKind | ReasonKind
    sentence: str
    certain: bool = True
    evidence: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether it is about an end."""
        return isinstance(self.kind, ReasonKind)
