"""What passes between a thread that waits and the monitor: who waits, what is asked, what to do next."""

from __future__ import annotations

from drmaa_cli.jobs.evidence import Changes
from drmaa_cli.system.background import BackgroundCall
from drmaa_cli.system.locks import Claim, Signal
from drmaa_cli.system.trouble import Trouble
from drmaa_cli.typed import Any, Callable, NamedTuple


class AskedAt(NamedTuple):
    """When a question was asked and answered, by the monotonic clock."""

    began: float
    finished: float


class Question(NamedTuple):
    """Something that is being asked.

    Attributes:
        work: the asking; its result is the answer and when it came.
        began: when it was begun.
        answered: takes in the answer, with when it was asked for and when it came.
        failed: takes in that there was none.
    """

    work: BackgroundCall[tuple[Any, float]]
    began: float
    answered: Callable[[Any, AskedAt], Changes]
    failed: Callable[[Trouble, float], None]


class Step(NamedTuple):
    """What a waiting thread does next, without any lock.

    Attributes:
        seconds: for so long it waits at most; until it is woken.
        begin: a question to be begun first.
        asking: whether a question is under way.
        look: whether it looks at the accounting file first.
    """

    seconds: float
    begin: BackgroundCall[tuple[Any, float]] | None = None
    asking: bool = False
    look: bool = False


class Waiter:
    """A thread that waits.

    Args:
        entered: when it began to wait.
        not_before: what is known must not be older than this when the answer is "not yet".
        deadline: when it gives up.
        limit: seconds of outage after which it is told.
        impatient: whether it waits for an answer about a state, and not for a job.
    """

    def __init__(
        self,
        entered: float,
        not_before: float,
        deadline: float = float("inf"),
        limit: float = 0.0,
        *,
        impatient: bool = False,
    ) -> None:
        self.signal = Signal()
        self.claim = Claim(None)  # until enter()
        self.entered, self.not_before = entered, not_before
        self.deadline, self.limit, self.impatient = deadline, limit, impatient
