"""From the letters of qstat's state column to a DRMAA state.

The letters are a set, printed in the order ``d E S T h R q r s t w x`` (job_get_state_string in Grid
Engine's sge_job.c); every combination has an answer and case is meaning. The order of the questions is the
one libdrmaa 8.1.9 was observed to follow: error, hold (even while running: ``hr``), suspension, running,
pending.
"""

from __future__ import annotations

import enum
from functools import lru_cache

from drmaa_cli.gridengine.records import Hold

__all__ = [
    "FAILED",
    "LETTERS",
    "QUEUED_ACTIVE",
    "RUNNING",
    "SYSTEM_ON_HOLD",
    "SYSTEM_SUSPENDED",
    "UNDETERMINED",
    "USER_ON_HOLD",
    "USER_SUSPENDED",
    "USER_SYSTEM_ON_HOLD",
    "USER_SYSTEM_SUSPENDED",
    "Letter",
    "flags",
    "is_deleting",
    "is_error",
    "is_finished",
    "is_pending",
    "job_state",
    "needs_hold_kinds",
    "unknown",
]

UNDETERMINED = "undetermined"
QUEUED_ACTIVE = "queued_active"
SYSTEM_ON_HOLD = "system_on_hold"
USER_ON_HOLD = "user_on_hold"
USER_SYSTEM_ON_HOLD = "user_system_on_hold"
RUNNING = "running"
SYSTEM_SUSPENDED = "system_suspended"
USER_SUSPENDED = "user_suspended"
USER_SYSTEM_SUSPENDED = "user_system_suspended"
FAILED = "failed"


class Letter(enum.Flag):
    """One letter of a state; the comment says what it stands for."""

    NONE = 0
    DELETING = enum.auto()  # d  deletion asked for
    ERROR = enum.auto()  # E
    QUEUE_SUSPENDED = enum.auto()  # S  its queue is suspended, or it is subordinate
    THRESHOLD = enum.auto()  # T  the queue's suspend threshold
    HELD = enum.auto()  # h  by a user, operator, the system or another job
    RESTARTED = enum.auto()  # R
    QUEUED = enum.auto()  # q
    RUNNING = enum.auto()  # r
    SUSPENDED = enum.auto()  # s  by qmod -sj
    TRANSFERRING = enum.auto()  # t
    WAITING = enum.auto()  # w
    EXITING = enum.auto()  # x
    MIGRATING = enum.auto()  # m
    ENHANCED_SUSPENDED = enum.auto()  # N  preempted, Univa Grid Engine only
    PREEMPTED = enum.auto()  # P  preempted, Univa Grid Engine only
    FINISHED = enum.auto()  # f (retained by Open Cluster Scheduler 9.2) and z (qstat -s z)


LETTERS = {
    "d": Letter.DELETING,
    "E": Letter.ERROR,
    "S": Letter.QUEUE_SUSPENDED,
    "T": Letter.THRESHOLD,
    "h": Letter.HELD,
    "R": Letter.RESTARTED,
    "q": Letter.QUEUED,
    "r": Letter.RUNNING,
    "s": Letter.SUSPENDED,
    "t": Letter.TRANSFERRING,
    "w": Letter.WAITING,
    "x": Letter.EXITING,
    "m": Letter.MIGRATING,
    "N": Letter.ENHANCED_SUSPENDED,
    "P": Letter.PREEMPTED,
    "f": Letter.FINISHED,
    "z": Letter.FINISHED,
}

_PENDING = Letter.QUEUED | Letter.WAITING
_STARTED = Letter.RUNNING | Letter.TRANSFERRING | Letter.EXITING
_BY_SYSTEM = Letter.QUEUE_SUSPENDED | Letter.THRESHOLD | Letter.ENHANCED_SUSPENDED
_SYSTEM_HOLDS = Hold.OPERATOR | Hold.SYSTEM | Hold.DEPENDENCY | Hold.ARRAY_DEPENDENCY


@lru_cache(maxsize=4096)
def flags(letters: str) -> Letter:
    """The known letters of a state; letters of other kinds are passed over."""
    found = Letter.NONE
    for letter in letters:
        found |= LETTERS.get(letter, Letter.NONE)
    return found


@lru_cache(maxsize=4096)
def unknown(letters: str) -> str:
    """The letters of a state that no known engine prints."""
    return "".join(letter for letter in letters if letter not in LETTERS)


@lru_cache(maxsize=4096)
def job_state(letters: str, holds: Hold = Hold.NONE) -> str:
    """The DRMAA state of a job or task that the qmaster lists.

    Args:
        letters: the state letters as printed.
        holds: the kinds of hold from ``qstat -s h?``. A hold counts when the letter ``h`` is there too; a
            start time ahead has no letter (captures ``hold_filter.*``) and counts while the job is pending.
            The letter without any known kind is taken as the user's own, which is what ``qsub -h`` and
            ``qhold`` set.

    Returns:
        A DRMAA state; ``undetermined`` when no letter tells anything about the run.
    """
    seen = flags(letters)
    if seen & Letter.ERROR:
        return FAILED
    if held := _hold_state(seen, holds):
        return held
    if suspended := _suspension(seen):
        return suspended
    if seen & _STARTED:
        return RUNNING
    if seen & (_PENDING | Letter.PREEMPTED | Letter.RESTARTED | Letter.MIGRATING):
        return QUEUED_ACTIVE
    return UNDETERMINED


def _hold_state(seen: Letter, holds: Hold) -> str:
    by_user = by_system = False
    if seen & Letter.HELD:
        by_system = bool(holds & _SYSTEM_HOLDS)
        by_user = bool(holds & Hold.USER) or not by_system
    if seen & _PENDING and holds & Hold.START_TIME:
        by_system = True
        by_user = by_user and bool(holds & Hold.USER)
    return _by(by_user, by_system, USER_ON_HOLD, SYSTEM_ON_HOLD, USER_SYSTEM_ON_HOLD)


def _suspension(seen: Letter) -> str:
    by_user = bool(seen & Letter.SUSPENDED)
    by_system = bool(seen & _BY_SYSTEM)
    if seen & Letter.PREEMPTED and seen & _STARTED:
        by_system = True
    return _by(by_user, by_system, USER_SUSPENDED, SYSTEM_SUSPENDED, USER_SYSTEM_SUSPENDED)


def _by(by_user: bool, by_system: bool, user: str, system: str, both: str) -> str:
    if by_user:
        return both if by_system else user
    return system if by_system else ""


def needs_hold_kinds(letters: str) -> bool:
    """Whether the state cannot be told without asking ``qstat -s h?``: a letter ``h`` and no error."""
    seen = flags(letters)
    return bool(seen & Letter.HELD) and not seen & Letter.ERROR


def is_error(letters: str) -> bool:
    """Whether the job is in error state (``Eqw``)."""
    return bool(flags(letters) & Letter.ERROR)


def is_pending(letters: str) -> bool:
    """Whether the job waits for its (next) start: queued, held, in error, restarted."""
    return bool(flags(letters) & _PENDING)


def is_deleting(letters: str) -> bool:
    """Whether deletion has been asked for."""
    return bool(flags(letters) & Letter.DELETING)


def is_finished(letters: str) -> bool:
    """Whether the listing itself says that the job is over: letter ``f`` or ``z``."""
    return bool(flags(letters) & Letter.FINISHED)
