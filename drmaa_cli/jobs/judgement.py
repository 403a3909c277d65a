"""Why a job ended: a judgement of what is on record of it, with the evidence.

Nothing records *why* in so many words: a run time limit, an impatient user and a host out of memory all look
like SIGKILL. What each looks like was measured on a real cell (``tests/data/ends``) and on four other engines
(captures ``qacct.*``). The rules:

* ``failed 37`` is the execution daemon at a limit, and so is a deletion by ``execd@HOST`` (Open Cluster
  Scheduler 9.1); which one, the figures tell: what has reached that which was asked for.
* Soft limits come as signals: SIGUSR1 for ``s_rt``, SIGXCPU for ``s_cpu`` and ``s_vmem``.
* ``h_cpu`` and ``h_fsize`` are mostly the kernel's: SIGKILL and SIGXFSZ with ``failed 100``. The CPU time on
  record may be 15 % short of the limit then, and of a limit of a few seconds by more.
* ``h_vmem`` makes allocations fail: what the program does then is its own affair (exit 1, SIGABRT, SIGSEGV),
  and the memory on record is short of the limit. So it is never certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drmaa_cli.gridengine import failed
from drmaa_cli.gridengine.requests import Requests
from drmaa_cli.gridengine.signals import SIGNAL_BASE, signal_name
from drmaa_cli.jobs.reason import Cause, Reason, ReasonKind
from drmaa_cli.jobs.usage import MEMORY_LIMITS, max_memory, size
from drmaa_cli.typed import NamedTuple

NEARLY = 0.85  # of a limit of CPU time that the kernel enforces (measured on a busy machine: 0.89 and more)
TICKS = (
    0.5  # seconds that a short limit of CPU time is rounded by: the kernel counts in ticks (measured: 0.3)
)
MUCH = 0.8  # of a limit of memory (measured: 0.93 and more, of programs that take it in small parts)
SIGABRT, SIGBUS, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGXCPU, SIGXFSZ = 6, 7, 9, 10, 11, 12, 24, 25
LAST_SIGNAL = 64
FILE_SIZE = ("h_fsize", "s_fsize")


class Reached(NamedTuple):
    """A limit that was asked for, and how close the job came to it.

    Attributes:
        kind: what it is a limit of.
        name: the resource: ``h_rt``.
        share: 1.0 and more when it was reached, by the figures on record.
        near: whether the job may have come to it all the same: not all that counts is on record.
        sentence: how close, in words.
    """

    kind: ReasonKind
    name: str
    share: float
    near: bool
    sentence: str


class Evidence(NamedTuple):
    """What is on record of an end.

    Attributes:
        cause: what the outcome is put down to; None when nothing tells.
        text: the same in words.
        exited: whether its program ended by itself.
        status: the exit status then, else 0.
        signal: the number of the signal that ended it, else 0.
        failed: accounting's ``failed``; None without a record.
        usage: the figures that are known: ``wallclock``, ``ru_wallclock``, ``cpu``, ``maxvmem`` and so on, as
            numbers.
        requests: what it had asked for.
        slots: how many slots it had; 0 when that is not known.
        deletion: how sure a deletion is: ``none``, ``asked``, ``seen``, ``certain``.
        deleted_by: who deleted it, ``USER@HOST``, if accounting tells.
    """

    cause: Cause | None
    text: str
    exited: bool
    status: int
    signal: int
    failed: int | None
    usage: Mapping[str, float]
    requests: Requests
    slots: int
    deletion: str
    deleted_by: str


def judge(found: Evidence) -> Reason:
    """The reason that explains best what is on record."""
    if found.cause in PLAIN:
        kind = PLAIN[found.cause]
        evidence = (*_failed(found), *_words(found)) or ("the qmaster showed it in its error state",)
        return Reason(found.text or kind.value, kind, True, evidence)
    if found.cause is Cause.DELETED:
        return _deleted(found)
    limits = tuple(_limits(found))
    if found.cause is Cause.LIMIT:
        return _at_a_limit(found, limits)
    if found.signal:
        return _signalled(found, limits)
    if found.exited:
        return _exited(found, limits)
    return Reason(found.text, ReasonKind.UNKNOWN, False, ("nothing on record tells how it ended",))


PLAIN: Mapping[Cause | None, ReasonKind] = {
    Cause.NOT_STARTED: ReasonKind.NOT_STARTED,
    Cause.APPLICATION_ERROR: ReasonKind.APPLICATION_ERROR,
    Cause.LOST: ReasonKind.LOST,
}


def _failed(found: Evidence) -> tuple[str, ...]:
    if found.failed is None:
        return ()
    text = failed.of_code(found.failed).text
    return (f"accounting: failed {found.failed}{f' ({text})' if text else ''}",)


def _words(found: Evidence) -> tuple[str, ...]:
    return (f"Grid Engine: {found.text}",) if found.text else ()


def _deleted(found: Evidence) -> Reason:
    signal = (f"accounting: {signal_name(found.signal)}",) if found.signal else ()
    if found.deletion == "certain":
        evidence: tuple[str, ...] = ("the qmaster took this session's deletion of it",)
        kind, certain = ReasonKind.DELETED_BY_SESSION, True
    elif found.deletion == "asked":
        evidence = ("this session asked for its deletion, and the answer was lost", "accounting: SIGKILL")
        kind, certain = ReasonKind.DELETED_BY_SESSION, False
    else:
        told = found.deletion == "seen" and not found.deleted_by  # else it was accounting that told
        seen = ("a listing showed it as being deleted",) if told else ()
        evidence, kind = (*seen, "this session did not ask for it"), ReasonKind.DELETED
        certain = bool(found.deleted_by or seen)
    by = (f"accounting: deleted by {found.deleted_by}",) if found.deleted_by else ()
    return Reason(found.text or "deleted", kind, certain, (*evidence, *by, *signal))


def _limits(found: Evidence) -> Iterator[Reached]:
    """The limits that were asked for, and of which there are figures."""
    usage, requests, slots = found.usage, found.requests, max(found.slots, 1)
    started, ended = usage.get("start_time", 0.0), usage.get("end_time", 0.0)
    whole = max(usage.get("wallclock", 0.0), usage.get("ru_wallclock", 0.0))
    wallclock = max(whole, ended - started if started else 0.0)
    cpu = usage.get("cpu", 0.0)
    memory = max_memory(usage) or 0
    each = f" for each of {slots} slots" if slots > 1 else ""
    for name, kind in (("h_rt", ReasonKind.TIME_LIMIT), ("s_rt", ReasonKind.SOFT_TIME_LIMIT)):
        if limit := requests.seconds(name):
            asked = f"{name}={requests.resources[name]}"
            sentence = f"it ran for {wallclock:.0f} s and had {asked}"
            yield Reached(kind, name, wallclock / limit, wallclock >= limit, sentence)
    for name in ("h_cpu", "s_cpu"):
        if limit := requests.seconds(name):
            asked = f"{name}={requests.resources[name]}{each}"
            sentence = f"it used {cpu:.1f} s of CPU time and had {asked}"
            share = cpu / limit / slots
            near = share >= NEARLY or cpu >= limit * slots - TICKS
            yield Reached(ReasonKind.CPU_LIMIT, name, share, near, sentence)
    for name in MEMORY_LIMITS:
        if limit := requests.bytes(name):
            asked = f"{name}={requests.resources[name]}{each}"
            sentence = f"it used {size(memory)} of memory and had {asked}"
            share = memory / limit / slots
            yield Reached(ReasonKind.OUT_OF_MEMORY, name, share, share >= MUCH, sentence)


def _at_a_limit(found: Evidence, limits: tuple[Reached, ...]) -> Reason:
    """Grid Engine says that a limit was exceeded; which one it can be, the figures tell."""
    by = f"accounting: deleted by {found.deleted_by}, for it exceeded a limit"
    evidence = (*_failed(found), *((by,) if found.deleted_by else ()))
    hard = [limit for limit in limits if limit.name in ("h_rt", "h_cpu", "h_vmem")]
    reached = [limit for limit in hard if limit.share >= 1] or [limit for limit in hard if limit.near]
    if not reached:
        sentences = tuple(limit.sentence for limit in hard) or (
            "it had asked for no such limit: it is its queue's",
        )
        return Reason(found.text, ReasonKind.LIMIT, True, (*evidence, *sentences))
    first = reached[0]
    certain = len(reached) == 1 and first.share >= 1 and first.kind is not ReasonKind.OUT_OF_MEMORY
    text = f"{_WORDS[first.kind]}: {first.sentence}"
    return Reason(text, first.kind, certain, (*evidence, *(limit.sentence for limit in reached)))


def _signalled(found: Evidence, limits: tuple[Reached, ...]) -> Reason:
    evidence = (*_failed(found), f"accounting: {signal_name(found.signal)}")
    reached = _behind_signal(found.signal, found, limits)
    if reached is not None:
        probably = "" if reached.certain else "probably "
        text = f"{found.text or signal_name(found.signal)}, {probably}{reached}"
        return Reason(text, reached.kind, reached.certain, (*evidence, *reached.evidence))
    doubt = _DOUBTS.get(found.signal)
    return Reason(
        found.text or f"killed by {signal_name(found.signal)}",
        ReasonKind.SIGNALLED,
        doubt is None,
        (*evidence, *((doubt,) if doubt else ())),
    )


def _exited(found: Evidence, limits: tuple[Reached, ...]) -> Reason:
    evidence = (*_failed(found), f"accounting: exit status {found.status}")
    if not found.status:
        return Reason(found.text, ReasonKind.EXITED, True, evidence)
    child = found.status - SIGNAL_BASE
    likely = None
    if 0 < child <= LAST_SIGNAL:
        evidence += (f"a shell says so of a program that {signal_name(child)} has ended",)
        likely = _behind_signal(child, found, limits)
    for limit in limits if likely is None else ():
        soft = limit.kind is ReasonKind.SOFT_TIME_LIMIT and limit.share >= 1
        if soft or (limit.kind is ReasonKind.OUT_OF_MEMORY and limit.near):
            likely = Reason(_WORDS[limit.kind], limit.kind, False, (limit.sentence,))
            break
    if likely is not None:
        text = f"exit status {found.status}, probably {likely}"
        return Reason(text, likely.kind, False, (*evidence, *likely.evidence))
    memory = tuple(limit.sentence for limit in limits if limit.kind is ReasonKind.OUT_OF_MEMORY)
    return Reason(
        found.text, ReasonKind.EXITED, not memory and not 0 < child <= LAST_SIGNAL, (*evidence, *memory)
    )


def _behind_signal(signal: int, found: Evidence, limits: tuple[Reached, ...]) -> Reason | None:
    """The limit at which Grid Engine or the kernel sends a signal, if the job had come to it."""
    if signal == SIGXFSZ:
        asked = [
            f"it had {name}={found.requests.resources[name]}"
            for name in FILE_SIZE
            if name in found.requests.resources
        ]
        kind = ReasonKind.FILE_SIZE_LIMIT
        return Reason(
            _WORDS[kind], kind, bool(asked), (*asked, "the kernel sends SIGXFSZ at a limit of file size")
        )
    for limit in limits:
        if limit.name in _LIMITS_OF_SIGNAL.get(signal, ()) and limit.near:
            certain = signal in (SIGUSR1, SIGXCPU) and limit.kind is not ReasonKind.OUT_OF_MEMORY
            return Reason(f"{_WORDS[limit.kind]}: {limit.sentence}", limit.kind, certain, (limit.sentence,))
    if signal == SIGXCPU:
        kind = ReasonKind.CPU_LIMIT
        return Reason(_WORDS[kind], kind, False, ("SIGXCPU is sent at a limit of CPU time, or at s_vmem",))
    return None


_WORDS = {
    ReasonKind.TIME_LIMIT: "at its limit of run time",
    ReasonKind.SOFT_TIME_LIMIT: "at its soft limit of run time",
    ReasonKind.CPU_LIMIT: "at its limit of CPU time",
    ReasonKind.FILE_SIZE_LIMIT: "at its limit of file size",
    ReasonKind.OUT_OF_MEMORY: "out of memory",
}
_LIMITS_OF_SIGNAL = {
    SIGUSR1: ("s_rt",),
    SIGXCPU: ("s_cpu", "h_cpu", "s_vmem"),
    SIGUSR2: ("h_rt",),  # -notify
    SIGKILL: ("h_rt", "h_cpu", *MEMORY_LIMITS),
    **dict.fromkeys((SIGABRT, SIGBUS, SIGSEGV), MEMORY_LIMITS),
}
_DOUBTS = {
    SIGKILL: "who sent it is not on record: the kernel of a host without memory, the queue's limit, a person",
    SIGUSR1: "a soft limit of the queue's run time, a suspension of a job with -notify, or a person sends it",
    SIGUSR2: "a limit of the queue's run time or a deletion of a job with -notify, or a person sends it",
}
