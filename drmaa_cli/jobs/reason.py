"""Why a job ended: the words for it."""

from __future__ import annotations

import enum


class Deletion(enum.Enum):
    """What is known of a deletion of a task."""

    NONE = "none"
    ASKED = "asked"  # the session ran qdel for it, and what it answered was lost
    SEEN = "seen"  # a listing showed the task with the letter d, and the session had not asked for that
    CERTAIN = "certain"  # the session asked for it, and the qmaster said yes or showed the letter d


class Cause(enum.Enum):
    """Why a job ended, as far as Grid Engine tells.

    The coarse answer that is on record; :attr:`JobInfo.reason` judges further.
    """

    EXITED = "exited"  # its program ended by itself, with any exit status
    SIGNAL = "signal"  # a signal killed it; whose signal, Grid Engine does not record
    LIMIT = "limit"  # a run time, CPU time or memory limit that Grid Engine enforced
    DELETED = "deleted"  # it was running and was deleted
    NOT_STARTED = "not started"  # the program, its directory or one of its files could not be used
    APPLICATION_ERROR = "application error"  # the job or its prolog exited with 100
    LOST = "lost"  # it ran, and what became of it is not on record: its shepherd or its host died


class ReasonKind(enum.Enum):
    """The reasons for which jobs end."""

    EXITED = "exited"  # its program ended by itself, with any exit status
    SIGNALLED = "signalled"  # a signal ended it
    OUT_OF_MEMORY = "out of memory"
    TIME_LIMIT = "time limit"  # the hard limit of run time: h_rt
    SOFT_TIME_LIMIT = "soft time limit"  # the soft one: s_rt
    CPU_LIMIT = "cpu limit"  # a limit of CPU time, h_cpu or s_cpu
    FILE_SIZE_LIMIT = "file size limit"  # h_fsize or s_fsize
    LIMIT = "limit"  # one that Grid Engine enforced, and which one does not follow from what is on record
    NOT_STARTED = "not started"  # it could not start
    APPLICATION_ERROR = "application error"  # it, or its prolog, exited with 100
    DELETED_BY_SESSION = "deleted by the session"
    DELETED = "deleted by somebody"
    LOST = "lost"  # it ran, and what became of it is not on record
    UNKNOWN = "unknown"


class Reason(str):
    """Why a job ended: a text for people that knows more.

    It is '' (and so false) for a job that ended by itself, unless what is on record suggests more.

    Attributes:
        kind: which of the reasons it is.
        certain: whether the records prove that; False: it explains them best, and something else may be true.
        evidence: what it is concluded from, sentence by sentence.
    """

    __slots__ = ("certain", "evidence", "kind")

    kind: ReasonKind
    certain: bool
    evidence: tuple[str, ...]

    def __new__(
        cls,
        text: str = "",
        kind: ReasonKind = ReasonKind.UNKNOWN,
        certain: bool = False,
        evidence: tuple[str, ...] = (),
    ) -> Reason:
        """A reason with what is known of it."""
        self = super().__new__(cls, text)
        for name, value in (("kind", kind), ("certain", certain), ("evidence", tuple(evidence))):
            object.__setattr__(self, name, value)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Reason cannot be changed: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Reason cannot be changed: {name}")

    def __repr__(self) -> str:
        sure = "certain" if self.certain else "not certain"
        return f"<Reason {self.kind.value}, {sure}: {str(self)!r}>"

    def __reduce__(self) -> tuple[object, ...]:
        return Reason, (str(self), self.kind, self.certain, self.evidence)
