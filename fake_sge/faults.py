"""Faults on demand: what goes wrong, for which command, how often."""

from __future__ import annotations

import enum
import os

from .lighter import Any, field, record, replace
from .model import Exit, failures
from .model.requests import Reply


class FaultKind(enum.Enum):
    """What goes wrong. The options each kind reads are in :class:`Fault`."""

    REFUSED = "refused"  # no qmaster: connection refused
    UNRESOLVABLE = "unresolvable"  # no qmaster: its host name does not resolve
    SILENT = "silent"  # the qmaster accepts and never answers: seconds until the tool gives up
    SLOW = "slow"  # the answer comes after some seconds
    EXIT = "exit"  # the command does nothing but print and exit: code, out, err
    LOST = "lost"  # the command does its work, then the answer is lost: code, out, err
    TRUNCATE = "truncate"  # stdout ends after `at` bytes (negative: that many bytes are missing)
    EMPTY = "empty"  # stdout is empty, the exit code stays
    GARBLE = "garble"  # every `at`-th byte of stdout (default 7th) is replaced
    BANNER = "banner"  # `out` comes before stdout
    HIDE_JOB = "hide-job"  # job `job` is not in the listing
    WARN_SUBMIT = "warn-submit"  # accepted with exit 1, the id on stderr
    JSV_REJECT = "jsv-reject"  # a JSV refuses the submission with text `out`
    SHEPHERD = "shepherd"  # the shepherd of `job`'s next run says `code` (``failed``), with text `out`
    ERROR_STATE = "error-state"  # a start fails (`code` 26, 27 or 28, text `out`): Eqw
    ACCOUNTING_LATE = "accounting-late"  # a line is written `seconds` later
    ACCOUNTING_ABSENT = "accounting-absent"  # a line is never written
    ACCOUNTING_DUPLICATE = "accounting-duplicate"  # a line is written twice
    ACCOUNTING_CORRUPT = "accounting-corrupt"  # a line is cut after `at` bytes (default half)


ACCOUNTING = (
    FaultKind.ACCOUNTING_LATE,
    FaultKind.ACCOUNTING_ABSENT,
    FaultKind.ACCOUNTING_DUPLICATE,
    FaultKind.ACCOUNTING_CORRUPT,
)
BEFORE = (FaultKind.REFUSED, FaultKind.UNRESOLVABLE, FaultKind.SILENT, FaultKind.SLOW, FaultKind.EXIT)
INSIDE = (FaultKind.HIDE_JOB, FaultKind.WARN_SUBMIT, FaultKind.JSV_REJECT)
AFTER = (FaultKind.LOST, FaultKind.TRUNCATE, FaultKind.EMPTY, FaultKind.GARBLE, FaultKind.BANNER)
SUBMIT_ONLY = (FaultKind.WARN_SUBMIT, FaultKind.JSV_REJECT)


_DEFAULTS: dict[str, object] = {"seconds": 0.0, "code": 1, "out": b"", "err": b"", "at": 0, "job": 0}
OPTIONS = {  # what each kind reads besides tool, times and skip
    FaultKind.SILENT: ("seconds",),
    FaultKind.SLOW: ("seconds",),
    FaultKind.EXIT: ("code", "out", "err"),
    FaultKind.LOST: ("code", "out", "err"),
    FaultKind.TRUNCATE: ("at",),
    FaultKind.GARBLE: ("at",),
    FaultKind.BANNER: ("out",),
    FaultKind.HIDE_JOB: ("job",),
    FaultKind.JSV_REJECT: ("out",),
    FaultKind.SHEPHERD: ("job", "code", "out"),
    FaultKind.ERROR_STATE: ("code", "out"),
    FaultKind.ACCOUNTING_LATE: ("seconds",),
    FaultKind.ACCOUNTING_CORRUPT: ("at",),
}
TOOLS_OF = {  # the commands to which a kind can happen, where it is not any
    **dict.fromkeys(SUBMIT_ONLY, ("qsub", "qrsh")),
    **dict.fromkeys((FaultKind.SHEPHERD, FaultKind.ERROR_STATE), ()),
    **dict.fromkeys(ACCOUNTING, ()),
}


@record
class Fault:
    """One fault. ``tool`` is a command name, or ``*`` for all; ``times`` None: until cleared.

    ``seconds``, ``code``, ``out``, ``err``, ``at`` and ``job`` are options of the kinds.
    ``skip`` calls go well before it starts.
    """

    kind: FaultKind
    tool: str = "*"
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    code: int = 1
    out: bytes = b""
    err: bytes = b""
    at: int = 0
    job: int = 0
    number: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for impossible values, and for options that the kind does not read."""
        if self.times is not None and self.times < 1:
            raise ValueError("a fault happens at least once")
        if not 0 <= self.seconds < float("inf") or self.skip < 0:
            raise ValueError("seconds and skip are not negative")
        read = OPTIONS.get(self.kind, ())
        for name, default in _DEFAULTS.items():
            if getattr(self, name) != default and name not in read:
                raise ValueError(
                    f"the fault {self.kind.value} has no {name}: {', '.join(read) or 'no options'}"
                )
        if "job" in read and self.job < 1:
            raise ValueError(f"the fault {self.kind.value} is one job's: job=NUMBER")
        self._check_numbers()

    def _check_numbers(self) -> None:
        if self.kind in (FaultKind.EXIT, FaultKind.LOST) and not 0 <= self.code <= 255:
            raise ValueError(f"an exit code lies between 0 and 255, not {self.code}")
        if self.kind is FaultKind.SHEPHERD and self.code not in failures.KNOWN:
            raise ValueError(f"{self.code} is no value of failed in a record")
        if self.kind is FaultKind.ERROR_STATE and self.code not in (1, *failures.NEVER_STARTED):
            raise ValueError(f"a job in its error state has failed with 26, 27 or 28, not {self.code}")
        if self.kind in (FaultKind.GARBLE, FaultKind.ACCOUNTING_CORRUPT) and self.at < 0:
            raise ValueError("at is not negative")
        tools = TOOLS_OF.get(self.kind)
        if tools is not None and self.tool not in ("*", *tools):
            where = f"happens to {' or '.join(tools)}" if tools else "is no command's"
            raise ValueError(f"the fault {self.kind.value} {where}, not to {self.tool}")

    def to_json(self) -> dict[str, Any]:
        """For ``fake-sge faults``."""
        names = ("number", "kind", "tool", "times", "skip", "hits", "seconds", "code", "at", "job")
        return {**{name: getattr(self, name) for name in names}, "kind": self.kind.value}


@record
class FaultList:
    """The faults of a cell, in the order they were asked for."""

    faults: list[Fault] = field(default_factory=list)
    last: int = 0

    def add(self, fault: Fault) -> int:
        """Register a fault; its number is for :meth:`clear`."""
        self.last += 1
        fault.number = self.last
        self.faults.append(fault)
        return fault.number

    def clear(self, number: int | None = None) -> int:
        """Remove one fault, or all; how many were removed."""
        before = len(self.faults)
        self.faults = [] if number is None else [item for item in self.faults if item.number != number]
        return before - len(self.faults)

    def take(self, kinds: tuple[FaultKind, ...], tool: str = "*") -> list[Fault]:
        """The faults that hit this call; counts them."""
        if not self.faults:
            return []
        hit: list[Fault] = []
        for fault in list(self.faults):
            if fault.kind not in kinds or fault.tool not in ("*", tool):
                continue
            if fault.kind in SUBMIT_ONLY and tool not in ("qsub", "qrsh"):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.hits += 1
            hit.append(fault)
            if fault.times is not None and fault.hits >= fault.times:
                self.faults.remove(fault)
        return hit

    def changed_end(self, job: int, end: Exit) -> Exit:
        """What a shepherd reports of a job, or what a fault has it say instead (as a real 8.1.9 cell judges).

        A job that a signal ended has its own code whatever the shepherd says, unless it says that the job was
        never started.
        """
        own = [fault for fault in self.faults if fault.kind is FaultKind.SHEPHERD and fault.job == job]
        if not own:
            return end
        self.faults.remove(own[0])
        code, text = own[0].code, os.fsdecode(own[0].out)
        if end.signal and code > failures.BEFORE_JOB:
            return replace(end, failed=failures.AFTER_JOB)
        return replace(end, failed=code, error=text or f"shepherd exited with exit status {code}")


def spoil(reply: Reply, fault: Fault) -> Reply:
    """The reply after one of the AFTER faults."""
    out = reply.out
    if fault.kind is FaultKind.LOST:
        return Reply(fault.code, fault.out, fault.err)
    if fault.kind is FaultKind.TRUNCATE:
        out = out[: fault.at]
    elif fault.kind is FaultKind.EMPTY:
        out = b""
    elif fault.kind is FaultKind.BANNER:
        out = fault.out + out
    else:
        step = fault.at or 7
        spoiled = bytearray(out)
        spoiled[step - 1 :: step] = b"\xff" * len(spoiled[step - 1 :: step])
        out = bytes(spoiled)
    return reply._replace(out=out)
